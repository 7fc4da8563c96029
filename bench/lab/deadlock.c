/* Lab deadlock: workers that wait for each other in a circle, found within a bounded time and
 * explained. Each worker writes down whom it waits for before it does; a circle that stands still
 * is a deadlock, nothing else is. */
#include "base/clock.h"
#include "bench/lab/lab.h"
#include "mp/arena.h"
#include "mp/lock.h"
#include "mp/pipe.h"
#include "mp/worker.h"

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

/* Milliseconds until a circle was seen at two looks running, or -1. */
static double watch(struct board *board) {
    struct timespec look = clock_timespec(LOOK_NS);
    uint64_t start = clock_now_ns();
    for (unsigned seen = 0; clock_now_ns() - start < PATIENCE_NS;) {
        seen = is_circle(board) ? seen + 1 : 0;
        if (seen == 2)
            return clock_seconds(clock_now_ns() - start) * 1e3;
        nanosleep(&look, NULL);
    }
    return -1;
}

static int stage(struct board *board, const char *name, const char *holds, const char *wants,
                 worker_main *main, struct lab_table *table) {
    struct worker workers[2] = {0};
    int err = 0;
    for (unsigned i = 0; i < 2; i++)
        atomic_store(&board->waits_for[i], NOBODY);
    for (unsigned i = 0; !err && i < 2; i++)
        err = worker_start(&workers[i], WORKER_PROCESS, "deadlocked", i, main, board);
    double found_ms = err ? -1 : watch(board);
    for (unsigned i = 0; i < 2; i++)
        worker_kill(&workers[i]); /* nothing else ends them */
    for (unsigned i = 0; i < 2; i++)
        worker_join(&workers[i]);
    for (unsigned i = 0; !err && i < 2; i++)
        lab_row(table, "%s,worker %u,%s %u,%s worker %u,%s,%.0f", name, i, holds, i, wants, 1 - i,
                found_ms < 0 ? "no" : "yes", found_ms);
    return err;
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
    if (!err)
        err = stage(board, "two ends that both receive first", "end", "a message of", receive_first,
                    table);
    if (!err)
        err = stage(board, "two locks in opposite order", "lock", "the lock of", lock_crosswise,
                    table);
    lab_lesson(table, "Who waits for whom is a graph, and a circle in it never ends by itself: let "
                      "one side send first, and take locks in one order everywhere.");
    for (int i = 0; i < 2; i++)
        pipe_close(&board->pipe.ends[i]);
    arena_close(&arena);
    return err;
}

const struct lab lab_deadlock = {
    .name = "deadlock",
    .summary = "who waits for whom when nothing goes on?",
    .run = run,
};
