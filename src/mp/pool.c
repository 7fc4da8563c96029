/* Persistent workers between two queues: their opening, their deaths, waiting for them, their end;
 * contracts in pool.h. What they do is in pool_worker.c, the calls are in pool_calls.c. */
#include "mp/pool_wire.h"

#include "base/clock.h"

#include <errno.h>

/* The shared memory: places for as many chunks as results may wait, then results that wait wake the
 * pool's process before its workers run out of chunks. */
static int open_pages(struct pool *pool, struct arena *arena) {
    const struct pool_plan *plan = pool->plan;
    void *chunks = NULL, *desks = NULL, *vacant = NULL, *given_up = NULL;
    pool->places = plan->workers + plan->results_queued;
    pool->chunk_slot_bytes = size_align(sizeof(struct pool_chunk) + plan->chunk_bytes, 64);
    pool->desk_bytes = size_align(size_max(plan->chunk_bytes, sizeof(uint64_t)), 64);
    uint64_t chunk_bytes, desk_bytes;
    if (!size_multiply(pool->places, pool->chunk_slot_bytes, &chunk_bytes) ||
        !size_multiply(plan->workers, pool->desk_bytes, &desk_bytes))
        return -ENOMEM;
    int err = lease_open(arena, pool->places, &pool->leases);
    if (!err)
        err = arena_take(arena, chunk_bytes, &chunks);
    if (!err)
        err = arena_take(arena, desk_bytes, &desks);
    if (!err)
        err = arena_take(arena, pool->places * sizeof *pool->vacant, &vacant);
    if (!err)
        err = arena_take(arena, sizeof *pool->given_up, &given_up);
    pool->chunks = chunks;
    pool->desks = desks;
    pool->vacant = vacant;
    pool->given_up = given_up;
    return err;
}

static int open_queues(struct pool *pool, struct arena *arena) {
    const struct pool_plan *plan = pool->plan;
    int err = queue_open(arena, pool->places, sizeof(uint64_t), &pool->tasks);
    if (!err)
        err = queue_open_lending(arena, plan->results_queued,
                                 sizeof(struct pool_result) + plan->result_bytes, plan->workers,
                                 &pool->results);
    if (err)
        return err;
    pool->tasks->on_empty = pool->supervisor->bell;
    pool->results->on_half_full = pool->supervisor->bell;
    pool->results->low_water /= 2; /* its getter takes all that is there */
    return 0;
}

int pool_open(struct pool *pool, struct arena *arena, struct supervisor *supervisor,
              const struct pool_plan *plan) {
    *pool = (struct pool){.supervisor = supervisor, .plan = plan, .unsent = POOL_NO_PLACE};
    if (supervisor->count != 0)
        return -EINVAL;
    if (plan->chunk_bytes > SIZE_MAX / 4 || plan->result_bytes > SIZE_MAX / 4)
        return -ENOMEM;
    int err = open_pages(pool, arena);
    if (!err)
        err = open_queues(pool, arena);
    for (uint64_t i = 0; !err && i < pool->places; i++) {
        uint64_t place = pool->places - 1 - i; /* so that the first comes first */
        lease_claim(pool->leases, place, 0);
        pool_vacate(pool, place);
    }
    for (unsigned i = 0; !err && i < plan->workers; i++)
        err = supervisor_start(supervisor, plan->kind, "pool worker", pool_worker, pool);
    if (err)
        pool_end_work(pool); /* or threads that were started would not end */
    return err;
}

/* A worker died over this chunk: over its first task that did not come home. The first death of a
 * task is progress in so far as no more than POOL_DEATHS can follow it without another's. */
static void mourn(struct pool *pool, struct worker *dead, uint64_t place) {
    struct pool_chunk *chunk = pool_chunk_at(pool, place);
    struct pool_call *call = pool_find_call(pool, chunk->call);
    if (call && chunk->begun != chunk->home + 1)
        return;       /* it died before it had begun any task, or between two */
    chunk->begun = 0; /* or its replacement, if that dies at birth, would be thought to have */
    unsigned deaths = supervisor_blame(dead, chunk->number + chunk->home);
    if (deaths == 1)
        supervisor_progress(pool->supervisor);
    if (call && deaths < POOL_DEATHS)
        return;
    pool_vacate(pool, place);
    if (!call)
        return;
    pool_fail(pool, call, chunk->first + chunk->home, -EOWNERDEAD);
}

uint64_t pool_held_by(const struct pool *pool, unsigned worker) {
    int64_t place = lease_held_by(pool->leases, worker);
    const struct pool_chunk *chunk = place < 0 ? NULL : pool_chunk_at(pool, (uint64_t)place);
    return chunk ? chunk->count - chunk->home : 0;
}

void pool_wake(struct pool *pool) {
    queue_wake(pool->tasks);
    queue_wake(pool->results);
}

int pool_mend(struct pool *pool, struct worker *ended) {
    pool_wake(pool);
    pool_take_results(pool); /* what it sent counts, and its replacement begins behind that */
    int64_t place = lease_held_by(pool->leases, ended->number);
    if (place >= 0) /* a planned end leaves nothing held */
        mourn(pool, ended, (uint64_t)place);
    if (pool->terminated || (pool->closed && !pool->calls))
        return 0; /* it is not needed any more */
    return place < 0 && ended->exitcode == 0 ? supervisor_renew(pool->supervisor, ended)
                                             : supervisor_replace(pool->supervisor, ended);
}

static bool has_given_up(const struct pool *pool) {
    return pool->plan->kind == WORKER_THREAD &&
           atomic_load_explicit(pool->given_up, memory_order_relaxed);
}

/* Waits for news, and mends what they say is broken. Looks for other news also if results are
 * there: in a flood there always are. */
static int hear(struct pool *pool, uint64_t deadline_ns) {
    struct worker *ended = NULL;
    bell_arm(pool->supervisor->bell);
    bool ready = pool_ready(pool);
    if (!ready && has_given_up(pool))
        return -EOWNERDEAD;
    int news = supervisor_wait(pool->supervisor, ready ? 0 : deadline_ns, &ended);
    switch (news) {
    case SUPERVISOR_DEATH:
        return pool_mend(pool, ended);
    case SUPERVISOR_STOP:
        return -ECANCELED;
    default:
        return news < 0 ? news : 0;
    }
}

int pool_wait_until(struct pool *pool, struct pool_call *call, uint64_t deadline_ns) {
    for (bool late = false;;) {
        pool_pump(pool);
        if (pool_finished(call))
            return call->err;
        if (late)
            return -ETIMEDOUT;
        int err = hear(pool, deadline_ns);
        if (err)
            return err;
        late = clock_now_ns() >= deadline_ns; /* but what it waited for may have come */
    }
}

int pool_wait(struct pool *pool, struct pool_call *call) {
    return pool_wait_until(pool, call, CLOCK_NEVER);
}

int pool_map(struct pool *pool, struct pool_call *call) {
    int err = pool_start(pool, call);
    return err ? err : pool_wait(pool, call);
}

void pool_close(struct pool *pool) {
    pool->closed = true;
    if (!pool->calls)
        pool_end_work(pool);
}

static int join_workers(struct pool *pool, uint64_t deadline_ns) {
    struct worker *ended;
    int result = 0, err;
    while (
        !(err = supervisor_join_next(pool->supervisor, pool->plan->workers, deadline_ns, &ended)))
        if (ended->exitcode != 0) {
            pool_wake(pool);
            if (!pool->terminated)
                result = -EOWNERDEAD;
        }
    return err == -ECHILD ? result : err;
}

int pool_join_until(struct pool *pool, uint64_t deadline_ns) {
    while (pool->calls && !pool->terminated) {
        struct pool_call *call = pool->calls;
        int err = pool_wait_until(pool, call, deadline_ns);
        if (!pool_finished(call))
            return err;
    }
    pool_end_work(pool);
    return join_workers(pool, deadline_ns);
}

int pool_join(struct pool *pool) {
    return pool_join_until(pool, CLOCK_NEVER);
}

int pool_terminate(struct pool *pool) {
    int result = 0;
    pool->closed = pool->terminated = true;
    while (pool->calls)
        pool_fail(pool, pool->calls, POOL_NO_TASK, -ECANCELED);
    pool_end_work(pool);
    for (unsigned i = 0; pool->plan->kind == WORKER_PROCESS && i < pool->plan->workers; i++) {
        int err = worker_terminate(&pool->supervisor->workers[i]);
        if (!result)
            result = err;
    }
    return result;
}
