/* Pool: persistent workers that apply one function to many tasks (queues + workers → pool). Tasks
 * are numbers; they travel to the workers in chunks, and each result comes back by itself, as soon
 * as it is there, in whatever order (Python's imap_unordered with a chunk size). */
#ifndef MP_POOL_H
#define MP_POOL_H

#include "mp/queue.h"
#include "mp/supervisor.h"

#include <stddef.h>
#include <stdint.h>

/* Runs in a worker: does one task and writes up to result_bytes of result; returns how many it
 * wrote. */
typedef size_t pool_function(void *context, unsigned worker, uint64_t task, void *result);

/* Runs in a worker, before it waits for a chunk. */
typedef void pool_idle(void *context, unsigned worker);

/* What the pool is to be; const once opened. */
struct pool_plan {
    enum worker_kind kind;
    unsigned workers;
    uint64_t results_queued; /* results that may wait to be taken, ≥ 1 */
    size_t result_bytes;     /* the largest result */
    pool_function *function;
    pool_idle *idle; /* may be NULL */
    void *context;   /* handed to the function; shared pages if it is to be written */
};

/* A result, as it lies in the queue. */
struct pool_result {
    uint64_t task;
    uint32_t worker;
    uint32_t unused;
    _Alignas(16) unsigned char bytes[];
};

struct pool {
    struct supervisor *supervisor;
    struct queue *tasks, *results; /* in arena pages */
    const struct pool_plan *plan;
};

/* Starts the workers through the supervisor (which also ends them) and leaves its queues in the
 * arena. The plan must outlive the pool. 0 or -errno; after a failure close the supervisor. */
int pool_open(struct pool *pool, struct arena *arena, struct supervisor *supervisor,
              const struct pool_plan *plan);

/* Hands out the chunk of tasks first … first + count - 1. Never blocks, so that the one who submits
 * can always take results: 0, or -EAGAIN while enough chunks are waiting. */
int pool_submit(struct pool *pool, uint64_t first, uint64_t count);

/* The oldest result, where it lies until pool_release. Never blocks: its length, or -EAGAIN: none
 * yet; then bell_arm, submit what there is room for and ask again, and supervisor_wait. */
long pool_result(struct pool *pool, const struct pool_result **result);
void pool_release(struct pool *pool);

/* No more tasks: each worker ends when none is left. Join them through the supervisor. */
void pool_finish(struct pool *pool);

#endif
