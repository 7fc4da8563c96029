/* Backend bands: each worker has its own band of the frame from the start.
 * Pattern: static decomposition, and two primitives to keep time: an event starts all workers at
 * once, a barrier tells that all have arrived. Nothing is dealt, nothing is sent; but nobody helps
 * a worker whose band is the costly one, so a picture with its work in one corner shows what
 * dynamic dealing is for. Who writes the frame: the workers, in place. What ends a worker: an event
 * without a frame.
 * A death: the replacement has the same band and the same seat at the barrier. It does what is not
 * done of the band, and arrives, perhaps once more. */
#include "backends/crew.h"
#include "mp/barrier.h"
#include "mp/event.h"

#include <errno.h>
#include <stdlib.h>

/* In shared pages. */
struct board {
    struct event start;      /* set by the original process, cleared by the last at the barrier */
    struct barrier end;      /* all workers; passed once per render */
    uint32_t *frame;         /* NULL: no more renders. Written before start is set, as is: */
    _Atomic uint64_t render; /* under way, from 0 */
};

struct bands {
    struct crew crew;
    struct board *board; /* in the crew's arena */
    uint64_t renders;    /* begun */
    bool broken;         /* a render failed: do not wait for anybody */
};

/* The barrier's action, while all others still wait: nobody can see the event of the render that
 * ends here. The same again, if somebody died over it. */
static void end_render(void *argument) {
    struct board *board = argument;
    event_clear(&board->start);
}

/* A band: batches worker * n / N … (worker + 1) * n / N - 1, so bands differ by one batch at most.
 */
static void compute_band(struct bands *this, unsigned worker) {
    struct crew *crew = &this->crew;
    uint64_t batches = job_batches(crew->job), workers = crew->job->workers;
    uint64_t end = (worker + 1) * batches / workers;
    for (uint64_t index = worker * batches / workers; index < end; index++)
        crew_do_in_place(crew, worker, index, this->board->frame);
}

static int worker_life(void *argument, unsigned worker) {
    struct bands *this = argument;
    struct board *board = this->board;
    crew_worker_started(&this->crew, worker);
    for (;;) {
        if (event_wait(&board->start) != 0)
            return 1;
        if (!board->frame)
            return 0;
        uint64_t render = atomic_load_explicit(&board->render, memory_order_acquire);
        compute_band(this, worker);
        int arrived = barrier_wait_at(&board->end, worker, render);
        if (arrived < 0)
            return 1;
        if (arrived == BARRIER_LAST)
            bell_ring(this->crew.supervisor.bell);
    }
}

static int open_board(struct bands *this) {
    void *piece;
    int err = arena_take(&this->crew.arena, sizeof *this->board, &piece);
    if (err)
        return err;
    this->board = piece;
    err = event_open(&this->board->start);
    if (err)
        return err;
    err = barrier_open(&this->board->end, this->crew.job->workers, end_render, this->board);
    return err ? err : barrier_seat(&this->board->end, &this->crew.arena);
}

/* Whoever died may have been the one to wake others, or to pass the barrier. */
static void wake(void *backend) {
    struct bands *this = backend;
    event_wake(&this->board->start);
    barrier_wake(&this->board->end);
}

static int finish(void *state) {
    struct bands *this = state;
    int err = 0;
    if (!this->broken) {
        this->board->frame = NULL;
        event_set(&this->board->start);
        barrier_wake(&this->board->end); /* whoever was to may have died, unheard */
        err = crew_join(&this->crew);
    }
    crew_close(&this->crew);
    free(this);
    return err;
}

static int start(const struct job *job, struct monitor *monitor, void **state) {
    struct bands *this = calloc(1, sizeof *this);
    if (!this)
        return -ENOMEM;
    int err = crew_open(&this->crew, job, monitor, 0);
    this->crew.backend = this;
    this->crew.wake = wake;
    if (!err)
        err = open_board(this);
    monitor_coordinators(monitor, NULL, "parent");
    for (unsigned i = 0; !err && i < job->workers; i++)
        err = supervisor_start(&this->crew.supervisor, WORKER_PROCESS, "band", worker_life, this);
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

/* Every render that was begun has passed its barrier. */
static bool render_is_over(const void *what) {
    const struct bands *this = what;
    return barrier_rounds(&this->board->end) == this->renders;
}

static int render(void *state, struct monitor *monitor, struct counts *counts) {
    struct bands *this = state;
    (void)monitor;
    int err = crew_begin(&this->crew);
    if (!err) {
        this->board->frame = counts->at;
        atomic_store_explicit(&this->board->render, this->renders++, memory_order_release);
        err = event_set(&this->board->start);
    }
    if (!err)
        err = crew_await(&this->crew, render_is_over, this);
    this->broken = err != 0;
    return err;
}

const struct backend backend_bands = {
    .name = "bands",
    .summary = "a static band for each process; an event to start, a barrier to end",
    .flags = BACKEND_PROCESSES | BACKEND_IN_PLACE | BACKEND_BANDS,
    .open = start,
    .render = render,
    .close = finish,
};
