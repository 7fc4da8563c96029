/* Lab pool: the verbs of a pool, with tasks that only sleep, so that what is seen is the pool and
 * not the machine: each takes a millisecond, the first one sixty. A task's result is the square of
 * its number, counted from 1, and who did it. */
#include "mp/pool.h"
#include "base/clock.h"
#include "bench/lab/lab.h"
#include "mp/value.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WORKERS   2
#define TASKS     64
#define SHORT_NS  UINT64_C(1000000)
#define LONG_NS   UINT64_C(60000000) /* of the first task */
#define PATIENCE  UINT64_C(90000000) /* until the call that is given up is given up */
#define PIDS_MOST (2 * TASKS)

struct result {
    int64_t product;
    int64_t pid;
};

static void sleep_for(uint64_t number) {
    struct timespec pause = clock_timespec(number == 1 ? LONG_NS : SHORT_NS);
    nanosleep(&pause, NULL);
}

static long multiply(int64_t a, int64_t b, void *result) {
    *(struct result *)result = (struct result){.product = a * b, .pid = getpid()};
    return sizeof(struct result);
}

/* Its argument is the task's number. */
static long square(void *context, unsigned worker, const void *argument, void *result) {
    uint64_t task;
    (void)context, (void)worker;
    memcpy(&task, argument, sizeof task);
    sleep_for(task + 1);
    return multiply((int64_t)task + 1, (int64_t)task + 1, result);
}

/* All take long: the call can be given up before it is done, however late that may be. */
static long linger(void *context, unsigned worker, const void *argument, void *result) {
    sleep_for(1);
    return square(context, worker, argument, result);
}

/* Its argument is one element of each of two columns. */
static long product(void *context, unsigned worker, const void *argument, void *result) {
    int64_t factors[2];
    (void)context, (void)worker;
    memcpy(factors, argument, sizeof factors);
    sleep_for((uint64_t)factors[0]);
    return multiply(factors[0], factors[1], result);
}

static int initialize(void *context, unsigned worker) {
    struct value *initialized = context;
    (void)worker;
    value_add(initialized, 1);
    return 0;
}

enum { SQUARE, PRODUCT, LINGER };
static pool_function *const functions[] = {
    [SQUARE] = square, [PRODUCT] = product, [LINGER] = linger};

/* A verb, as this lab uses it. */
struct verb {
    const char *name;
    unsigned function, calls; /* calls that are under way together */
    uint64_t tasks, chunk, tasks_per_child;
    bool one_by_one, ordered; /* results are delivered while the call is under way */
    bool given_up;
};

enum { APPLY, APPLY_ASYNC, MAP, MAP_ALL, STARMAP, IMAP, IMAP_UNORDERED, RENEWED, TERMINATE, VERBS };

static const struct verb verbs[VERBS] = {
    [APPLY] = {.name = "apply", .calls = 1, .tasks = 1, .chunk = 1},
    [APPLY_ASYNC] = {.name = "two apply_async", .calls = 2, .tasks = 1, .chunk = 1},
    [MAP] = {.name = "map", .calls = 1, .tasks = TASKS, .chunk = 1},
    [MAP_ALL] = {.name = "map in one chunk", .calls = 1, .tasks = TASKS, .chunk = TASKS},
    [STARMAP] = {.name = "starmap", .function = PRODUCT, .calls = 1, .tasks = TASKS, .chunk = 1},
    [IMAP] = {.name = "imap",
              .calls = 1,
              .tasks = TASKS,
              .chunk = 1,
              .one_by_one = true,
              .ordered = true},
    [IMAP_UNORDERED] =
        {.name = "imap_unordered", .calls = 1, .tasks = TASKS, .chunk = 1, .one_by_one = true},
    [RENEWED] = {.name = "map with 8 tasks per child",
                 .calls = 1,
                 .tasks = TASKS,
                 .chunk = 1,
                 .tasks_per_child = 8},
    [TERMINATE] = {.name = "map then terminate",
                   .function = LINGER,
                   .calls = 1,
                   .tasks = TASKS,
                   .chunk = 1,
                   .given_up = true},
};

/* What came of a verb. */
struct outcome {
    uint64_t start_ns;
    unsigned home, processes;
    int64_t sum, pids[PIDS_MOST];
    uint64_t last_task;
    bool in_order;
    double first_ms, time_ms;
};

static void count_process(struct outcome *outcome, int64_t pid) {
    for (unsigned i = 0; i < outcome->processes; i++)
        if (outcome->pids[i] == pid)
            return;
    outcome->pids[outcome->processes++] = pid; /* one for each task at most */
}

static void take(void *context, uint64_t task, long length, const void *bytes) {
    struct outcome *outcome = context;
    const struct result *result = bytes;
    if (length < 0)
        return;
    if (outcome->home == 0)
        outcome->first_ms = clock_seconds(clock_now_ns() - outcome->start_ns) * 1e3;
    else if (task < outcome->last_task)
        outcome->in_order = false;
    outcome->last_task = task;
    outcome->home++;
    outcome->sum += result->product;
    count_process(outcome, result->pid);
}

/* A call, and where its arguments and results lie. */
struct desk {
    struct pool_call call;
    int64_t factors[TASKS];
    struct result results[TASKS];
    long outcomes[TASKS];
};

static void prepare(struct desk *desk, const struct verb *verb, struct outcome *outcome) {
    struct pool_column column = {desk->factors, sizeof *desk->factors};
    for (unsigned i = 0; i < TASKS; i++) {
        desk->factors[i] = i + 1;
        desk->outcomes[i] = POOL_PENDING;
    }
    desk->call = (struct pool_call){.function = verb->function,
                                    .count = verb->tasks,
                                    .chunk = verb->chunk,
                                    .results = desk->results,
                                    .result_stride = sizeof *desk->results,
                                    .outcomes = desk->outcomes,
                                    .ordered = verb->ordered};
    if (verb->function == PRODUCT)
        desk->call.columns[0] = desk->call.columns[1] = column;
    if (verb->one_by_one) {
        desk->call.deliver = take;
        desk->call.deliver_context = outcome;
    }
}

/* For verbs that have all results at once, in the order of the tasks. */
static void take_all(const struct desk *desk, struct outcome *outcome) {
    for (uint64_t task = 0; task < desk->call.count; task++)
        if (desk->outcomes[task] != POOL_PENDING)
            take(outcome, task, desk->outcomes[task], &desk->results[task]);
}

static int make_calls(struct pool *pool, const struct verb *verb, struct desk desks[2],
                      struct outcome *outcome) {
    int err = 0;
    for (unsigned i = 0; !err && i < verb->calls; i++) {
        prepare(&desks[i], verb, outcome);
        err = pool_start(pool, &desks[i].call);
    }
    if (!err && verb->given_up) {
        err = pool_wait_until(pool, &desks[0].call, clock_after_ns(PATIENCE));
        if (err == -ETIMEDOUT)
            return pool_terminate(pool);
    }
    for (unsigned i = 0; !err && i < verb->calls; i++)
        err = pool_wait(pool, &desks[i].call);
    if (!err)
        pool_close(pool);
    return err;
}

/* The time of a call ends when its results are there; of one that is given up, with the pool. */
static int use_pool(struct pool *pool, const struct verb *verb, struct outcome *outcome) {
    static struct desk desks[2];
    outcome->start_ns = clock_now_ns();
    outcome->in_order = true;
    int err = make_calls(pool, verb, desks, outcome);
    outcome->time_ms = clock_seconds(clock_now_ns() - outcome->start_ns) * 1e3;
    if (!err)
        err = pool_join(pool);
    if (verb->given_up)
        outcome->time_ms = clock_seconds(clock_now_ns() - outcome->start_ns) * 1e3;
    for (unsigned i = 0; !err && !verb->one_by_one && i < verb->calls; i++)
        take_all(&desks[i], outcome);
    if (!verb->one_by_one)
        outcome->first_ms = outcome->time_ms;
    return err;
}

static int try_verb(const struct verb *verb, struct outcome *outcome, int64_t *initialized) {
    struct arena arena = ARENA_EMPTY;
    struct supervisor supervisor = {0};
    struct pool pool;
    struct pool_plan plan = {.kind = WORKER_PROCESS,
                             .workers = WORKERS,
                             .functions = functions,
                             .function_count = sizeof functions / sizeof *functions,
                             .chunk_bytes = TASKS * 2 * sizeof(int64_t),
                             .result_bytes = sizeof(struct result),
                             .results_queued = 2, /* half of which are announced */
                             .tasks_per_child = verb->tasks_per_child,
                             .initializer = initialize};
    int err = arena_take(&arena, sizeof(struct value), &plan.context);
    if (!err)
        err = value_open(plan.context, 0);
    if (!err)
        err = supervisor_open(&supervisor, &arena, plan.workers, -1);
    if (!err)
        err = pool_open(&pool, &arena, &supervisor, &plan);
    if (!err)
        err = use_pool(&pool, verb, outcome);
    supervisor_close(&supervisor);
    if (!err)
        *initialized = value_get(plan.context);
    arena_close(&arena);
    return err;
}

/* The sum of the squares of 1 … n, once for each call. */
static int64_t expected_sum(const struct verb *verb) {
    int64_t n = (int64_t)verb->tasks;
    return n * (n + 1) * (2 * n + 1) / 6 * verb->calls;
}

static bool is_right(const struct verb *verb, const struct outcome *outcome) {
    if (verb->given_up)
        return outcome->home < verb->tasks;
    return outcome->home == verb->tasks * verb->calls && outcome->sum == expected_sum(verb) &&
           (outcome->in_order || !verb->ordered);
}

static void teach(const struct outcome outcomes[VERBS], struct lab_table *table) {
    lab_lesson(table,
               "With a first task that takes long imap_unordered hands over its first result after "
               "%.3g ms, imap, which keeps the order, after %.3g ms, and map all of them after "
               "%.3g ms, or %.3g ms if they travel in one chunk, to one worker.",
               outcomes[IMAP_UNORDERED].first_ms, outcomes[IMAP].first_ms, outcomes[MAP].time_ms,
               outcomes[MAP_ALL].time_ms);
}

static int run(struct lab_table *table) {
    struct outcome outcomes[VERBS] = {0};
    int err = 0;
    lab_row(table, "verb,chunk,tasks,home,sum,processes,initialized,in_order,first_ms,time_ms");
    for (size_t i = 0; !err && i < VERBS; i++) {
        const struct verb *verb = &verbs[i];
        struct outcome *outcome = &outcomes[i];
        int64_t initialized = 0;
        err = try_verb(verb, outcome, &initialized);
        lab_row(table, "%s,%llu,%llu,%u,%lld,%u,%lld,%s,%.1f,%.1f", verb->name,
                (unsigned long long)verb->chunk, (unsigned long long)verb->tasks * verb->calls,
                outcome->home, (long long)outcome->sum, outcome->processes, (long long)initialized,
                outcome->in_order ? "yes" : "no", outcome->first_ms, outcome->time_ms);
        if (!err && !is_right(verb, outcome))
            err = -EILSEQ;
    }
    teach(outcomes, table);
    return err;
}

const struct lab lab_pool = {
    .name = "pool",
    .summary = "when are the results of a pool's verbs there, and who worked?",
    .script = "lab-bars.gp",
    .figure = "verb first_ms time_ms",
    .xlabel = "milliseconds to the first result",
    .ylabel = "milliseconds to the last",
    .run = run,
};
