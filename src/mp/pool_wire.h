/* What a pool's process and its workers have in common, and its files with each other; for pool*.c
 * only.
 *
 * A chunk lies in a place in shared pages. Its message is only the place's number: whoever gets it
 * claims the place's lease before the message leaves the queue, so a chunk is always on its way, in
 * a worker's name, or done. A replacement has the dead worker's number, hence its lease, and goes
 * on after the last result that came home. Each result carries its chunk's unique number and its
 * place in it, and is taken only if it is the next of that chunk, so that one sent twice counts
 * once. */
#ifndef MP_POOL_WIRE_H
#define MP_POOL_WIRE_H

#include "base/size.h"
#include "mp/pool.h"

/* Written by the pool's process before the lease is free, but for `home`, which also the
 * replacement of a dead worker reads. */
struct pool_chunk {
    uint64_t number; /* unique, and so are the numbers of its tasks, which follow from it */
    uint64_t call;   /* its id */
    uint64_t first, count;
    unsigned function;
    uint64_t begun;        /* by the worker that has it: the task that it does, + 1 */
    size_t argument_bytes; /* of a task; 0: its number */
    uint64_t home;         /* results that came home; read by a worker that is started later only */
    _Alignas(16) unsigned char arguments[];
};

/* A result, as it lies in the queue. */
struct pool_result {
    uint64_t place, chunk; /* the chunk's place and number */
    uint64_t index;        /* in the chunk */
    int64_t outcome;
    _Alignas(16) unsigned char bytes[];
};

static inline struct pool_chunk *pool_chunk_at(const struct pool *pool, uint64_t place) {
    return (struct pool_chunk *)(pool->chunks + place * pool->chunk_slot_bytes);
}

/* A worker's life (pool_worker.c); its argument is the pool. */
worker_main pool_worker;

/* The calls under way (pool_calls.c). Takes the results that are there. */
void pool_take_results(struct pool *pool);

/* The one with that id, or NULL. */
struct pool_call *pool_find_call(const struct pool *pool, uint64_t id);

/* Ends a call before its time, as it is: err, about that task. */
void pool_fail(struct pool *pool, struct pool_call *call, uint64_t task, int err);

/* No more chunks, and nobody takes results: the workers end, each after its task. */
void pool_end_work(struct pool *pool);

/* A place without a chunk is one whose lease is done. */
void pool_vacate(struct pool *pool, uint64_t place);

#endif
