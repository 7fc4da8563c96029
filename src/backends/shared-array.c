/* Backend shared-array: worker processes write their counts where they belong.
 * Pattern: shared memory. The frame is an array that all processes share, and a shared value deals
 * batches: moving it on by 1 is the whole hand-out. Nothing is sent, so nothing can be slow about
 * sending; what remains is to start each render together and to know when all have finished. Who
 * writes the frame: the workers, in place. What ends a worker: there are no more rounds.
 * A death: whoever deals itself a batch claims its lease before the value moves on, so each batch
 * is still to be dealt, leased, or done; a replacement begins with what its number holds. */
#include "backends/crew.h"

#include "mp/round.h"
#include "mp/value.h"

#include <errno.h>
#include <stdlib.h>

/* In shared pages. A render is a round. */
struct board {
    struct round round;
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
    return finished_by_all(board, ((const struct board *)board)->round.number);
}

/* A worker deals itself batches, until there are none. */
static void deal(struct shared_array *this, unsigned worker) {
    struct crew *crew = &this->crew;
    struct value *next = &this->board->next;
    uint64_t batches = job_batches(crew->job), batch;
    while ((batch = (uint64_t)value_get(next)) < batches) {
        bool ours = lease_claim(crew->leases, batch, worker);
        value_replace(next, (int64_t)batch, (int64_t)batch + 1); /* or somebody else did */
        if (ours)
            crew_do_in_place(crew, worker, batch, this->board->frame);
    }
}

/* A replacement does what its number holds. */
static void inherit(struct shared_array *this, unsigned worker) {
    struct crew *crew = &this->crew;
    int64_t batch = -1;
    while ((batch = lease_next_held(crew->leases, worker, (uint64_t)(batch + 1))) >= 0)
        crew_do_in_place(crew, worker, (uint64_t)batch, this->board->frame);
}

static int worker_life(void *argument, unsigned worker) {
    struct shared_array *this = argument;
    struct board *board = this->board;
    uint64_t round = 0;
    inherit(this, worker);
    crew_worker_started(&this->crew, worker);
    while ((round = round_await(&board->round, round)) != 0) {
        deal(this, worker);
        set_finished(board, worker, round);
        if (finished_by_all(board, round))
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
    err = round_open(&this->board->round);
    return err ? err : value_open(&this->board->next, 0);
}

/* Whoever died may have been the one to wake others. */
static void wake(void *backend) {
    struct shared_array *this = backend;
    round_wake(&this->board->round);
}

static int finish(void *state) {
    struct shared_array *this = state;
    int err = 0;
    if (!this->broken) {
        err = round_finish(&this->board->round);
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
    this->crew.backend = this;
    this->crew.wake = wake;
    if (!err)
        err = open_board(this);
    monitor_coordinators(monitor, NULL, "parent");
    for (unsigned i = 0; !err && i < job->workers; i++)
        err = supervisor_start(&this->crew.supervisor, WORKER_PROCESS, "worker", worker_life, this);
    if (!err)
        err = crew_await_started(&this->crew);
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
    this->board->frame = counts->at;
    value_set(&this->board->next, 0);
    if (!err)
        err = round_begin(&this->board->round);
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
