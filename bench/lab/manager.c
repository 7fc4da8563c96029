/* Lab manager: a value, a list, a dictionary and a queue in a server process, used by several
 * clients through proxies, beside a value in shared memory that they change themselves. Each client
 * brings the numbers 1 … n, one with each call, so the total is known. */
#include "base/clock.h"
#include "bench/lab/lab.h"
#include "bench/lab/rounds.h"
#include "bench/lab/team.h"
#include "mp/manager_types.h"
#include "mp/value.h"

#include <errno.h>
#include <string.h>

#define CLIENTS_MOST 4
#define CALLS        200
#define DIRECT_CALLS 200000 /* a thousand times as fast */
#define ROUNDS_LEAST 3
#define ROUNDS_MOST  15
#define BUDGET_NS    UINT64_C(2000000000)

struct calls;

/* An object, and how clients use it. */
struct way {
    const char *name;
    unsigned calls; /* of each client */
    enum manager_kind kind;
    int (*bring)(struct calls *calls, struct manager_proxy *proxy, unsigned client, int64_t number);
    int64_t (*total)(struct calls *calls, struct manager_proxy *proxy); /* or -errno */
};

/* In shared pages: what clients know. */
struct calls {
    struct value direct;
    struct value got; /* the sum of what came out of the queue */
    struct team_line line;
    const struct way *way;
    uint32_t object;
    unsigned clients;
    /* Not shared: each process has a copy of its own, at the same place. */
    struct manager *manager;
    struct manager_proxy *parent; /* the parent's proxy */
};

static struct manager_string string_of(const int64_t *number) {
    return (struct manager_string){number, sizeof *number};
}

static int64_t number_in(struct manager_string string) {
    int64_t number;
    memcpy(&number, string.at, sizeof number);
    return number;
}

static int add_directly(struct calls *calls, struct manager_proxy *proxy, unsigned client,
                        int64_t number) {
    (void)proxy, (void)client;
    value_add(&calls->direct, number);
    return 0;
}

static int64_t direct_total(struct calls *calls, struct manager_proxy *proxy) {
    (void)proxy;
    return value_get(&calls->direct);
}

static int add_to_value(struct calls *calls, struct manager_proxy *proxy, unsigned client,
                        int64_t number) {
    int64_t before;
    (void)client;
    return manager_value_add(proxy, calls->object, number, &before);
}

static int64_t value_total(struct calls *calls, struct manager_proxy *proxy) {
    int64_t number;
    int err = manager_value_get(proxy, calls->object, &number);
    return err ? err : number;
}

static int append(struct calls *calls, struct manager_proxy *proxy, unsigned client,
                  int64_t number) {
    (void)client;
    int64_t index = manager_list_append(proxy, calls->object, string_of(&number));
    return index < 0 ? (int)index : 0;
}

static int64_t list_total(struct calls *calls, struct manager_proxy *proxy) {
    int64_t length = manager_length(proxy, calls->object), total = 0;
    int err = length < 0 ? (int)length : 0;
    for (int64_t i = 0; !err && i < length; i++) {
        struct manager_string string;
        err = manager_list_get(proxy, calls->object, (uint64_t)i, &string);
        total += err ? 0 : number_in(string);
    }
    return err ? err : total;
}

static int64_t key_of(unsigned client, int64_t number) {
    return (int64_t)client * CALLS + number;
}

static int set(struct calls *calls, struct manager_proxy *proxy, unsigned client, int64_t number) {
    int64_t key = key_of(client, number);
    return manager_dict_set(proxy, calls->object, string_of(&key), string_of(&number));
}

static int64_t dict_total(struct calls *calls, struct manager_proxy *proxy) {
    int64_t total = 0;
    int err = 0;
    for (int64_t i = 1; !err && i <= (int64_t)calls->clients * CALLS; i++) {
        struct manager_string string;
        err = manager_dict_get(proxy, calls->object, string_of(&i), &string);
        total += err ? 0 : number_in(string);
    }
    return err ? err : total;
}

/* Puts one and gets one, whose ever it is: none waits for long. Two calls to the server. */
static int put_and_get(struct calls *calls, struct manager_proxy *proxy, unsigned client,
                       int64_t number) {
    struct manager_string string;
    (void)client;
    int err = manager_queue_put(proxy, calls->object, string_of(&number));
    if (!err)
        err = manager_queue_get(proxy, calls->object, &string);
    if (!err)
        value_add(&calls->got, number_in(string));
    return err;
}

static int64_t queue_total(struct calls *calls, struct manager_proxy *proxy) {
    int64_t length = manager_length(proxy, calls->object);
    return length ? (length < 0 ? length : -EILSEQ) : value_get(&calls->got);
}

enum { DIRECT, VALUE, LIST, DICT, QUEUE, WAYS };

static const struct way ways[WAYS] = {
    [DIRECT] = {"a value in shared memory", DIRECT_CALLS, MANAGER_VALUE, add_directly,
                direct_total},
    [VALUE] = {"a value at the manager", CALLS, MANAGER_VALUE, add_to_value, value_total},
    [LIST] = {"a list at the manager", CALLS, MANAGER_LIST, append, list_total},
    [DICT] = {"a dictionary at the manager", CALLS, MANAGER_DICT, set, dict_total},
    [QUEUE] = {"a queue at the manager (put and get)", CALLS, MANAGER_QUEUE, put_and_get,
               queue_total},
};

static const unsigned crews[] = {1, 2, CLIENTS_MOST};

#define CREWS (sizeof crews / sizeof *crews)

struct experiment {
    struct calls *calls;
    struct cell {
        int64_t total;
        double samples_us[ROUNDS_MOST];
        double us; /* their median, per call */
    } cells[WAYS][CREWS];
};

static int client(void *argument, unsigned number) {
    struct calls *calls = argument;
    struct manager_proxy own = {0};
    manager_disconnect(calls->parent); /* the copy that it inherited */
    int err = manager_connect(calls->manager, &own);
    if (!err)
        err = team_line_cross(&calls->line);
    for (unsigned i = 1; !err && i <= calls->way->calls; i++)
        err = calls->way->bring(calls, &own, number, i);
    team_line_done(&calls->line, number);
    manager_disconnect(&own);
    return err ? 1 : 0;
}

static int64_t expected(const struct way *way, unsigned clients) {
    return (int64_t)clients * way->calls * (way->calls + 1) / 2;
}

/* One sample, with an object of its own; -EILSEQ when its total is wrong. */
static int measure(void *context, unsigned number, unsigned round) {
    struct experiment *experiment = context;
    struct calls *calls = experiment->calls;
    size_t way = number / CREWS, crew = number % CREWS;
    struct cell *cell = &experiment->cells[way][crew];
    calls->way = &ways[way];
    calls->clients = crews[crew];
    value_set(&calls->direct, 0);
    value_set(&calls->got, 0);
    int64_t object = manager_new(calls->parent, ways[way].kind, 0);
    int err = object < 0 ? (int)object : team_line_open(&calls->line, crews[crew]);
    calls->object = (uint32_t)object;
    if (!err)
        err = team_run(WORKER_PROCESS, crews[crew], client, calls);
    cell->total = err ? err : ways[way].total(calls, calls->parent);
    cell->samples_us[round] =
        (double)team_line_ns(&calls->line) / 1e3 / (crews[crew] * ways[way].calls);
    if (!err)
        err = manager_drop(calls->parent, calls->object);
    if (err || cell->total < 0)
        return err ? err : (int)cell->total;
    return cell->total == expected(&ways[way], crews[crew]) ? 0 : -EILSEQ;
}

static void tell(struct experiment *experiment, unsigned repeats, struct lab_table *table) {
    lab_row(table, "object,clients,calls,total,repeats,us_per_call");
    for (size_t way = 0; way < WAYS; way++)
        for (size_t crew = 0; crew < CREWS; crew++) {
            struct cell *cell = &experiment->cells[way][crew];
            cell->us = rounds_median(cell->samples_us, repeats);
            lab_row(table, "%s,%u,%u,%lld,%u,%.4g", ways[way].name, crews[crew],
                    crews[crew] * ways[way].calls, (long long)cell->total, repeats, cell->us);
        }
}

static void teach(const struct experiment *experiment, struct lab_table *table) {
    const struct cell(*cells)[CREWS] = experiment->cells;
    size_t last = CREWS - 1, least = VALUE, most = VALUE;
    for (size_t way = VALUE; way < WAYS; way++) {
        if (cells[way][last].us < cells[least][last].us)
            least = way;
        if (cells[way][last].us > cells[most][last].us)
            most = way;
    }
    lab_lesson(table,
               "Every total is exact, but a call to the manager by one of %u clients costs %.3g us "
               "(%s) to %.3g us (%s), and an addition to a value in shared memory %.2g us.",
               crews[last], cells[least][last].us, ways[least].name, cells[most][last].us,
               ways[most].name, cells[DIRECT][last].us);
}

static int run_clients(struct calls *calls, struct lab_table *table) {
    static const struct rounds rounds = {WAYS * CREWS, ROUNDS_LEAST, ROUNDS_MOST, BUDGET_NS};
    struct experiment experiment = {.calls = calls};
    int repeats = rounds_run(&rounds, measure, &experiment);
    if (repeats < 0)
        return repeats;
    tell(&experiment, (unsigned)repeats, table);
    teach(&experiment, table);
    return 0;
}

static int run_server(struct arena *arena, struct calls *calls, struct lab_table *table) {
    struct supervisor supervisor;
    struct manager manager;
    struct manager_proxy parent = {0};
    struct worker *bad;
    int err = supervisor_open(&supervisor, arena, 1, -1);
    if (err)
        return err;
    calls->manager = &manager;
    calls->parent = &parent;
    err = manager_open(&manager, NULL, 0);
    if (!err) {
        err = manager_start(&manager, &supervisor);
        if (!err)
            err = manager_connect(&manager, &parent);
        if (!err)
            err = run_clients(calls, table);
        if (!err)
            err = manager_end(&parent);
        manager_disconnect(&parent);
        manager_close(&manager);
    }
    if (!err)
        err = supervisor_join(&supervisor, &bad);
    supervisor_close(&supervisor);
    return err == -EPIPE ? -ECHILD : err; /* nobody ends the server while it is asked */
}

static int run(struct lab_table *table) {
    struct arena arena = ARENA_EMPTY;
    void *piece;
    int err = arena_take(&arena, sizeof(struct calls), &piece);
    if (err)
        return err;
    struct calls *calls = piece;
    err = value_open(&calls->direct, 0);
    if (!err)
        err = value_open(&calls->got, 0);
    if (!err)
        err = run_server(&arena, calls, table);
    arena_close(&arena);
    return err;
}

const struct lab lab_manager = {
    .name = "manager",
    .summary = "what does it cost to use objects that another process owns?",
    .figure = "clients us_per_call object",
    .xlabel = "clients",
    .ylabel = "microseconds per call",
    .run = run,
};
