/* Backends that only deal numbers; contracts in dispatch_numbers.h. */
#include "bench/lab/dispatch_numbers.h"

#include "backends/crew.h"
#include "base/clock.h"
#include "base/size.h"
#include "mp/pool.h"
#include "mp/round.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* As fork-queue and pool have them. */
#define TASKS_QUEUED      1024
#define DEALT_AT_ONCE     64
#define CHUNKS_PER_WORKER 64

/* In shared pages. */
struct board {
    struct round round;
    uint32_t *frame;
};

struct numbers {
    struct crew crew;
    struct board *board;
    struct queue *tasks; /* of the queue's */
    struct pool_plan plan;
    struct pool pool;
    uint64_t together; /* batches in a chunk of the pool's */
};

static int open_board(struct numbers *this, const struct job *job, struct monitor *monitor,
                      unsigned others) {
    void *piece;
    int err = crew_open(&this->crew, job, monitor, others);
    if (!err)
        err = arena_take(&this->crew.arena, sizeof *this->board, &piece);
    if (err)
        return err;
    this->crew.backend = this;
    this->board = piece;
    return round_open(&this->board->round);
}

/* ---- the queue ---- */

static int producer(void *argument, unsigned number) {
    struct numbers *this = argument;
    uint64_t batches = job_batches(this->crew.job), round = 0, numbers[DEALT_AT_ONCE];
    (void)number;
    while ((round = round_await(&this->board->round, round)) != 0)
        for (uint64_t next = 0; next < batches;) {
            uint64_t count = size_min(batches - next, DEALT_AT_ONCE);
            for (uint64_t i = 0; i < count; i++)
                numbers[i] = next + i;
            int64_t put = queue_put_some(this->tasks, numbers, sizeof *numbers, count);
            if (put < 0)
                return 1;
            next += (uint64_t)put;
        }
    queue_close(this->tasks);
    return 0;
}

struct applicant {
    struct crew *crew;
    unsigned worker;
};

static bool claim_batch(void *context, const void *message) {
    const struct applicant *applicant = context;
    return lease_claim(applicant->crew->leases, *(const uint64_t *)message, applicant->worker);
}

static int consumer(void *argument, unsigned worker) {
    struct numbers *this = argument;
    struct applicant applicant = {&this->crew, worker};
    const struct queue_claim claim = {claim_batch, &applicant};
    int64_t held = -1;
    uint64_t batch;
    while ((held = lease_next_held(this->crew.leases, worker, (uint64_t)(held + 1))) >= 0)
        crew_do_in_place(&this->crew, worker, (uint64_t)held, this->board->frame);
    while (queue_get_claimed(this->tasks, &batch, sizeof batch, CLOCK_NEVER, &claim) > 0)
        crew_do_in_place(&this->crew, worker, batch, this->board->frame);
    return 0;
}

static void wake(void *backend) {
    struct numbers *this = backend;
    round_wake(&this->board->round);
    queue_wake(this->tasks);
}

static int close_queue(void *state) {
    struct numbers *this = state;
    int err = round_finish(&this->board->round);
    if (!err)
        err = crew_join(&this->crew);
    crew_close(&this->crew);
    free(this);
    return err;
}

static int start_queue(struct numbers *this, const struct job *job, struct monitor *monitor) {
    int err = open_board(this, job, monitor, 1);
    if (!err)
        err = queue_open(&this->crew.arena, size_min(job_batches(job), TASKS_QUEUED),
                         sizeof(uint64_t), &this->tasks);
    if (err)
        return err;
    this->crew.wake = wake;
    this->tasks->on_empty = this->crew.supervisor.bell;
    this->tasks->low_water /= 2;
    struct supervisor *supervisor = &this->crew.supervisor;
    for (unsigned i = 0; !err && i < job->workers; i++)
        err = supervisor_start(supervisor, WORKER_PROCESS, "consumer", consumer, this);
    return err ? err : supervisor_start(supervisor, WORKER_PROCESS, "producer", producer, this);
}

static bool all_done(const void *what) {
    const struct crew *crew = what;
    return lease_count_done(crew->leases) == job_batches(crew->job);
}

static int render_by_queue(void *state, struct monitor *monitor, struct counts *counts) {
    struct numbers *this = state;
    (void)monitor;
    int err = crew_begin(&this->crew);
    this->board->frame = counts->at;
    if (!err)
        err = round_begin(&this->board->round);
    return err ? err : crew_await(&this->crew, all_done, &this->crew);
}

/* ---- the pool ---- */

/* A chunk is one task, since there is nothing to take home of each batch. */
static long compute(void *context, unsigned worker, const void *argument, void *result) {
    struct numbers *this = context;
    uint64_t chunk;
    (void)result;
    memcpy(&chunk, argument, sizeof chunk);
    uint64_t end = size_min((chunk + 1) * this->together, job_batches(this->crew.job));
    for (uint64_t batch = chunk * this->together; batch < end; batch++)
        crew_do_in_place(&this->crew, worker, batch, this->board->frame);
    return 0;
}

static pool_function *const functions[] = {compute};

static int start_pool(struct numbers *this, const struct job *job, struct monitor *monitor) {
    this->plan = (struct pool_plan){
        .kind = WORKER_PROCESS,
        .workers = job->workers,
        .results_queued = crew_results_queued(job),
        .functions = functions,
        .function_count = 1,
        .context = this,
    };
    uint64_t chunks = (uint64_t)job->workers * CHUNKS_PER_WORKER;
    this->together = size_divide_up(job_batches(job), chunks);
    int err = open_board(this, job, monitor, 0);
    if (err)
        return err;
    struct crew *crew = &this->crew;
    return pool_open(&this->pool, &crew->arena, &crew->supervisor, &this->plan);
}

static int render_by_pool(void *state, struct monitor *monitor, struct counts *counts) {
    struct numbers *this = state;
    uint64_t batches = job_batches(this->crew.job);
    struct pool_call call = {.count = size_divide_up(batches, this->together), .chunk = 1};
    (void)monitor;
    int err = crew_begin(&this->crew);
    this->board->frame = counts->at;
    return err ? err : pool_map(&this->pool, &call);
}

static int close_pool(void *state) {
    struct numbers *this = state;
    pool_close(&this->pool);
    int err = pool_join(&this->pool);
    crew_close(&this->crew);
    free(this);
    return err;
}

/* ---- both ---- */

static int open_with(int (*start)(struct numbers *this, const struct job *job,
                                  struct monitor *monitor),
                     const struct job *job, struct monitor *monitor, void **state) {
    struct numbers *this = calloc(1, sizeof *this);
    if (!this)
        return -ENOMEM;
    int err = start(this, job, monitor);
    if (err) {
        crew_close(&this->crew);
        free(this);
        return err;
    }
    monitor_workers_started(monitor, job->workers);
    *state = this;
    return 0;
}

static int open_queue(const struct job *job, struct monitor *monitor, void **state) {
    return open_with(start_queue, job, monitor, state);
}

static int open_pool(const struct job *job, struct monitor *monitor, void **state) {
    return open_with(start_pool, job, monitor, state);
}

static const struct backend queue_numbers = {
    .name = "fork-queue in place",
    .flags = BACKEND_PROCESSES | BACKEND_IN_PLACE,
    .open = open_queue,
    .render = render_by_queue,
    .close = close_queue,
};

static const struct backend pool_numbers = {
    .name = "pool in place",
    .flags = BACKEND_PROCESSES | BACKEND_IN_PLACE,
    .open = open_pool,
    .render = render_by_pool,
    .close = close_pool,
};

const struct backend *const dispatch_numbers[DISPATCH_NUMBERS] = {&queue_numbers, &pool_numbers};
