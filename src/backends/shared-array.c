/* Backend shared-array: worker processes write their counts where they belong.
 * Pattern: shared memory. The frame is an array that all processes share, and a shared value deals
 * batches: adding 1 to it is the whole hand-out. Nothing is sent, so nothing can be slow about
 * sending; what remains is to start each render together and to know when all have finished. Who
 * writes the frame: the workers, in place. What ends a worker: the state says closing. */
#include "backends/crew.h"

#include "base/clock.h"
#include "mp/value.h"

#include <errno.h>
#include <stdlib.h>

/* In shared pages. A render is a round: rounds count from 1. */
struct board {
    struct lock lock; /* guards round, closing and frame */
    struct condition started;
    uint64_t round;
    bool closing;
    uint32_t *frame;   /* mapped before the workers were started: the same address in all */
    struct value next; /* the batch to be dealt next */
    unsigned workers;
    _Atomic uint64_t finished[]; /* per worker: the last round whose dealing it saw end */
};

struct shared_array {
    struct crew crew;
    struct board *board; /* in the crew's arena */
    bool broken;         /* a render failed: do not wait for anybody */
};

/* A worker waits for a round after `last`: that round, or 0 to end. */
static uint64_t await_round(struct board *board, uint64_t last) {
    if (lock_acquire(&board->lock) < 0)
        return 0;
    while (board->round == last && !board->closing)
        if (condition_wait(&board->started, &board->lock, CLOCK_NEVER) < 0)
            return 0;
    uint64_t round = board->closing ? 0 : board->round;
    lock_release(&board->lock);
    return round;
}

/* Sequentially consistent, here and in finished_by_all: of two workers that finish at once, at
 * least one sees both, and rings. */
static void set_finished(struct board *board, unsigned worker, uint64_t round) {
    atomic_store_explicit(&board->finished[worker], round, memory_order_seq_cst);
}

static bool finished_by_all(const struct board *board, uint64_t round) {
    for (unsigned i = 0; i < board->workers; i++)
        if (atomic_load_explicit(&board->finished[i], memory_order_seq_cst) != round)
            return false;
    return true;
}

/* The original process's predicate; it alone changes the round, so it may read it without the lock.
 */
static bool round_is_over(const void *board) {
    return finished_by_all(board, ((const struct board *)board)->round);
}

/* A worker deals itself batches, until there are none. */
static void work(struct shared_array *this, unsigned worker) {
    struct crew *crew = &this->crew;
    struct board *board = this->board;
    uint64_t batches = job_batches(crew->job), index;
    while ((index = (uint64_t)value_add(&board->next, 1)) < batches) {
        uint32_t *place = board->frame + job_batch(crew->job, index).first;
        int64_t sum = crew_compute(crew, worker, index, place);
        if (sum < 0)
            continue;
        monitor_batch_done(crew->monitor, worker, index, (uint64_t)sum);
        lease_done(crew->leases, index);
    }
}

static int worker_life(void *argument, unsigned worker) {
    struct shared_array *this = argument;
    uint64_t round = 0;
    monitor_phase(this->crew.monitor, worker, PHASE_WAIT);
    while ((round = await_round(this->board, round)) != 0) {
        work(this, worker);
        monitor_phase(this->crew.monitor, worker, PHASE_WAIT);
        set_finished(this->board, worker, round);
        if (finished_by_all(this->board, round))
            bell_ring(this->crew.supervisor.bell);
    }
    return 0;
}

static int open_board(struct shared_array *this) {
    unsigned workers = this->crew.job->workers;
    void *piece;
    size_t bytes = sizeof *this->board + workers * sizeof this->board->finished[0];
    int err = arena_take(&this->crew.arena, bytes, &piece);
    if (err)
        return err;
    this->board = piece;
    this->board->workers = workers;
    err = lock_open(&this->board->lock);
    return err ? err : value_open(&this->board->next, 0);
}

/* Starts a round, or with frame NULL tells the workers to end. */
static int announce(struct board *board, uint32_t *frame) {
    int err = lock_acquire(&board->lock);
    if (err < 0)
        return err;
    value_set(&board->next, 0);
    board->frame = frame;
    board->closing = frame == NULL;
    board->round++;
    lock_release(&board->lock);
    condition_notify_all(&board->started);
    return 0;
}

static int finish(void *state) {
    struct shared_array *this = state;
    int err = 0;
    if (!this->broken) {
        err = announce(this->board, NULL);
        if (!err)
            err = crew_join(&this->crew);
    }
    crew_close(&this->crew);
    free(this);
    return err;
}

static int start(const struct job *job, struct monitor *monitor, void **state) {
    struct shared_array *this = calloc(1, sizeof *this);
    if (!this)
        return -ENOMEM;
    int err = crew_open(&this->crew, job, monitor, 0);
    if (!err)
        err = open_board(this);
    for (unsigned i = 0; !err && i < job->workers; i++)
        err = supervisor_start(&this->crew.supervisor, WORKER_PROCESS, "worker", worker_life, this);
    if (err) {
        this->broken = true;
        finish(this);
        return err;
    }
    monitor_workers_started(monitor, job->workers);
    *state = this;
    return 0;
}

static int render(void *state, struct monitor *monitor, struct counts *counts) {
    struct shared_array *this = state;
    (void)monitor;
    int err = crew_begin(&this->crew);
    if (!err)
        err = announce(this->board, counts->at);
    if (!err)
        err = crew_await(&this->crew, round_is_over, this->board);
    this->broken = err != 0;
    return err;
}

const struct backend backend_shared_array = {
    .name = "shared-array",
    .summary = "processes write in place; a shared value deals batches",
    .flags = BACKEND_PROCESSES | BACKEND_IN_PLACE,
    .open = start,
    .render = render,
    .close = finish,
};
