/* Persistent workers between two queues; contracts in pool.h.
 *
 * A chunk lies in a place in shared pages. Its message is only the place's number: whoever gets it
 * claims the place's lease before the message leaves the queue, so a chunk is always on its way, in
 * a worker's name, or done. A replacement has the dead worker's number, hence its lease, and goes
 * on after the last result that came home. Each result carries its chunk's unique number and its
 * place in it, and is taken only if it is the next of that chunk, so that one sent twice counts
 * once. */
#include "mp/pool.h"

#include "base/clock.h"
#include "base/size.h"

#include <errno.h>
#include <string.h>

/* Chunks for each worker when the call does not say: Python's Pool.map makes as many. */
#define CHUNKS_PER_WORKER 4

/* Written by the pool's process before the lease is free, but for `home`, which also the
 * replacement of a dead worker reads. */
struct pool_chunk {
    uint64_t number; /* unique */
    uint64_t call;   /* its id */
    uint64_t first, count;
    unsigned function;
    unsigned deaths;       /* of workers in a row, of the task at `home` */
    uint64_t mourned;      /* `home` when the last of them died */
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

static struct pool_chunk *chunk_at(const struct pool *pool, uint64_t place) {
    return (struct pool_chunk *)(pool->chunks + place * pool->chunk_slot_bytes);
}

/* Who asks for a chunk. */
struct applicant {
    struct pool *pool;
    unsigned worker;
};

static bool claim_place(void *context, const void *message) {
    const struct applicant *applicant = context;
    uint64_t place;
    memcpy(&place, message, sizeof place);
    return lease_claim(applicant->pool->leases, place, applicant->worker);
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

static size_t argument_room(const struct pool_plan *plan) {
    return size_align(size_max(plan->chunk_bytes, sizeof(uint64_t)), 16);
}

/* Does the tasks of a chunk from where it stands, and sends each result home. Their number. */
static uint64_t do_chunk(struct pool *pool, unsigned worker, uint64_t place) {
    const struct pool_plan *plan = pool->plan;
    struct pool_chunk *chunk = chunk_at(pool, place);
    uint64_t from = chunk->home, count = chunk->count, number = chunk->number;
    unsigned char *desk = pool->desks + worker * pool->desk_bytes;
    struct pool_result *result = (struct pool_result *)(desk + argument_room(plan));
    for (uint64_t i = from; i < count; i++) {
        const void *argument = argument_of(chunk, i, desk);
        chunk->begun = i + 1;
        long outcome =
            plan->functions[chunk->function](plan->context, worker, argument, result->bytes);
        if (outcome > (long)plan->result_bytes)
            outcome = -EMSGSIZE;
        size_t bytes = outcome > 0 ? (size_t)outcome : 0;
        *result = (struct pool_result){place, number, i, outcome};
        if (queue_put(pool->results, result, sizeof *result + bytes) != 0)
            break;
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
static bool work(struct pool *pool, unsigned worker, int64_t inherited) {
    const struct pool_plan *plan = pool->plan;
    struct applicant applicant = {pool, worker};
    const struct queue_claim claim = {claim_place, &applicant};
    uint64_t done = inherited < 0 ? 0 : do_chunk(pool, worker, (uint64_t)inherited);
    uint64_t place, last_call = 0;
    while (plan->tasks_per_child == 0 || done < plan->tasks_per_child) {
        if (plan->idle)
            plan->idle(plan->context, worker);
        if (queue_get_claimed(pool->tasks, &place, sizeof place, CLOCK_NEVER, &claim) < 0)
            return true;
        uint64_t call = chunk_at(pool, place)->call;
        if (call != last_call) /* whose last result may wait unannounced */
            bell_ring(pool->supervisor->bell);
        last_call = call;
        done += do_chunk(pool, worker, place);
    }
    return false;
}

/* A process is renewed by another one, a thread by itself. What such a thread still holds, results
 * on their way home, it has done. */
static int pool_worker(void *argument, unsigned worker) {
    struct pool *pool = argument;
    const struct pool_plan *plan = pool->plan;
    int64_t inherited = lease_held_by(pool->leases, worker);
    bool ended = false;
    do {
        if (plan->initializer && plan->initializer(plan->context, worker) != 0)
            return give_up(pool);
        ended = work(pool, worker, inherited);
        inherited = -1;
    } while (!ended && plan->kind == WORKER_THREAD);
    return 0;
}

/* The shared memory: places for as many chunks as results may wait, then results that wait wake the
 * pool's process before its workers run out of chunks. */
static int open_pages(struct pool *pool, struct arena *arena) {
    const struct pool_plan *plan = pool->plan;
    void *chunks = NULL, *desks = NULL, *vacant = NULL, *given_up = NULL;
    pool->places = plan->workers + plan->results_queued;
    pool->chunk_slot_bytes = size_align(sizeof(struct pool_chunk) + plan->chunk_bytes, 64);
    pool->desk_bytes =
        size_align(argument_room(plan) + sizeof(struct pool_result) + plan->result_bytes, 64);
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
        err = queue_open(arena, plan->results_queued,
                         sizeof(struct pool_result) + plan->result_bytes, &pool->results);
    if (err)
        return err;
    pool->tasks->on_empty = pool->supervisor->bell;
    pool->results->on_half_full = pool->supervisor->bell;
    pool->results->low_water /= 2; /* its getter takes all that is there */
    return 0;
}

/* A place without a chunk is one whose lease is done. */
static void vacate(struct pool *pool, uint64_t place) {
    lease_done(pool->leases, place);
    pool->vacant[pool->vacancies++] = place;
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
        vacate(pool, place);
    }
    for (unsigned i = 0; !err && i < plan->workers; i++)
        err = supervisor_start(supervisor, plan->kind, "pool worker", pool_worker, pool);
    return err;
}

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

static struct pool_call *find_call(const struct pool *pool, uint64_t id) {
    struct pool_call *call = pool->calls;
    while (call && call->id != id)
        call = call->next;
    return call;
}

static void finish(struct pool *pool, struct pool_call *call) {
    struct pool_call **at = &pool->calls;
    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    call->id = 0;
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

static void take_result(struct pool *pool, const struct pool_result *result) {
    struct pool_chunk *chunk = chunk_at(pool, result->place);
    if (chunk->number != result->chunk || chunk->home != result->index)
        return; /* sent once more by a replacement */
    struct pool_call *call = find_call(pool, chunk->call);
    if (call)
        take_home(call, chunk->first + chunk->home, result);
    chunk->home++;
    if (chunk->home == chunk->count)
        vacate(pool, result->place);
    if (call && call->home == call->count)
        finish(pool, call);
}

/* All that are there; not what comes meanwhile, or a flood would never end. */
static void take_results(struct pool *pool) {
    const void *message = NULL;
    for (uint64_t i = 0; i < pool->results->capacity; i++) {
        if (queue_front(pool->results, &message) < 0)
            return;
        take_result(pool, message);
        queue_drop(pool->results);
        supervisor_progress(pool->supervisor);
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
    struct pool_chunk *chunk = chunk_at(pool, place);
    *chunk = (struct pool_chunk){
        .number = ++pool->last_chunk,
        .call = call->id,
        .first = call->submitted,
        .count = size_min(call->together, call->count - call->submitted),
        .function = call->function,
        .argument_bytes = argument_bytes(call),
    };
    pack(call, chunk->count, chunk->arguments);
    call->submitted += chunk->count;
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
    take_results(pool);
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
        if (chunk_at(pool, place)->call == call->id &&
            lease_claim(pool->leases, place, LEASE_WORKERS_MAX - 1))
            vacate(pool, place);
}

/* A worker died over this chunk: over its first task that did not come home. The first death of a
 * task is progress in so far as no more than POOL_DEATHS can follow it without another's. */
static void mourn(struct pool *pool, uint64_t place) {
    struct pool_chunk *chunk = chunk_at(pool, place);
    struct pool_call *call = find_call(pool, chunk->call);
    if (call && chunk->begun != chunk->home + 1)
        return;       /* it died before it had begun any task, or between two */
    chunk->begun = 0; /* or its replacement, if that dies at birth, would be thought to have */
    chunk->deaths = chunk->mourned == chunk->home ? chunk->deaths + 1 : 1;
    chunk->mourned = chunk->home;
    if (chunk->deaths == 1)
        supervisor_progress(pool->supervisor);
    if (call && chunk->deaths < POOL_DEATHS)
        return;
    vacate(pool, place);
    if (!call)
        return;
    withdraw(pool, call);
    call->err = 0;
    blame(call, chunk->first + chunk->home, -EOWNERDEAD);
    finish(pool, call);
}

uint64_t pool_held_by(const struct pool *pool, unsigned worker) {
    int64_t place = lease_held_by(pool->leases, worker);
    const struct pool_chunk *chunk = place < 0 ? NULL : chunk_at(pool, (uint64_t)place);
    return chunk ? chunk->count - chunk->home : 0;
}

void pool_wake(struct pool *pool) {
    queue_wake(pool->tasks);
    queue_wake(pool->results);
}

int pool_mend(struct pool *pool, struct worker *ended) {
    pool_wake(pool);
    take_results(pool); /* what it sent counts, and its replacement begins behind that */
    int64_t place = lease_held_by(pool->leases, ended->number);
    if (place >= 0) /* a planned end leaves nothing held */
        mourn(pool, (uint64_t)place);
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
    if (has_given_up(pool))
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
        queue_close(pool->tasks);
}

static void wake(void *pool) {
    pool_wake(pool);
}

static int join_workers(struct pool *pool) {
    int result = 0;
    for (unsigned i = 0; i < pool->plan->workers; i++) {
        struct worker *worker = &pool->supervisor->workers[i];
        int err = supervisor_join_one(worker, wake, pool);
        if (!err && worker->exitcode != 0 && !pool->terminated)
            err = -EOWNERDEAD;
        if (!result)
            result = err;
    }
    return result;
}

int pool_join(struct pool *pool) {
    while (pool->calls && !pool->terminated) {
        struct pool_call *call = pool->calls;
        int err = pool_wait(pool, call);
        if (!pool_finished(call))
            return err;
    }
    queue_close(pool->tasks);
    queue_close(pool->results); /* what a failed call left under way is not waited for */
    return join_workers(pool);
}

int pool_terminate(struct pool *pool) {
    int err = 0;
    pool->closed = pool->terminated = true;
    while (pool->calls) {
        struct pool_call *call = pool->calls;
        withdraw(pool, call);
        call->err = -ECANCELED;
        finish(pool, call);
    }
    queue_close(pool->tasks);
    queue_close(pool->results);
    for (unsigned i = 0; pool->plan->kind == WORKER_PROCESS && i < pool->plan->workers; i++)
        err = worker_terminate(&pool->supervisor->workers[i]);
    return err;
}
