/* A pool's workers; contracts in pool.h, and why nothing is lost in pool_wire.h. */
#include "mp/pool_wire.h"

#include "base/clock.h"

#include <errno.h>
#include <string.h>

/* A worker. */
struct hand {
    struct pool *pool;
    unsigned worker;
    void *result;    /* where it makes its next one */
    uint64_t put_ns; /* when it put its last result */
    /* How many results of all workers had been taken, when it last looked and that had changed. */
    uint64_t taken, taken_ns;
};

static bool claim_place(void *context, const void *message) {
    const struct hand *hand = context;
    uint64_t place;
    memcpy(&place, message, sizeof place);
    return lease_claim(hand->pool->leases, place, hand->worker);
}

/* A task's argument, aligned: as it lies if it can, else copied to the desk. */
static const void *argument_of(const struct pool_chunk *chunk, uint64_t index, void *desk) {
    uint64_t number = chunk->first + index;
    const unsigned char *argument = chunk->arguments + index * chunk->argument_bytes;
    if (chunk->argument_bytes == 0)
        return memcpy(desk, &number, sizeof number);
    if (chunk->argument_bytes % 16 == 0)
        return argument;
    return memcpy(desk, argument, chunk->argument_bytes);
}

/* After a result was put. A full half of the queue is announced by that itself, and so is the last
 * result before its worker sleeps; here, what would wait for these too long. A task that took long
 * can afford its wake. After short ones, only if nobody has taken any result for a while: who is at
 * work takes all that are there. */
static void announce(struct hand *hand) {
    const struct pool *pool = hand->pool;
    uint64_t now_ns = clock_now_ns(), taken = queue_taken(pool->results);
    bool is_long = now_ns - hand->put_ns >= POOL_ANNOUNCE_NS;
    bool is_stale = taken == hand->taken && now_ns - hand->taken_ns >= POOL_GATHER_NS;
    hand->put_ns = now_ns;
    if (is_long || is_stale)
        bell_ring(pool->supervisor->bell);
    else if (taken == hand->taken)
        return;
    hand->taken = taken;
    hand->taken_ns = now_ns;
}

/* Does the tasks of a chunk from where it stands, and sends each result home. Their number. */
static uint64_t do_chunk(struct hand *hand, uint64_t place) {
    struct pool *pool = hand->pool;
    unsigned worker = hand->worker;
    const struct pool_plan *plan = pool->plan;
    struct pool_chunk *chunk = pool_chunk_at(pool, place);
    uint64_t from = chunk->home, count = chunk->count, number = chunk->number;
    unsigned char *desk = pool->desks + worker * pool->desk_bytes;
    for (uint64_t i = from; i < count; i++) {
        const void *argument = argument_of(chunk, i, desk);
        struct pool_result *result = hand->result;
        chunk->begun = i + 1;
        long outcome =
            plan->functions[chunk->function](plan->context, worker, argument, result->bytes);
        if (outcome > (long)plan->result_bytes)
            outcome = -EMSGSIZE;
        size_t bytes = outcome > 0 ? (size_t)outcome : 0;
        *result = (struct pool_result){place, number, i, outcome};
        if (queue_put_borrowed(pool->results, worker, &hand->result, sizeof *result + bytes) != 0)
            break;
        announce(hand);
    }
    return count - from;
}

/* A process's end is news; a thread has to say it. */
static int give_up(struct pool *pool) {
    atomic_store_explicit(pool->given_up, true, memory_order_relaxed);
    if (pool->plan->kind == WORKER_THREAD)
        bell_ring(pool->supervisor->bell);
    return 1;
}

/* A worker's life until it has done its share, or the tasks end: whether they have. */
static bool work(struct hand *hand, int64_t inherited) {
    struct pool *pool = hand->pool;
    const struct pool_plan *plan = pool->plan;
    const struct queue_claim claim = {claim_place, hand};
    uint64_t done = inherited < 0 ? 0 : do_chunk(hand, (uint64_t)inherited);
    uint64_t place, last_call = 0;
    while (plan->tasks_per_child == 0 || done < plan->tasks_per_child) {
        if (plan->idle)
            plan->idle(plan->context, hand->worker);
        if (queue_get_claimed(pool->tasks, &place, sizeof place, CLOCK_NEVER, &claim) < 0)
            return true;
        uint64_t call = pool_chunk_at(pool, place)->call;
        if (call != last_call) /* whose last result may wait unannounced */
            bell_ring(pool->supervisor->bell);
        last_call = call;
        done += do_chunk(hand, place);
    }
    return false;
}

/* A process is renewed by another one, a thread by itself. What such a thread still holds, results
 * on their way home, it has done. */
int pool_worker(void *argument, unsigned worker) {
    struct pool *pool = argument;
    const struct pool_plan *plan = pool->plan;
    struct hand hand = {.pool = pool, .worker = worker};
    int64_t inherited = lease_held_by(pool->leases, worker);
    bool ended = false;
    if (queue_borrow(pool->results, worker, &hand.result) != 0)
        return give_up(pool);
    do {
        if (plan->initializer && plan->initializer(plan->context, worker) != 0)
            return give_up(pool);
        ended = work(&hand, inherited);
        inherited = -1;
        bell_ring(pool->supervisor->bell); /* before it is renewed: its last result may wait */
    } while (!ended && plan->kind == WORKER_THREAD);
    return 0;
}
