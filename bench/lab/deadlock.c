/* Lab deadlock: workers that wait for each other in a circle, found within a bounded time and
 * explained. Each worker writes down whom it waits for before it does; a circle that stands still
 * is a deadlock, nothing else is. */
#include "base/clock.h"
#include "bench/lab/lab.h"
#include "bench/lab/team.h"
#include "mp/arena.h"
#include "mp/lock.h"
#include "mp/pipe.h"
#include "mp/worker.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#define NOBODY      2
#define LOOK_NS     UINT64_C(10000000)   /* between looks */
#define PATIENCE_NS UINT64_C(5000000000) /* a circle must have closed by then */

/* In shared pages. */
struct board {
    _Atomic unsigned waits_for[2]; /* the other worker, or NOBODY */
    struct lock locks[2];
    struct pipe pipe; /* descriptors, inherited */
};

/* Two ends: each wants a message before it sends one. */
static int receive_first(void *argument, unsigned me) {
    struct board *board = argument;
    char word;
    atomic_store(&board->waits_for[me], 1 - me);
    pipe_receive(&board->pipe.ends[me], &word, 1);
    atomic_store(&board->waits_for[me], NOBODY);
    return pipe_send(&board->pipe.ends[me], "x", 1);
}

/* Two locks: each holds one and wants the other's. */
static int lock_crosswise(void *argument, unsigned me) {
    struct board *board = argument;
    struct timespec pause = clock_timespec(20000000); /* so that both have their first */
    lock_acquire(&board->locks[me]);
    nanosleep(&pause, NULL);
    atomic_store(&board->waits_for[me], 1 - me);
    lock_acquire(&board->locks[1 - me]);
    atomic_store(&board->waits_for[me], NOBODY);
    return 0;
}

static bool is_circle(struct board *board) {
    return atomic_load(&board->waits_for[0]) == 1 && atomic_load(&board->waits_for[1]) == 0;
}

/* 0, and milliseconds until a circle was seen at two looks running, or -1; -ECHILD: somebody ended,
 * which ends no circle but is none either. */
static int watch(struct board *board, struct worker workers[2], double *found_ms) {
    struct timespec look = clock_timespec(LOOK_NS);
    uint64_t start = clock_now_ns();
    *found_ms = -1;
    for (unsigned seen = 0; clock_now_ns() - start < PATIENCE_NS;) {
        if (!worker_is_alive(&workers[0]) || !worker_is_alive(&workers[1]))
            return -ECHILD;
        seen = is_circle(board) ? seen + 1 : 0;
        if (seen == 2) {
            *found_ms = clock_seconds(clock_now_ns() - start) * 1e3;
            return 0;
        }
        nanosleep(&look, NULL);
    }
    return 0;
}

static int stage(struct board *board, const char *name, const char *holds, const char *wants,
                 worker_main *main, struct lab_table *table, double *found_ms) {
    struct worker workers[2] = {0};
    int err = 0;
    for (unsigned i = 0; i < 2; i++)
        atomic_store(&board->waits_for[i], NOBODY);
    for (unsigned i = 0; !err && i < 2; i++)
        err = worker_start(&workers[i], WORKER_PROCESS, "deadlocked", i, main, board);
    if (!err)
        err = watch(board, workers, found_ms);
    for (unsigned i = 0; i < 2; i++)
        if (workers[i].started)
            worker_kill(&workers[i]); /* nothing else ends them */
    team_join(workers, 2);
    for (unsigned i = 0; !err && i < 2; i++)
        lab_row(table, "%s,worker %u,%s %u,%s worker %u,%s,%.0f", name, i, holds, i, wants, 1 - i,
                *found_ms < 0 ? "no" : "yes", *found_ms);
    return err;
}

static void teach(const double found_ms[2], struct lab_table *table) {
    const char *cure = "let one side send first, and take locks in one order everywhere";
    if (found_ms[0] < 0 || found_ms[1] < 0)
        lab_lesson(table, "Not every circle closed this time, but one that does never opens: %s.",
                   cure);
    else
        lab_lesson(table,
                   "Who waits for whom is a graph, and its circles, found after %.0f and %.0f ms, "
                   "never end by themselves: %s.",
                   found_ms[0], found_ms[1], cure);
}

static int run(struct lab_table *table) {
    struct arena arena = ARENA_EMPTY;
    void *piece;
    int err = arena_take(&arena, sizeof(struct board), &piece);
    if (err)
        return err;
    struct board *board = piece;
    err = pipe_open(&board->pipe);
    if (err) {
        arena_close(&arena);
        return err;
    }
    for (int i = 0; !err && i < 2; i++)
        err = lock_open(&board->locks[i]);
    lab_row(table, "case,who,holds,waits_for,deadlock,found_after_ms");
    double found_ms[2] = {-1, -1};
    if (!err)
        err = stage(board, "two ends that both receive first", "end", "a message of", receive_first,
                    table, &found_ms[0]);
    if (!err)
        err = stage(board, "two locks in opposite order", "lock", "the lock of", lock_crosswise,
                    table, &found_ms[1]);
    teach(found_ms, table);
    for (int i = 0; i < 2; i++)
        pipe_close(&board->pipe.ends[i]);
    arena_close(&arena);
    return err;
}

const struct lab lab_deadlock = {
    .name = "deadlock",
    .summary = "who waits for whom when nothing goes on?",
    .script = "lab-deadlock.gp",
    .figure = "case who holds waits_for found_after_ms",
    .run = run,
};
