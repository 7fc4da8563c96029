/* Lab spawn: one large calculation in parts: serially, with a process for each part, with a pool of
 * persistent processes, with a thread for each part. The same parts, the same sum; what differs is
 * what starting costs. */
#include "base/clock.h"
#include "bench/lab/lab.h"
#include "bench/lab/team.h"
#include "core/workload.h"
#include "mp/arena.h"
#include "mp/pool.h"
#include "mp/value.h"

#include <errno.h>
#include <string.h>

#define PARTS_MOST 256
#define POINTS     4096 /* of the whole calculation, dealt to the parts in turn */
#define LIMIT      2000 /* of each orbit */

/* In shared pages. */
struct calculation {
    struct value sum;
    unsigned parts;
};

/* Orbits near the antenna's minibrot: neither all short nor all long. */
static int64_t compute_part(const struct calculation *calculation, unsigned part) {
    int64_t sum = 0;
    for (unsigned i = part; i < POINTS; i += calculation->parts)
        sum += orbit(-1.76 + 1e-5 * i, 1e-4 * (i % 64), LIMIT);
    return sum;
}

static int part_worker(void *argument, unsigned part) {
    struct calculation *calculation = argument;
    value_add(&calculation->sum, compute_part(calculation, part));
    return 0;
}

static int serially(struct calculation *calculation, unsigned parts) {
    for (unsigned part = 0; part < parts; part++)
        part_worker(calculation, part);
    return 0;
}

/* A worker for each part, at most TEAM_MOST at a time. */
static int with_workers(struct calculation *calculation, unsigned parts, enum worker_kind kind) {
    struct worker workers[TEAM_MOST];
    int err = 0;
    for (unsigned first = 0; !err && first < parts; first += TEAM_MOST) {
        unsigned started = 0;
        for (; !err && started < TEAM_MOST && first + started < parts; started++)
            err = worker_start(&workers[started], kind, "part", first + started, part_worker,
                               calculation);
        for (unsigned i = 0; i < started; i++)
            worker_join(&workers[i]);
    }
    return err;
}

static int with_processes(struct calculation *calculation, unsigned parts) {
    return with_workers(calculation, parts, WORKER_PROCESS);
}

static int with_threads(struct calculation *calculation, unsigned parts) {
    return with_workers(calculation, parts, WORKER_THREAD);
}

static long pool_part(void *context, unsigned worker, const void *argument, void *result) {
    uint64_t part;
    (void)worker;
    memcpy(&part, argument, sizeof part);
    *(int64_t *)result = compute_part(context, (unsigned)part);
    return sizeof(int64_t);
}

static void add_up(void *context, uint64_t part, long outcome, const void *result) {
    struct calculation *calculation = context;
    (void)part, (void)outcome;
    value_add(&calculation->sum, *(const int64_t *)result);
}

static int with_pool(struct calculation *calculation, unsigned parts) {
    static pool_function *const functions[] = {pool_part};
    struct arena arena = ARENA_EMPTY;
    struct supervisor supervisor = {0};
    struct pool pool;
    struct pool_plan plan = {.kind = WORKER_PROCESS,
                             .workers = 2,
                             .functions = functions,
                             .function_count = 1,
                             .context = calculation,
                             .result_bytes = sizeof(int64_t),
                             .results_queued = PARTS_MOST};
    struct pool_call call = {
        .count = parts, .chunk = 1, .deliver = add_up, .deliver_context = calculation};
    int err = supervisor_open(&supervisor, &arena, plan.workers, -1);
    if (!err)
        err = pool_open(&pool, &arena, &supervisor, &plan);
    if (!err)
        err = pool_map(&pool, &call);
    if (!err) {
        pool_close(&pool);
        err = pool_join(&pool);
    }
    supervisor_close(&supervisor);
    arena_close(&arena);
    return err;
}

static const struct {
    const char *name;
    int (*run)(struct calculation *calculation, unsigned parts);
} ways[] = {
    {"serially", serially},
    {"a process each", with_processes},
    {"a pool of two", with_pool},
    {"a thread each", with_threads}, /* last: no process is started after a thread */
};

static int try_way(struct calculation *calculation, size_t way, unsigned parts, int64_t *expected,
                   struct lab_table *table) {
    calculation->parts = parts;
    value_set(&calculation->sum, 0);
    uint64_t start = clock_now_ns();
    int err = ways[way].run(calculation, parts);
    uint64_t elapsed_ns = clock_now_ns() - start;
    int64_t sum = value_get(&calculation->sum);
    if (*expected < 0)
        *expected = sum; /* the first way is serial */
    lab_row(table, "%s,%u,%lld,%.3f", ways[way].name, parts, (long long)sum,
            clock_seconds(elapsed_ns) * 1e3);
    return err ? err : sum == *expected ? 0 : -EILSEQ;
}

static int run(struct lab_table *table) {
    static const unsigned cuts[] = {2, 8, 32, 128, 256};
    int64_t expected = -1;
    struct arena arena = ARENA_EMPTY;
    void *piece;
    int err = arena_take(&arena, sizeof(struct calculation), &piece);
    struct calculation *calculation = piece;
    if (!err)
        err = value_open(&calculation->sum, 0);
    lab_row(table, "way,parts,sum,time_ms");
    for (size_t way = 0; !err && way < sizeof ways / sizeof *ways; way++)
        for (size_t cut = 0; !err && cut < sizeof cuts / sizeof *cuts; cut++)
            err = try_way(calculation, way, cuts[cut], &expected, table);
    lab_lesson(table, "Starting a worker has its price, a process's higher than a thread's: for "
                      "many small parts start a pool once and send it the parts.");
    arena_close(&arena);
    return err;
}

const struct lab lab_spawn = {
    .name = "spawn",
    .summary = "what does it cost to start a worker for each part of a calculation?",
    .figure = "parts time_ms way",
    .xlabel = "parts",
    .ylabel = "milliseconds for the whole",
    .run = run,
};
