/* Backend pool: persistent worker processes map one function over all batches.
 * Pattern: Python's Pool.imap_unordered with a chunk size: chunks of consecutive batches go out
 * while there is room, and each batch's counts come home as soon as they are there. Who writes the
 * frame: the parent, copied. What ends a worker: the pool is closed (no more chunks). */
#include "mp/pool.h"

#include "backends/crew.h"
#include "base/size.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Chunks for each worker and frame. Python's Pool.map makes 4, so a late chunk can leave the others
 * idle for a quarter of the time; 64 bound that to about 1.5 % and still save most of the messages.
 */
#define CHUNKS_PER_WORKER 64

struct pool_backend {
    struct crew crew;
    struct pool_plan plan;
    struct pool pool;
    struct pool_call call;
    struct counts *counts; /* the frame of the render under way */
    bool broken;           /* a render failed: do not wait for anybody */
};

/* A batch's result: who computed it, the sum of its counts, the counts. */
struct payload {
    uint64_t sum;
    uint32_t worker;
    uint32_t counts[];
};

/* In a worker: one batch. */
static long compute(void *context, unsigned worker, const void *argument, void *result) {
    struct crew *crew = context;
    struct payload *payload = result;
    uint64_t batch;
    memcpy(&batch, argument, sizeof batch);
    payload->worker = worker;
    payload->sum = crew_fill(crew, worker, batch, payload->counts);
    monitor_phase(crew->monitor, worker, PHASE_SEND);
    return (long)(sizeof *payload + job_batch(crew->job, batch).count * sizeof *payload->counts);
}

/* In the parent: one batch's way into the frame. */
static void take(void *context, uint64_t batch, long outcome, const void *result) {
    struct pool_backend *this = context;
    const struct payload *payload = result;
    (void)outcome;
    crew_enter(&this->crew, this->counts, payload->worker, batch, payload->sum, payload->counts);
}

static void wait_for_chunk(void *context, unsigned worker) {
    struct crew *crew = context;
    monitor_phase(crew->monitor, worker, PHASE_WAIT);
}

/* Whoever died may have been the one to wake others, or the one who was woken. */
static void wake(void *backend) {
    struct pool_backend *this = backend;
    pool_wake(&this->pool);
}

/* What the dead had sent is taken; how many batches that leaves to be done again. */
static int64_t mourn(void *backend, const struct worker *dead) {
    struct pool_backend *this = backend;
    pool_pump(&this->pool);
    return (int64_t)pool_held_by(&this->pool, dead->number);
}

static int replace(void *backend, struct worker *dead) {
    struct pool_backend *this = backend;
    int err = pool_mend(&this->pool, dead);
    return !err && this->call.err == -EOWNERDEAD ? CREW_POISON : err;
}

static int finish(void *state) {
    struct pool_backend *this = state;
    int err = 0;
    if (!this->broken) {
        pool_close(&this->pool);
        err = crew_join(&this->crew);
    }
    crew_close(&this->crew);
    free(this);
    return err;
}

static pool_function *const functions[] = {compute};

static int start(const struct job *job, struct monitor *monitor, void **state) {
    struct pool_backend *this = calloc(1, sizeof *this);
    if (!this)
        return -ENOMEM;
    this->plan = (struct pool_plan){
        .kind = WORKER_PROCESS,
        .workers = job->workers,
        .results_queued = crew_results_queued(job),
        .result_bytes = sizeof(struct payload) + job->batch * sizeof(uint32_t),
        .functions = functions,
        .function_count = 1,
        .idle = wait_for_chunk,
        .context = &this->crew,
    };
    int err = crew_open(&this->crew, job, monitor, 0);
    this->crew.backend = this;
    this->crew.wake = wake;
    this->crew.mourn = mourn;
    this->crew.replace = replace;
    this->crew.judges = true;
    monitor_coordinators(monitor, NULL, "parent");
    if (!err)
        err = pool_open(&this->pool, &this->crew.arena, &this->crew.supervisor, &this->plan);
    if (err) {
        this->broken = true;
        finish(this);
        return err;
    }
    monitor_queue(monitor, "chunks", this->pool.tasks);
    monitor_queue(monitor, "results", this->pool.results);
    monitor_workers_started(monitor, job->workers);
    *state = this;
    return 0;
}

/* Results have come, or a death made us take the last of them. */
static bool has_news(const void *what) {
    const struct pool_backend *this = what;
    return pool_finished(&this->call) || pool_ready(&this->pool);
}

static int render(void *state, struct monitor *monitor, struct counts *counts) {
    struct pool_backend *this = state;
    uint64_t batches = job_batches(this->crew.job);
    this->call = (struct pool_call){
        .count = batches,
        .chunk = size_divide_up(batches, (uint64_t)this->plan.workers * CHUNKS_PER_WORKER),
        .deliver = take,
        .deliver_context = this,
    };
    this->counts = counts;
    int err = crew_begin(&this->crew);
    if (!err)
        err = pool_start(&this->pool, &this->call);
    while (!err && !pool_finished(&this->call)) {
        err = crew_await(&this->crew, has_news, this);
        if (!err)
            pool_pump(&this->pool);
    }
    if (this->call.err == -EOWNERDEAD)
        monitor->loss.batch = (int64_t)this->call.culprit;
    if (!err)
        err = this->call.err;
    this->broken = err != 0;
    return err;
}

const struct backend backend_pool = {
    .name = "pool",
    .summary = "a pool of persistent processes maps over chunks of batches",
    .flags = BACKEND_PROCESSES | BACKEND_COPIES,
    .open = start,
    .render = render,
    .close = finish,
};
