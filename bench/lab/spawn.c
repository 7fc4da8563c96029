/* Lab spawn: one large calculation in parts: serially, with a process for each part, with a pool of
 * persistent processes, with a thread for each part. The same parts, the same sum; what differs is
 * what starting costs, which is also measured by itself: the same workers without anything to do.
 */
#include "base/clock.h"
#include "bench/lab/lab.h"
#include "bench/lab/rounds.h"
#include "bench/lab/team.h"
#include "core/workload.h"
#include "mp/arena.h"
#include "mp/pool.h"
#include "mp/value.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define PARTS_MOST   256
#define POINTS       4096    /* of the whole calculation, dealt to the parts in turn */
#define LIMIT        2000    /* of each orbit */
#define SUM          2549554 /* of all of them, as any loop computes it */
#define POOL_WORKERS 2
#define ROUNDS_LEAST 3
#define ROUNDS_MOST  15
#define BUDGET_NS    UINT64_C(2000000000)

/* In shared pages. */
struct calculation {
    struct value sum;
    unsigned parts;
    unsigned points; /* 0: nothing to do */
};

/* Orbits near the antenna's minibrot: neither all short nor all long. */
static int64_t compute_part(const struct calculation *calculation, unsigned part) {
    int64_t sum = 0;
    for (unsigned i = part; i < calculation->points; i += calculation->parts)
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
    int err = 0;
    for (unsigned first = 0; !err && first < parts; first += TEAM_MOST) {
        struct worker workers[TEAM_MOST] = {0};
        for (unsigned i = 0; !err && i < TEAM_MOST && first + i < parts; i++)
            err = worker_start(&workers[i], kind, "part", first + i, part_worker, calculation);
        int end = team_join(workers, TEAM_MOST);
        err = err ? err : end;
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
                             .workers = POOL_WORKERS,
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
    if (!err && calculation->points > 0)
        err = pool_map(&pool, &call);
    if (!err) {
        pool_close(&pool);
        err = pool_join(&pool);
    }
    supervisor_close(&supervisor);
    arena_close(&arena);
    return err;
}

enum { SERIALLY, PROCESSES, POOL, THREADS, WAYS };

static const struct {
    const char *name;
    int (*run)(struct calculation *calculation, unsigned parts);
} ways[WAYS] = {
    [SERIALLY] = {"serially", serially},
    [PROCESSES] = {"a process each", with_processes},
    [POOL] = {"a pool of two", with_pool},
    [THREADS] = {"a thread each", with_threads}, /* last: no process is started after a thread */
};

static const unsigned cuts[] = {2, 8, 32, 128, 256};

#define CUTS (sizeof cuts / sizeof *cuts)

struct spawn {
    struct calculation *calculation;
    size_t first_way; /* of the rounds under way */
    struct cell {
        double time_samples[ROUNDS_MOST], start_samples[ROUNDS_MOST];
        double time_ms, start_us; /* their medians */
    } cells[WAYS][CUTS];
};

static unsigned starts_of(size_t way, unsigned parts) {
    return way == SERIALLY ? 0 : way == POOL ? POOL_WORKERS : parts;
}

/* Milliseconds of one run. */
static int try_way(struct calculation *calculation, size_t way, unsigned parts, double *ms) {
    calculation->parts = parts;
    value_set(&calculation->sum, 0);
    uint64_t start = clock_now_ns();
    int err = ways[way].run(calculation, parts);
    *ms = clock_seconds(clock_now_ns() - start) * 1e3;
    return err;
}

static int measure(void *context, unsigned number, unsigned round) {
    struct spawn *spawn = context;
    struct calculation *calculation = spawn->calculation;
    size_t way = spawn->first_way + number / CUTS, cut = number % CUTS;
    struct cell *cell = &spawn->cells[way][cut];
    double empty_ms = 0;
    calculation->points = 0;
    int err = way == SERIALLY ? 0 : try_way(calculation, way, cuts[cut], &empty_ms);
    cell->start_samples[round] = empty_ms * 1e3 / starts_of(way, cuts[cut]);
    calculation->points = POINTS;
    if (!err)
        err = try_way(calculation, way, cuts[cut], &cell->time_samples[round]);
    return err ? err : value_get(&calculation->sum) == SUM ? 0 : -EILSEQ;
}

/* Rounds over some of the ways, and their rows. */
static int measure_ways(struct spawn *spawn, size_t first, size_t end, struct lab_table *table) {
    const struct rounds rounds = {(unsigned)((end - first) * CUTS), ROUNDS_LEAST, ROUNDS_MOST,
                                  BUDGET_NS};
    spawn->first_way = first;
    int repeats = rounds_run(&rounds, measure, spawn);
    for (size_t way = first; repeats > 0 && way < end; way++)
        for (size_t cut = 0; cut < CUTS; cut++) {
            struct cell *cell = &spawn->cells[way][cut];
            cell->time_ms = rounds_median(cell->time_samples, (unsigned)repeats);
            cell->start_us = rounds_median(cell->start_samples, (unsigned)repeats);
            lab_row(table, "%s,%u,%d,%.3f,%d,%u,%.1f", ways[way].name, cuts[cut], SUM,
                    cell->time_ms, repeats, starts_of(way, cuts[cut]),
                    way == SERIALLY ? NAN : cell->start_us); /* nothing is started */
        }
    return repeats < 0 ? repeats : 0;
}

static void teach(const struct spawn *spawn, struct lab_table *table) {
    size_t last = CUTS - 1;
    const struct cell *process = &spawn->cells[PROCESSES][last], *pool = &spawn->cells[POOL][last],
                      *thread = &spawn->cells[THREADS][last];
    lab_lesson(table,
               "To start and join a worker costs %.3g us if it is a process and %.3g us if it is a "
               "thread, so %u parts take %.3g ms with a process each, %.3g ms with a thread each, "
               "and %.3g ms with a pool that starts %d once.",
               process->start_us, thread->start_us, cuts[last], process->time_ms, thread->time_ms,
               pool->time_ms, POOL_WORKERS);
}

static int run(struct lab_table *table) {
    struct arena arena = ARENA_EMPTY;
    struct spawn spawn = {0};
    void *piece;
    int err = arena_take(&arena, sizeof(struct calculation), &piece);
    if (!err) {
        spawn.calculation = piece;
        err = value_open(&spawn.calculation->sum, 0);
    }
    lab_row(table, "way,parts,sum,time_ms,repeats,starts,start_us");
    if (!err)
        err = measure_ways(&spawn, SERIALLY, THREADS, table);
    if (!err)
        err = measure_ways(&spawn, THREADS, WAYS, table);
    if (!err)
        teach(&spawn, table);
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
