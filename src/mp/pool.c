/* Persistent workers between two queues; contracts in pool.h. */
#include "mp/pool.h"

#include <errno.h>
#include <stdlib.h>

struct chunk {
    uint64_t first, count;
};

/* Does one task and sends its result home. */
static int run_task(struct pool *pool, unsigned worker, uint64_t task, struct pool_result *result) {
    result->task = task;
    result->worker = worker;
    size_t bytes = pool->plan->function(pool->plan->context, worker, task, result->bytes);
    return queue_put(pool->results, result, sizeof *result + bytes);
}

/* Waits for a chunk; false at the end of all. */
static bool next_chunk(struct pool *pool, unsigned worker, struct chunk *chunk) {
    if (pool->plan->idle)
        pool->plan->idle(pool->plan->context, worker);
    return queue_get(pool->tasks, chunk, sizeof *chunk) > 0;
}

/* The life of a worker: chunks, until the queue is closed and empty. */
static int pool_worker(void *argument, unsigned worker) {
    struct pool *pool = argument;
    struct chunk chunk;
    struct pool_result *result = aligned_alloc(64, pool->results->slot_bytes);
    if (!result)
        return 1;
    while (next_chunk(pool, worker, &chunk))
        for (uint64_t i = 0; i < chunk.count; i++)
            if (run_task(pool, worker, chunk.first + i, result) != 0)
                break;
    free(result);
    return 0;
}

int pool_open(struct pool *pool, struct arena *arena, struct supervisor *supervisor,
              const struct pool_plan *plan) {
    *pool = (struct pool){.supervisor = supervisor, .plan = plan};
    /* As many chunks as results: then results that wait wake the parent before chunks run out. */
    int err =
        queue_open(arena, plan->workers + plan->results_queued, sizeof(struct chunk), &pool->tasks);
    if (!err)
        err = queue_open(arena, plan->results_queued,
                         sizeof(struct pool_result) + plan->result_bytes, &pool->results);
    if (!err) {
        pool->tasks->on_empty = supervisor->bell;
        pool->results->on_half_full = supervisor->bell;
        pool->results->low_water /= 2; /* its getter takes all that is there */
    }
    for (unsigned i = 0; !err && i < plan->workers; i++)
        err = supervisor_start(supervisor, plan->kind, "pool worker", pool_worker, pool);
    return err;
}

int pool_submit(struct pool *pool, uint64_t first, uint64_t count) {
    struct chunk chunk = {.first = first, .count = count};
    int err = queue_put_until(pool->tasks, &chunk, sizeof chunk, 0);
    return err == -ETIMEDOUT ? -EAGAIN : err;
}

long pool_result(struct pool *pool, const struct pool_result **result) {
    const void *message = NULL;
    long bytes = queue_front(pool->results, &message);
    if (bytes < 0)
        return bytes;
    *result = message;
    return bytes - (long)sizeof **result;
}

void pool_release(struct pool *pool) {
    queue_drop(pool->results);
}

void pool_finish(struct pool *pool) {
    queue_close(pool->tasks);
}
