/* Backend pool: persistent worker processes map one function over all batches.
 * Pattern: Python's Pool.imap_unordered with a chunk size: the parent hands out chunks of
 * consecutive batches while there is room, and takes each batch's counts as soon as they are there.
 * Who writes the frame: the parent, copied. What ends a worker: the pool is finished (no more
 * chunks). */
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
    uint64_t chunk; /* batches */
    bool broken;    /* a render failed: do not wait for anybody */
};

/* What travels behind a result's batch number and worker: the sum of the counts, then the counts.
 */
struct payload {
    int64_t sum; /* negative: somebody else had the lease */
    uint32_t counts[];
};

/* In a worker: one batch. */
static size_t compute(void *context, unsigned worker, uint64_t batch, void *result) {
    struct crew *crew = context;
    struct payload *payload = result;
    payload->sum = crew_compute(crew, worker, batch, payload->counts);
    monitor_phase(crew->monitor, worker, PHASE_SEND);
    return sizeof *payload + job_batch(crew->job, batch).count * sizeof *payload->counts;
}

static void wait_for_chunk(void *context, unsigned worker) {
    struct crew *crew = context;
    monitor_phase(crew->monitor, worker, PHASE_WAIT);
}

static int finish(void *state) {
    struct pool_backend *this = state;
    int err = 0;
    if (!this->broken) {
        pool_finish(&this->pool);
        err = crew_join(&this->crew);
    }
    crew_close(&this->crew);
    free(this);
    return err;
}

static int start(const struct job *job, struct monitor *monitor, void **state) {
    struct pool_backend *this = calloc(1, sizeof *this);
    if (!this)
        return -ENOMEM;
    this->chunk = size_divide_up(job_batches(job), (uint64_t)job->workers * CHUNKS_PER_WORKER);
    this->plan = (struct pool_plan){
        .kind = WORKER_PROCESS,
        .workers = job->workers,
        .results_queued = crew_results_queued(job),
        .result_bytes = sizeof(struct payload) + job->batch * sizeof(uint32_t),
        .function = compute,
        .idle = wait_for_chunk,
        .context = &this->crew,
    };
    int err = crew_open(&this->crew, job, monitor, 0);
    if (!err)
        err = pool_open(&this->pool, &this->crew.arena, &this->crew.supervisor, &this->plan);
    if (err) {
        this->broken = true;
        finish(this);
        return err;
    }
    monitor_workers_started(monitor, job->workers);
    *state = this;
    return 0;
}

/* Hands out chunks from *next on, as many as there is room for. */
static int submit(struct pool_backend *this, uint64_t *next) {
    uint64_t batches = job_batches(this->crew.job);
    while (*next < batches) {
        uint64_t count = size_min(this->chunk, batches - *next);
        int err = pool_submit(&this->pool, *next, count);
        if (err)
            return err == -EAGAIN ? 0 : err;
        *next += count;
    }
    return 0;
}

/* Waits for one result and puts it into the frame. */
static int take(struct pool_backend *this, struct counts *counts) {
    const struct pool_result *result = NULL;
    int err = crew_await(&this->crew, queue_ready, this->pool.results);
    if (err)
        return err;
    if (pool_result(&this->pool, &result) < 0)
        return -EPIPE;
    const struct payload *payload = (const struct payload *)result->bytes;
    if (payload->sum >= 0)
        crew_commit(&this->crew, counts, result->worker, result->task, (uint64_t)payload->sum,
                    payload->counts);
    pool_release(&this->pool);
    return 0;
}

static int render(void *state, struct monitor *monitor, struct counts *counts) {
    struct pool_backend *this = state;
    uint64_t next = 0;
    (void)monitor;
    int err = crew_begin(&this->crew);
    for (uint64_t left = job_batches(this->crew.job); !err && left > 0; left--) {
        err = submit(this, &next);
        if (!err)
            err = take(this, counts);
    }
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
