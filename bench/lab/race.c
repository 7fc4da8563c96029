/* Lab race: deposits and withdrawals on a shared balance by several processes at once. Half of the
 * workers add 1, the others take 1, equally often: the balance must end where it began. */
#include "bench/lab/lab.h"
#include "bench/lab/team.h"
#include "mp/arena.h"
#include "mp/barrier.h"
#include "mp/value.h"

#define WORKERS    4
#define OPERATIONS 2000000 /* of each worker: long enough that all run at once */
#define BLOCK      1000    /* operations under one lock */
#define BEGINNING  1000000

struct account;
typedef void operate(struct account *account, int64_t amount);

/* In shared pages. */
struct account {
    struct value balance;
    struct barrier start;
    operate *operate; /* does OPERATIONS of them */
};

/* Two steps, read and write, as a plain += compiles to; each by itself is whole, so that what is
 * lost is lost by what comes between them. */
static void change(struct account *account, int64_t amount) {
    int64_t seen = atomic_load_explicit(&account->balance.number, memory_order_relaxed);
    atomic_store_explicit(&account->balance.number, seen + amount, memory_order_relaxed);
}

static void without_lock(struct account *account, int64_t amount) {
    for (int i = 0; i < OPERATIONS; i++)
        change(account, amount);
}

static void lock_per_operation(struct account *account, int64_t amount) {
    for (int i = 0; i < OPERATIONS; i++) {
        lock_acquire(&account->balance.lock);
        change(account, amount);
        lock_release(&account->balance.lock);
    }
}

static void lock_per_block(struct account *account, int64_t amount) {
    for (int i = 0; i < OPERATIONS; i += BLOCK) {
        lock_acquire(&account->balance.lock);
        for (int j = 0; j < BLOCK; j++)
            change(account, amount);
        lock_release(&account->balance.lock);
    }
}

static void atomic_add(struct account *account, int64_t amount) {
    for (int i = 0; i < OPERATIONS; i++)
        value_add(&account->balance, amount);
}

static int worker(void *argument, unsigned number) {
    struct account *account = argument;
    if (barrier_wait(&account->start) < 0) /* all at once, or there is no race */
        return 1;
    account->operate(account, number % 2 ? -1 : 1);
    return 0;
}

static const struct {
    const char *name;
    operate *operate;
} ways[] = {
    {"no lock", without_lock},
    {"lock per operation", lock_per_operation},
    {"lock per block of 1000", lock_per_block},
    {"atomic addition", atomic_add},
};

static int try_way(struct account *account, size_t way, struct lab_table *table) {
    uint64_t elapsed_ns;
    account->operate = ways[way].operate;
    value_set(&account->balance, BEGINNING);
    int err = team_run(WORKER_PROCESS, WORKERS, worker, account, &elapsed_ns);
    long long balance = value_get(&account->balance);
    lab_row(table, "%s,%d,%d,%d,%lld,%lld,%.1f", ways[way].name, WORKERS, WORKERS * OPERATIONS,
            BEGINNING, balance, balance - BEGINNING, (double)elapsed_ns / (WORKERS * OPERATIONS));
    return err;
}

static int run(struct lab_table *table) {
    struct arena arena = ARENA_EMPTY;
    void *piece;
    int err = arena_take(&arena, sizeof(struct account), &piece);
    struct account *account = piece;
    if (!err)
        err = value_open(&account->balance, 0);
    if (!err)
        err = barrier_open(&account->start, WORKERS, NULL, NULL);
    lab_row(table, "way,workers,operations,expected,balance,off_by,ns_per_operation");
    for (size_t way = 0; !err && way < sizeof ways / sizeof *ways; way++)
        err = try_way(account, way, table);
    lab_lesson(table, "Without a lock updates get lost; a lock per operation is right and dear, a "
                      "lock per block or an atomic addition is right and cheap.");
    arena_close(&arena);
    return err;
}

const struct lab lab_race = {
    .name = "race",
    .summary = "what is lost on a shared balance, and what does it cost to lose nothing?",
    .run = run,
};
