/* Lab race: deposits and withdrawals on a shared balance by several processes at once. Half of the
 * workers add 1, the others take 1, equally often: the balance must end where it began. */
#include "bench/lab/lab.h"
#include "bench/lab/rounds.h"
#include "bench/lab/team.h"
#include "mp/arena.h"
#include "mp/value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define WORKERS      4
#define BLOCK        1000 /* operations under one lock */
#define BEGINNING    1000000
#define ROUNDS_LEAST 3
#define ROUNDS_MOST  9
#define BUDGET_NS    UINT64_C(3000000000)

struct account;
typedef void operate(struct account *account, int64_t amount);

/* In shared pages. */
struct account {
    struct value balance;
    struct team_line line; /* all at once, or there is no race */
    operate *operate;      /* does all of them */
    int operations;        /* of each worker */
};

/* Two steps, read and write, as a plain += compiles to; each by itself is whole, so that what is
 * lost is lost by what comes between them. */
static void change(struct account *account, int64_t amount) {
    int64_t seen = atomic_load_explicit(&account->balance.number, memory_order_relaxed);
    atomic_store_explicit(&account->balance.number, seen + amount, memory_order_relaxed);
}

static void without_lock(struct account *account, int64_t amount) {
    for (int i = 0; i < account->operations; i++)
        change(account, amount);
}

static void lock_per_operation(struct account *account, int64_t amount) {
    for (int i = 0; i < account->operations; i++) {
        lock_acquire(&account->balance.lock);
        change(account, amount);
        lock_release(&account->balance.lock);
    }
}

static void lock_per_block(struct account *account, int64_t amount) {
    for (int i = 0; i < account->operations; i += BLOCK) {
        lock_acquire(&account->balance.lock);
        for (int j = 0; j < BLOCK; j++)
            change(account, amount);
        lock_release(&account->balance.lock);
    }
}

static void atomic_add(struct account *account, int64_t amount) {
    for (int i = 0; i < account->operations; i++)
        value_add(&account->balance, amount);
}

static int worker(void *argument, unsigned number) {
    struct account *account = argument;
    if (team_line_cross(&account->line) != 0)
        return 1;
    account->operate(account, number % 2 ? -1 : 1);
    team_line_done(&account->line, number);
    return 0;
}

enum { NO_LOCK, LOCK_EACH, LOCK_BLOCK, ATOMIC, WAYS };

static const struct {
    const char *name;
    operate *operate;
    int operations; /* of each worker: so many that it takes longer than a turn on a busy core */
    bool guarded;   /* nothing may be lost */
} ways[WAYS] = {
    [NO_LOCK] = {"no lock", without_lock, 20000000, false},
    [LOCK_EACH] = {"lock per operation", lock_per_operation, 1000000, true},
    [LOCK_BLOCK] = {"lock per block of 1000", lock_per_block, 20000000, true},
    [ATOMIC] = {"atomic addition", atomic_add, 2000000, true},
};

struct race {
    struct account *account;
    unsigned repeats;
    struct cell {
        int64_t off_by; /* in the round where it was most */
        double samples_ns[ROUNDS_MOST];
        double ns; /* their median, per operation */
    } cells[WAYS];
};

/* One sample; -EILSEQ when something was lost in spite of a guard. */
static int measure(void *context, unsigned way, unsigned round) {
    struct race *race = context;
    struct account *account = race->account;
    struct cell *cell = &race->cells[way];
    account->operate = ways[way].operate;
    account->operations = ways[way].operations;
    value_set(&account->balance, BEGINNING);
    int err = team_line_open(&account->line, WORKERS);
    if (!err)
        err = team_run(WORKER_PROCESS, WORKERS, worker, account);
    if (err)
        return err;
    int64_t off_by = value_get(&account->balance) - BEGINNING;
    if (llabs(off_by) > llabs(cell->off_by))
        cell->off_by = off_by;
    cell->samples_ns[round] =
        (double)team_line_ns(&account->line) / (WORKERS * ways[way].operations);
    return ways[way].guarded && off_by != 0 ? -EILSEQ : 0;
}

static void tell(struct race *race, struct lab_table *table) {
    lab_row(table, "way,workers,operations,expected,balance,off_by,ns_per_operation,repeats,"
                   "lost_at_least");
    for (size_t way = 0; way < WAYS; way++) {
        struct cell *cell = &race->cells[way];
        cell->ns = rounds_median(cell->samples_ns, race->repeats);
        lab_row(table, "%s,%d,%d,%d,%lld,%lld,%.4g,%u,%lld", ways[way].name, WORKERS,
                WORKERS * ways[way].operations, BEGINNING, (long long)(BEGINNING + cell->off_by),
                (long long)cell->off_by, cell->ns, race->repeats, llabs(cell->off_by));
    }
}

/* Only what was seen: a race that nobody lost is a race all the same. */
static void teach(const struct race *race, struct lab_table *table) {
    const struct cell *cells = race->cells;
    char lost[128];
    if (cells[NO_LOCK].off_by != 0)
        snprintf(lost, sizeof lost, "Without a lock at least %lld of %d updates were lost",
                 llabs(cells[NO_LOCK].off_by), WORKERS * ways[NO_LOCK].operations);
    else
        snprintf(lost, sizeof lost,
                 "Without a lock no loss showed in %u rounds, which proves nothing", race->repeats);
    lab_lesson(table,
               "%s, at %.3g ns each; none with a lock per operation at %.3g ns, an atomic addition "
               "at %.3g ns, or a lock per block at %.3g ns.",
               lost, cells[NO_LOCK].ns, cells[LOCK_EACH].ns, cells[ATOMIC].ns,
               cells[LOCK_BLOCK].ns);
}

static int run(struct lab_table *table) {
    static const struct rounds rounds = {WAYS, ROUNDS_LEAST, ROUNDS_MOST, BUDGET_NS};
    struct arena arena = ARENA_EMPTY;
    struct race race = {0};
    void *piece;
    int err = arena_take(&arena, sizeof(struct account), &piece);
    if (!err) {
        race.account = piece;
        err = value_open(&race.account->balance, 0);
    }
    int repeats = err ? err : rounds_run(&rounds, measure, &race);
    if (repeats > 0) {
        race.repeats = (unsigned)repeats;
        tell(&race, table);
        teach(&race, table);
    }
    arena_close(&arena);
    return repeats < 0 ? repeats : 0;
}

const struct lab lab_race = {
    .name = "race",
    .summary = "what is lost on a shared balance, and what does it cost to lose nothing?",
    .script = "lab-bars.gp",
    .figure = "way lost_at_least ns_per_operation",
    .xlabel = "updates lost, at least",
    .ylabel = "nanoseconds per operation",
    .run = run,
};
