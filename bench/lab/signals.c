/* Lab signals: an event, a condition (one and all), a barrier, and a semaphore of two with five
 * workers; who did what in which order, as they wrote it down themselves. */
#include "base/clock.h"
#include "bench/lab/lab.h"
#include "bench/lab/team.h"
#include "mp/arena.h"
#include "mp/barrier.h"
#include "mp/condition.h"
#include "mp/event.h"
#include "mp/semaphore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORKERS    5
#define HAPPENINGS 64
#define STEP_NS    UINT64_C(20000000)

struct happening {
    uint64_t at_ns;
    unsigned who;
    char what[40];
};

/* In shared pages. */
struct board {
    struct event event;
    struct lock lock; /* guards turns */
    struct condition condition;
    unsigned turns; /* how many may go on */
    struct barrier barrier;
    struct semaphore semaphore;
    uint64_t start_ns; /* before the first worker */
    _Atomic unsigned count;
    struct happening happenings[HAPPENINGS];
};

static void note(struct board *board, unsigned who, const char *what) {
    unsigned i = atomic_fetch_add(&board->count, 1);
    if (i >= HAPPENINGS)
        return;
    board->happenings[i].at_ns = clock_now_ns();
    board->happenings[i].who = who;
    snprintf(board->happenings[i].what, sizeof board->happenings[i].what, "%s", what);
}

static void pause_steps(unsigned steps) {
    struct timespec pause = clock_timespec(STEP_NS * steps);
    nanosleep(&pause, NULL);
}

/* Worker 0 gives the signals, the others follow them. */
static void await_turn(struct board *board) {
    lock_acquire(&board->lock);
    while (board->turns == 0)
        condition_wait(&board->condition, &board->lock, CLOCK_NEVER);
    board->turns--;
    lock_release(&board->lock);
}

static void give_turns(struct board *board, unsigned turns) {
    lock_acquire(&board->lock);
    board->turns += turns;
    lock_release(&board->lock);
    if (turns == 1)
        condition_notify(&board->condition);
    else
        condition_notify_all(&board->condition);
}

static void lead(struct board *board) {
    pause_steps(1);
    note(board, 0, "sets the event");
    event_set(&board->event);
    pause_steps(2);
    note(board, 0, "notifies one");
    give_turns(board, 1);
    pause_steps(2);
    note(board, 0, "notifies all");
    give_turns(board, WORKERS - 2);
    pause_steps(2);
}

static void follow(struct board *board, unsigned who) {
    event_wait(&board->event);
    note(board, who, "saw the event");
    await_turn(board);
    note(board, who, "had its turn");
}

static int worker(void *argument, unsigned who) {
    struct board *board = argument;
    if (who == 0)
        lead(board);
    else
        follow(board, who);
    pause_steps(who); /* they arrive one after another, and leave together */
    note(board, who, "arrives at the barrier");
    if (barrier_wait(&board->barrier) < 0)
        return 1;
    note(board, who, "passes the barrier");
    semaphore_acquire(&board->semaphore);
    note(board, who, "enters (two may)");
    pause_steps(1);
    note(board, who, "leaves");
    semaphore_release(&board->semaphore, 1);
    return 0;
}

static int by_time(const void *a, const void *b) {
    const struct happening *x = a, *y = b;
    return (x->at_ns > y->at_ns) - (x->at_ns < y->at_ns);
}

static void tell(struct board *board, struct lab_table *table) {
    unsigned count = atomic_load(&board->count);
    count = count > HAPPENINGS ? HAPPENINGS : count;
    qsort(board->happenings, count, sizeof *board->happenings, by_time);
    lab_row(table, "at_ms,worker,what,timeline");
    for (unsigned i = 0; i < count; i++) {
        const struct happening *happening = &board->happenings[i];
        char line[WORKERS * 4 + 1];
        memset(line, ' ', sizeof line - 1);
        line[sizeof line - 1] = '\0';
        for (unsigned who = 0; who < WORKERS; who++)
            line[who * 4 + 1] = who == happening->who ? '#' : '|';
        lab_row(table, "%.1f,%u,%s,%s", clock_seconds(happening->at_ns - board->start_ns) * 1e3,
                happening->who, happening->what, line);
    }
}

static unsigned happened(const struct board *board, const char *what, double *last_ms) {
    unsigned count = 0;
    for (unsigned i = 0; i < HAPPENINGS && board->happenings[i].at_ns; i++)
        if (strcmp(board->happenings[i].what, what) == 0) {
            *last_ms = clock_seconds(board->happenings[i].at_ns - board->start_ns) * 1e3;
            count++;
        }
    return count;
}

/* When the rows are in the order of time. */
static void teach(const struct board *board, struct lab_table *table) {
    double set_ms = 0, saw_ms = 0, arrived_ms = 0, passed_ms = 0;
    happened(board, "sets the event", &set_ms);
    unsigned saw = happened(board, "saw the event", &saw_ms);
    happened(board, "arrives at the barrier", &arrived_ms);
    unsigned passed = happened(board, "passes the barrier", &passed_ms);
    lab_lesson(table,
               "An event let all %u go on within %.0f us, a condition one and then all, a barrier "
               "nobody until all %u were there and then all within %.0f us, a semaphore as many as "
               "it has permits.",
               saw, (saw_ms - set_ms) * 1e3, passed, (passed_ms - arrived_ms) * 1e3);
}

static int run(struct lab_table *table) {
    struct arena arena = ARENA_EMPTY;
    void *piece;
    int err = arena_take(&arena, sizeof(struct board), &piece);
    struct board *board = piece;
    if (!err)
        err = event_open(&board->event);
    if (!err)
        err = lock_open(&board->lock);
    if (!err)
        err = barrier_open(&board->barrier, WORKERS, NULL, NULL);
    if (!err)
        err = semaphore_open(&board->semaphore, 2);
    if (!err) {
        board->start_ns = clock_now_ns();
        err = team_run(WORKER_PROCESS, WORKERS, worker, board);
    }
    if (!err) {
        tell(board, table);
        teach(board, table);
    }
    arena_close(&arena);
    return err;
}

const struct lab lab_signals = {
    .name = "signals",
    .summary = "in which order do workers go on that wait for an event, a condition, a barrier, a "
               "semaphore?",
    .script = "lab-signals.gp",
    .figure = "at_ms worker what",
    .xlabel = "milliseconds",
    .ylabel = "worker",
    .run = run,
};
