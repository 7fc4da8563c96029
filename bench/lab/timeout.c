/* Lab timeout: every blocking verb has a twin that gives up at a deadline. A worker takes a lock
 * and the only permit of a semaphore and keeps both; nobody else ever does anything. So whatever
 * waits, waits in vain, and should return when it said it would. Then the worker is terminated:
 * what it held under a lock comes free, what it held as a permit does not. */
#include "base/clock.h"
#include "bench/lab/lab.h"
#include "bench/lab/rounds.h"
#include "mp/barrier.h"
#include "mp/event.h"
#include "mp/pipe.h"
#include "mp/queue.h"
#include "mp/semaphore.h"
#include "mp/worker.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#define ASKED_NS UINT64_C(20000000)
#define ROUNDS   9

/* In shared pages, but for the worker. */
struct stage {
    struct lock held, ours; /* by the worker; by whoever waits for the condition */
    struct semaphore permit;
    struct event holds; /* the worker does, from now on */
    struct event event;
    struct condition condition;
    struct barrier barrier; /* for two, of which one never comes */
    struct queue *full, *empty;
    struct pipe silent, stuffed; /* descriptors */
    struct worker *worker;
};

static int hold_on(void *argument, unsigned number) {
    struct stage *stage = argument;
    (void)number;
    if (lock_acquire(&stage->held) != 0 || semaphore_acquire(&stage->permit) != 0)
        return 1;
    event_set(&stage->holds);
    for (;;)
        pause();
}

static int try_lock(struct stage *stage, uint64_t deadline_ns) {
    return lock_acquire_until(&stage->held, deadline_ns);
}

static int try_semaphore(struct stage *stage, uint64_t deadline_ns) {
    return semaphore_acquire_until(&stage->permit, deadline_ns);
}

static int try_event(struct stage *stage, uint64_t deadline_ns) {
    return event_wait_until(&stage->event, deadline_ns);
}

/* Woken for no reason, it waits on, as all do who wait for a condition. */
static int try_condition(struct stage *stage, uint64_t deadline_ns) {
    int err = lock_acquire(&stage->ours);
    while (!err)
        err = condition_wait(&stage->condition, &stage->ours, deadline_ns);
    if (err == -ETIMEDOUT)
        lock_release(&stage->ours);
    return err;
}

/* A barrier that timed out is broken for all: a new one for each try. */
static int try_barrier(struct stage *stage, uint64_t deadline_ns) {
    int err = barrier_open(&stage->barrier, 2, NULL, NULL);
    return err ? err : barrier_wait_until(&stage->barrier, deadline_ns);
}

static int try_put(struct stage *stage, uint64_t deadline_ns) {
    return queue_put_until(stage->full, "x", 1, deadline_ns);
}

static int try_get(struct stage *stage, uint64_t deadline_ns) {
    char byte;
    return (int)queue_get_until(stage->empty, &byte, 1, deadline_ns);
}

static int try_send(struct stage *stage, uint64_t deadline_ns) {
    return pipe_send_until(&stage->stuffed.ends[0], "x", 1, deadline_ns);
}

static int try_receive(struct stage *stage, uint64_t deadline_ns) {
    char byte;
    return (int)pipe_receive_until(&stage->silent.ends[0], &byte, 1, deadline_ns);
}

static int try_join(struct stage *stage, uint64_t deadline_ns) {
    return worker_join_until(stage->worker, deadline_ns);
}

static const struct {
    const char *name;
    int (*wait)(struct stage *stage, uint64_t deadline_ns);
} verbs[] = {
    {"lock_acquire_until", try_lock},    {"semaphore_acquire_until", try_semaphore},
    {"event_wait_until", try_event},     {"condition_wait", try_condition},
    {"barrier_wait_until", try_barrier}, {"queue_put_until", try_put},
    {"queue_get_until", try_get},        {"pipe_send_until", try_send},
    {"pipe_receive_until", try_receive}, {"worker_join_until", try_join},
};

#define VERBS (sizeof verbs / sizeof *verbs)

struct timeout {
    struct stage *stage;
    double late_us[VERBS][ROUNDS];
};

/* -ECHILD: the worker is not there any more; -EILSEQ: the verb came back too early, or otherwise
 * than at its deadline. */
static int measure(void *context, unsigned verb, unsigned round) {
    struct timeout *timeout = context;
    uint64_t start = clock_now_ns();
    int result = verbs[verb].wait(timeout->stage, start + ASKED_NS);
    uint64_t elapsed_ns = clock_now_ns() - start;
    timeout->late_us[verb][round] = ((double)elapsed_ns - (double)ASKED_NS) / 1e3;
    if (!worker_is_alive(timeout->stage->worker))
        return -ECHILD;
    return result == -ETIMEDOUT && elapsed_ns >= ASKED_NS ? 0 : -EILSEQ;
}

/* Fills what is to be full. */
static int fill(struct stage *stage) {
    int err = queue_put(stage->full, "x", 1);
    while (!err)
        err = pipe_send_until(&stage->stuffed.ends[0], "x", 1, 0);
    return err == -ETIMEDOUT ? 0 : err;
}

static int open_stage(struct arena *arena, struct stage *stage) {
    int err = lock_open(&stage->held);
    if (!err)
        err = lock_open(&stage->ours);
    if (!err)
        err = semaphore_open(&stage->permit, 1);
    if (!err)
        err = event_open(&stage->holds);
    if (!err)
        err = event_open(&stage->event);
    if (!err)
        err = queue_open(arena, 1, 1, &stage->full);
    if (!err)
        err = queue_open(arena, 1, 1, &stage->empty);
    if (!err)
        err = pipe_open(&stage->silent);
    if (!err)
        err = pipe_open(&stage->stuffed);
    return err ? err : fill(stage);
}

static void close_stage(struct stage *stage) {
    for (unsigned i = 0; i < 2; i++) {
        pipe_close(&stage->silent.ends[i]);
        pipe_close(&stage->stuffed.ends[i]);
    }
}

/* Until it holds everything; it may die before. */
static int await_worker(struct stage *stage) {
    int err = -ETIMEDOUT;
    while (err == -ETIMEDOUT) {
        err = event_wait_until(&stage->holds, clock_after_ns(ASKED_NS));
        if (!worker_is_alive(stage->worker))
            return -ECHILD;
    }
    return err;
}

/* What is left of a worker that was terminated, all of which is certain. */
struct rest {
    double end_ms;
    int exitcode, lock, permit;
};

static int end_worker(struct stage *stage, struct rest *rest) {
    uint64_t start = clock_now_ns();
    int err = worker_terminate(stage->worker);
    if (!err)
        err = worker_join(stage->worker);
    if (err)
        return err;
    rest->end_ms = clock_seconds(clock_now_ns() - start) * 1e3;
    rest->exitcode = stage->worker->exitcode;
    rest->lock = lock_acquire_until(&stage->held, clock_after_ns(ASKED_NS));
    rest->permit = semaphore_acquire_until(&stage->permit, clock_after_ns(ASKED_NS));
    if (worker_is_alive(stage->worker))
        return -EILSEQ;
    return rest->lock == LOCK_RECOVERED && rest->permit == -ETIMEDOUT ? 0 : -EILSEQ;
}

static void tell(struct timeout *timeout, const struct rest *rest, struct lab_table *table) {
    double asked_ms = clock_seconds(ASKED_NS) * 1e3;
    lab_row(table, "verb,asked_ms,returned,measured_ms,late_us,latest_us,repeats");
    for (size_t verb = 0; verb < VERBS; verb++) {
        double *late_us = timeout->late_us[verb];
        double median_us = rounds_median(late_us, ROUNDS); /* which sorts them */
        lab_row(table, "%s,%.0f,timed out,%.2f,%.0f,%.0f,%d", verbs[verb].name, asked_ms,
                asked_ms + median_us / 1e3, median_us, late_us[ROUNDS - 1], ROUNDS);
    }
    lab_row(table, "worker_is_alive,,true,,,,%d", (int)(VERBS * ROUNDS));
    lab_row(table, "worker_terminate and worker_join,,exit code %d,%.2f,,,1", rest->exitcode,
            rest->end_ms);
    lab_row(table, "worker_is_alive then,,false,,,,1");
    lab_row(table, "lock_acquire_until then,%.0f,recovered,,,,1", asked_ms);
    lab_row(table, "semaphore_acquire_until then,%.0f,timed out,,,,1", asked_ms);
}

static void teach(const struct timeout *timeout, const struct rest *rest, struct lab_table *table) {
    size_t latest = 0;
    for (size_t verb = 1; verb < VERBS; verb++) /* they are sorted by now */
        if (timeout->late_us[verb][ROUNDS - 1] > timeout->late_us[latest][ROUNDS - 1])
            latest = verb;
    lab_lesson(
        table,
        "No verb came back early and none more than %.2f ms late (%s), and the worker that "
        "was terminated ended with exit code %d in %.2f ms and left its lock, but not its permit.",
        timeout->late_us[latest][ROUNDS - 1] / 1e3, verbs[latest].name, rest->exitcode,
        rest->end_ms);
}

static int run_stage(struct stage *stage, struct lab_table *table) {
    static const struct rounds rounds = {VERBS, ROUNDS, ROUNDS, 0};
    struct timeout timeout = {.stage = stage};
    struct worker worker;
    struct rest rest = {0};
    stage->worker = &worker;
    int err = worker_start(&worker, WORKER_PROCESS, "holder", 0, hold_on, stage);
    if (err)
        return err;
    err = await_worker(stage);
    int repeats = err ? err : rounds_run(&rounds, measure, &timeout);
    err = repeats < 0 ? repeats : end_worker(stage, &rest);
    if (!err) {
        tell(&timeout, &rest, table);
        teach(&timeout, &rest, table);
    }
    worker_kill(&worker); /* if it still runs */
    worker_join(&worker);
    return err;
}

static int run(struct lab_table *table) {
    struct arena arena = ARENA_EMPTY;
    void *piece;
    int err = arena_take(&arena, sizeof(struct stage), &piece);
    if (err)
        return err;
    struct stage *stage = piece;
    for (unsigned i = 0; i < 2; i++)
        stage->silent.ends[i].fd = stage->stuffed.ends[i].fd = -1;
    err = open_stage(&arena, stage);
    if (!err)
        err = run_stage(stage, table);
    close_stage(stage);
    arena_close(&arena);
    return err;
}

const struct lab lab_timeout = {
    .name = "timeout",
    .summary = "does each verb that waits in vain come back when it said it would?",
    .script = "lab-bars.gp",
    .figure = "verb late_us latest_us",
    .xlabel = "microseconds late, median",
    .ylabel = "microseconds late, at most",
    .run = run,
};
