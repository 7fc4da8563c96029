/* The calls of a pool, in its own process: tasks go out in chunks, results come home; contracts in
 * pool.h, and why nothing is lost in pool_wire.h. */
#include "mp/pool_wire.h"

#include <errno.h>
#include <string.h>

/* Chunks for each worker when the call does not say: Python's Pool.map makes as many. */
#define CHUNKS_PER_WORKER 4

/* Bytes of one task's argument; 0 without columns. */
static size_t argument_bytes(const struct pool_call *call) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < POOL_COLUMNS; i++)
        if (!size_add(bytes, call->columns[i].bytes, &bytes))
            return SIZE_MAX;
    return bytes;
}

/* Tasks in a chunk of this call. */
static uint64_t chunk_of(const struct pool *pool, const struct pool_call *call) {
    uint64_t shares = (uint64_t)pool->plan->workers * CHUNKS_PER_WORKER;
    uint64_t chunk = call->chunk ? call->chunk : size_divide_up(call->count, shares);
    size_t bytes = argument_bytes(call);
    return bytes ? size_min(chunk, pool->plan->chunk_bytes / bytes) : chunk;
}

int pool_start(struct pool *pool, struct pool_call *call) {
    if (pool->closed)
        return -EPIPE;
    if (call->function >= pool->plan->function_count || call->count == 0 ||
        (call->ordered && !(call->results && call->outcomes)))
        return -EINVAL;
    if (argument_bytes(call) > pool->plan->chunk_bytes)
        return -EMSGSIZE;
    call->err = 0;
    call->culprit = POOL_NO_TASK;
    call->id = ++pool->last_id;
    call->submitted = call->home = call->delivered = 0;
    call->together = chunk_of(pool, call);
    call->next = NULL;
    for (uint64_t i = 0; call->outcomes && i < call->count; i++)
        call->outcomes[i] = POOL_PENDING;
    struct pool_call **last = &pool->calls;
    while (*last)
        last = &(*last)->next;
    *last = call;
    pool_pump(pool);
    return 0;
}

bool pool_finished(const struct pool_call *call) {
    return call->id == 0;
}

struct pool_call *pool_find_call(const struct pool *pool, uint64_t id) {
    struct pool_call *call = pool->calls;
    while (call && call->id != id)
        call = call->next;
    return call;
}

void pool_end_work(struct pool *pool) {
    if (pool->tasks)
        queue_close(pool->tasks);
    if (pool->results) /* what a failed call left under way is not waited for */
        queue_close(pool->results);
}

static void finish(struct pool *pool, struct pool_call *call) {
    struct pool_call **at = &pool->calls;
    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    call->id = 0;
    if (pool->closed && !pool->calls)
        pool_end_work(pool);
}

static void *result_at(const struct pool_call *call, uint64_t task) {
    return (unsigned char *)call->results + task * call->result_stride;
}

static void blame(struct pool_call *call, uint64_t task, int err) {
    if (call->err)
        return;
    call->err = err;
    call->culprit = task;
}

/* Delivers as far as the results are home without a gap. */
static void deliver_in_order(struct pool_call *call) {
    for (; call->delivered < call->count; call->delivered++) {
        uint64_t task = call->delivered;
        if (call->outcomes[task] == POOL_PENDING)
            return;
        call->deliver(call->deliver_context, task, call->outcomes[task], result_at(call, task));
    }
}

/* A result of a call that is under way. */
static void take_home(struct pool_call *call, uint64_t task, const struct pool_result *result) {
    long outcome = (long)result->outcome;
    if (outcome > 0 && call->results && (size_t)outcome > call->result_stride)
        outcome = -EMSGSIZE;
    if (outcome < 0)
        blame(call, task, (int)outcome);
    if (outcome > 0 && call->results)
        memcpy(result_at(call, task), result->bytes, (size_t)outcome);
    if (call->outcomes)
        call->outcomes[task] = outcome;
    if (call->deliver && call->ordered)
        deliver_in_order(call);
    else if (call->deliver)
        call->deliver(call->deliver_context, task, outcome, result->bytes);
    call->home++;
}

void pool_vacate(struct pool *pool, uint64_t place) {
    lease_done(pool->leases, place);
    pool->vacant[pool->vacancies++] = place;
}

static void take_result(struct pool *pool, const struct pool_result *result) {
    struct pool_chunk *chunk = pool_chunk_at(pool, result->place);
    if (chunk->number != result->chunk || chunk->home != result->index)
        return; /* sent once more by a replacement */
    struct pool_call *call = pool_find_call(pool, chunk->call);
    if (call)
        take_home(call, chunk->first + chunk->home, result);
    chunk->home++;
    if (chunk->home == chunk->count)
        pool_vacate(pool, result->place);
    if (call && call->home == call->count)
        finish(pool, call);
}

/* All that are there; not what comes meanwhile, or a flood would never end. */
void pool_take_results(struct pool *pool) {
    const struct queue *results = pool->results;
    uint64_t there = queue_size(results), together = size_divide_up(results->capacity, 2);
    const void *message = NULL;
    while (there > 0) {
        uint64_t taken = 0;
        for (; taken < there && taken < together; taken++) {
            queue_peek(pool->results, taken, &message);
            take_result(pool, message);
        }
        queue_drop_some(pool->results, taken);
        supervisor_progress(pool->supervisor);
        there -= taken;
    }
}

/* Announces a chunk; again later, if the messages of dead workers fill the queue. */
static void send(struct pool *pool, uint64_t place) {
    int err = queue_put_until(pool->tasks, &place, sizeof place, 0);
    pool->unsent = err == -ETIMEDOUT ? place : POOL_NO_PLACE;
}

/* The arguments of `count` tasks, packed. */
static void pack(const struct pool_call *call, uint64_t count, unsigned char *to) {
    for (uint64_t task = call->submitted; task < call->submitted + count; task++)
        for (size_t i = 0; i < POOL_COLUMNS; i++) {
            const struct pool_column *column = &call->columns[i];
            if (column->bytes == 0)
                continue;
            memcpy(to, (const unsigned char *)column->elements + task * column->bytes,
                   column->bytes);
            to += column->bytes;
        }
}

/* The call's next chunk. */
static void hand_out(struct pool *pool, struct pool_call *call) {
    uint64_t place = pool->vacant[--pool->vacancies];
    struct pool_chunk *chunk = pool_chunk_at(pool, place);
    *chunk = (struct pool_chunk){
        .number = pool->handed_out + 1,
        .call = call->id,
        .first = call->submitted,
        .count = size_min(call->together, call->count - call->submitted),
        .function = call->function,
        .argument_bytes = argument_bytes(call),
    };
    pack(call, chunk->count, chunk->arguments);
    call->submitted += chunk->count;
    pool->handed_out += chunk->count;
    lease_renew(pool->leases, place);
    send(pool, place);
}

static void hand_out_all(struct pool *pool) {
    if (pool->unsent != POOL_NO_PLACE)
        send(pool, pool->unsent);
    for (struct pool_call *call = pool->calls; call; call = call->next)
        while (call->submitted < call->count && pool->vacancies > 0 &&
               pool->unsent == POOL_NO_PLACE)
            hand_out(pool, call);
}

void pool_pump(struct pool *pool) {
    pool_take_results(pool);
    hand_out_all(pool);
}

bool pool_ready(const void *pool) {
    const struct pool *this = pool;
    return queue_ready(this->results) ||
           (this->unsent != POOL_NO_PLACE && !queue_full(this->tasks));
}

/* Takes back what no worker has got yet of a call that ends early: it may be as deadly as what
 * ended it. A message that is left without a chunk does no harm. */
static void withdraw(struct pool *pool, const struct pool_call *call) {
    for (uint64_t place = 0; place < pool->places; place++)
        if (pool_chunk_at(pool, place)->call == call->id &&
            lease_claim(pool->leases, place, LEASE_WORKERS_MAX - 1))
            pool_vacate(pool, place);
}

void pool_fail(struct pool *pool, struct pool_call *call, uint64_t task, int err) {
    withdraw(pool, call);
    call->err = 0;
    blame(call, task, err);
    finish(pool, call);
}
