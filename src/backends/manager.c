/* Backend manager: a server process owns the work list and the frame; workers are its clients.
 * Pattern: client and server, as Python's BaseManager. Nothing is shared by those who compute: each
 * holds a proxy, asks the server's board for some batches and sends their counts back through it.
 * Both travel in one round trip, and while a worker computes, its next batches are on their way, so
 * it waits for neither. Who writes the frame: the server alone. What ends a worker: the board's
 * answer, when it is closed; and the server, when all its clients have gone.
 * A death: the server leases each batch to the worker that it deals it to. Who takes has nothing,
 * so what is still leased to its number was a dead predecessor's, and is dealt to it first. The
 * server itself cannot be replaced: the work list is its own. */
#include "mp/manager.h"

#include "backends/crew.h"
#include "base/clock.h"
#include "base/size.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* A request wakes the server, which costs some 10 µs of those who compute, so it should be about
 * many batches; but towards the end of a frame about few, or some workers would wait for the
 * others: each time a 16th of a worker's share of what is left. And no more than a pipe takes at
 * once. */
#define DEALS_OF_THE_REST 16
#define DEAL_BYTES        (64 * 1024)

/* The counts of a deal come home together, so a death may cost all of it: work of at most about a
 * millisecond, for a lane makes some 200 iterations in a microsecond. */
#define DEAL_ITERATIONS 200000

/* So soon after its channels end the kernel has told of a process's death. */
#define DEATH_KNOWN_NS UINT64_C(1000000000)

#define BOARD 0u /* the only object */

/* What the board is asked. */
enum verb {
    BEGIN, /* the original process: a render into the frame that is sent along */
    CLOSE, /* the original process: there will be no more renders */
    TAKE,  /* a worker: waits for a deal. -ESHUTDOWN: none will come */
    AHEAD, /* a worker: a deal for later, while there are plenty; else -ENODATA */
    PUT,   /* a worker: the counts of a deal; returns what AHEAD returns */
};

/* A worker's requests begin with its number. */
struct requester {
    _Alignas(struct crew_result) uint32_t worker;
};

/* What a worker is given at once. Its counts come back as a struct crew_result each, in a row. */
struct deal {
    uint64_t first, count; /* batches */
};

/* The server's own, in its copy of the state. */
struct board {
    struct counts frame; /* mapped before the server was started: the same address in all */
    uint64_t dealt, done;
    uint64_t iterations; /* of those that are done */
    bool closed;
};

struct manager_state {
    struct crew crew;
    struct manager manager;
    struct manager_object object;
    struct manager_proxy proxy; /* the original process's */
    struct manager_proxy spare; /* a spare's, in its own copy of the state */
    struct board board;
    bool broken; /* a render failed: do not wait for anybody */
};

/* From one result to the next in a request. */
static size_t stride(const struct job *job) {
    return size_align(sizeof(struct crew_result) + job->batch * sizeof(uint32_t),
                      _Alignof(struct crew_result));
}

/* ---- the server ---- */

static int64_t begin(struct manager_state *this, const void *frame) {
    this->board = (struct board){.frame = *(const struct counts *)frame};
    return 0;
}

static uint64_t left(const struct manager_state *this) {
    return job_batches(this->crew.job) - this->board.dealt;
}

/* Of batches like those that are done. With shortcuts, a count does not tell the time. */
static uint64_t batches_per_millisecond(const struct manager_state *this) {
    const struct job *job = this->crew.job;
    uint64_t done = this->board.done, each = done ? this->board.iterations / done : 0;
    if (job->workload.shortcuts || (done && !each))
        return UINT64_MAX;
    return done ? (uint64_t)DEAL_ITERATIONS * job->kernel->lanes / each : 1;
}

static int64_t answer_deal(const struct deal *deal, struct manager_bytes *reply) {
    return manager_bytes_add(reply, deal, sizeof *deal);
}

static int64_t deal(struct manager_state *this, unsigned worker, struct manager_bytes *reply) {
    const struct job *job = this->crew.job;
    monitor_phase(this->crew.monitor, monitor_helper(this->crew.monitor), PHASE_DISPATCH);
    uint64_t share = left(this) / ((uint64_t)job->workers * DEALS_OF_THE_REST);
    uint64_t most = size_min(share, DEAL_BYTES / stride(job));
    most = size_min(most, batches_per_millisecond(this));
    struct deal deal = {.first = this->board.dealt, .count = size_max(most, 1)};
    for (uint64_t i = 0; i < deal.count; i++)
        lease_claim(this->crew.leases, deal.first + i, worker);
    this->board.dealt += deal.count;
    return answer_deal(&deal, reply);
}

/* The last batches are for those who have none, not for those who are busy. */
static int64_t deal_ahead(struct manager_state *this, unsigned worker,
                          struct manager_bytes *reply) {
    return left(this) > this->crew.job->workers ? deal(this, worker, reply) : -ENODATA;
}

/* What was dealt to a worker of this number and never came back, a run of it; else something new.
 */
static int64_t take(struct manager_state *this, unsigned worker, struct manager_bytes *reply) {
    const struct lease_table *leases = this->crew.leases;
    int64_t held = lease_held_by(leases, worker);
    if (held < 0 && left(this) == 0)
        return this->board.closed ? -ESHUTDOWN : -EAGAIN;
    if (held < 0)
        return deal(this, worker, reply);
    struct deal deal = {.first = (uint64_t)held, .count = 1};
    while (deal.count < DEAL_BYTES / stride(this->crew.job) &&
           deal.first + deal.count < leases->tasks &&
           lease_is_held(leases, deal.first + deal.count, worker))
        deal.count++;
    return answer_deal(&deal, reply);
}

static void put(struct manager_state *this, const unsigned char *results, size_t bytes) {
    struct crew *crew = &this->crew;
    for (size_t at = 0; at < bytes; at += stride(crew->job)) {
        const struct crew_result *result = (const struct crew_result *)(results + at);
        if (!crew_commit(crew, &this->board.frame, result->worker, result->batch, result->sum,
                         result->counts))
            continue;
        this->board.done++;
        this->board.iterations += result->sum;
    }
    if (this->board.done == job_batches(crew->job))
        bell_ring(crew->supervisor.bell);
}

static int64_t board_call(void *context, uint32_t verb, const void *request, size_t bytes,
                          struct manager_bytes *reply) {
    struct manager_state *this = context;
    const struct requester *requester = request;
    switch ((enum verb)verb) {
    case BEGIN:
        return begin(this, request);
    case CLOSE:
        this->board.closed = true;
        return 0;
    case TAKE:
        return take(this, requester->worker, reply);
    case AHEAD:
        return deal_ahead(this, requester->worker, reply);
    case PUT:
        put(this, (const unsigned char *)(requester + 1), bytes - sizeof *requester);
        return deal_ahead(this, requester->worker, reply);
    }
    return -ENOSYS;
}

/* The server waits for requests, or has some. What it does then is to collect, until it deals. */
static void server_waits(void *context, bool waits) {
    struct monitor *monitor = ((struct manager_state *)context)->crew.monitor;
    monitor_phase(monitor, monitor_helper(monitor), waits ? PHASE_IDLE : PHASE_COLLECT);
}

/* ---- the workers ---- */

/* A request without more than the worker's number. */
static int ask(struct manager_proxy *proxy, enum verb verb, unsigned worker) {
    struct requester *requester = manager_room(proxy, sizeof *requester);
    if (!requester)
        return -ENOMEM;
    requester->worker = worker;
    return manager_ask(proxy, BOARD, verb, sizeof *requester, CLOCK_NEVER);
}

static int answer(struct manager_proxy *proxy, struct deal *deal) {
    int64_t err = manager_answer(proxy);
    if (!err)
        *deal = *(const struct deal *)manager_reply(proxy, NULL);
    return (int)err;
}

/* Computes a deal where its request will be sent from; *bytes: how long that is. */
static int compute(struct crew *crew, unsigned worker, struct deal deal,
                   struct manager_proxy *proxy, size_t *bytes) {
    struct requester *requester =
        manager_room(proxy, sizeof *requester + deal.count * stride(crew->job));
    if (!requester)
        return -ENOMEM;
    unsigned char *results = (unsigned char *)(requester + 1);
    requester->worker = worker;
    for (uint64_t i = 0; i < deal.count; i++) {
        struct crew_result *result = (struct crew_result *)(results + i * stride(crew->job));
        uint64_t batch = deal.first + i, pixels = job_batch(crew->job, batch).count;
        result->sum = crew_fill(crew, worker, batch, result->counts);
        result->batch = batch;
        result->worker = worker;
        *bytes = sizeof *requester + i * stride(crew->job) + sizeof *result +
                 pixels * sizeof *result->counts;
    }
    return 0;
}

/* From one deal on, as long as another was given ahead of need. */
static int work(struct crew *crew, unsigned worker, struct deal deal, struct manager_proxy *proxy) {
    int err = ask(proxy, AHEAD, worker), more = 0;
    while (!err && !more) {
        size_t bytes = 0;
        err = compute(crew, worker, deal, proxy, &bytes);
        if (err)
            return err;
        monitor_phase(crew->monitor, worker, PHASE_WAIT);
        more = answer(proxy, &deal);
        monitor_phase(crew->monitor, worker, PHASE_SEND);
        err = manager_ask(proxy, BOARD, PUT, bytes, CLOCK_NEVER);
    }
    monitor_phase(crew->monitor, worker, PHASE_WAIT);
    if (!err)
        err = answer(proxy, &deal); /* of the last PUT: nothing more either */
    return err == -ENODATA ? 0 : err;
}

/* The server has died. Its death, not this worker's end, must be what the supervisor hears first.
 */
static int outlive_server(void) {
    sleep(1);
    return 0;
}

/* It is let in before it is needed. */
static void spare_prepares(void *backend) {
    struct manager_state *this = backend;
    manager_connect(&this->manager, &this->spare);
}

static bool is_connected(const struct manager_proxy *proxy) {
    return proxy->pipe.fd > 0;
}

static int worker_life(void *argument, unsigned worker) {
    struct manager_state *this = argument;
    struct manager_proxy proxy = this->spare;
    struct deal deal = {0};
    monitor_phase(this->crew.monitor, worker, PHASE_WAIT);
    int err = is_connected(&proxy) ? 0 : manager_connect(&this->manager, &proxy);
    while (!err) {
        err = ask(&proxy, TAKE, worker);
        if (!err)
            err = answer(&proxy, &deal);
        if (!err)
            err = work(&this->crew, worker, deal, &proxy);
    }
    manager_disconnect(&proxy);
    if (err == -EPIPE || err == -EOWNERDEAD)
        return outlive_server();
    return err == -ESHUTDOWN ? 0 : 1;
}

/* ---- the original process ---- */

/* After its channel said that nobody holds the other end: the server's death is told as any other.
 */
static int know_death(struct manager_state *this) {
    uint64_t deadline_ns = clock_after_ns(DEATH_KNOWN_NS);
    int err;
    do /* others may die first */
        err = crew_await_death(&this->crew, deadline_ns);
    while (!err);
    return err == -ETIMEDOUT ? -EPIPE : err; /* it lives, but had no memory for us */
}

static int tell(struct manager_state *this, enum verb verb, const void *request, size_t bytes) {
    int err = (int)manager_call(&this->proxy, BOARD, verb, request, bytes);
    return err == -EPIPE || err == -EOWNERDEAD ? know_death(this) : err;
}

static bool all_done(const void *leases) {
    const struct lease_table *table = leases;
    return lease_count_done(table) == table->tasks;
}

static int finish(void *state) {
    struct manager_state *this = state;
    int err = this->broken ? 0 : tell(this, CLOSE, NULL, 0);
    manager_disconnect(&this->proxy);
    manager_close(&this->manager);
    if (!this->broken && !err)
        err = crew_join(&this->crew);
    crew_close(&this->crew);
    free(this);
    return err;
}

static int start(const struct job *job, struct monitor *monitor, void **state) {
    struct manager_state *this = calloc(1, sizeof *this);
    if (!this)
        return -ENOMEM;
    this->board.dealt = job_batches(job); /* nothing to take before the first render */
    this->object = (struct manager_object){.call = board_call, .context = this};
    int err = crew_open(&this->crew, job, monitor, 1);
    this->crew.replaceable = job->workers;
    this->crew.backend = this;
    this->crew.spare_prepares = spare_prepares;
    if (!err)
        err = manager_open(&this->manager, &this->object, 1);
    this->manager.waits = server_waits;
    this->manager.waits_context = this;
    monitor_coordinators(monitor, "server", NULL); /* the original process sleeps */
    for (unsigned i = 0; !err && i < job->workers; i++)
        err = supervisor_start(&this->crew.supervisor, WORKER_PROCESS, "worker", worker_life, this);
    if (!err) /* the last, so that the workers' numbers are theirs */
        err = manager_start(&this->manager, &this->crew.supervisor);
    if (!err)
        err = manager_connect(&this->manager, &this->proxy);
    if (err == -EPIPE || err == -EOWNERDEAD)
        err = know_death(this);
    if (err) {
        this->broken = true;
        finish(this);
        return err;
    }
    monitor_workers_started(monitor, job->workers);
    *state = this;
    return 0;
}

static int render(void *state, struct monitor *monitor, struct counts *counts) {
    struct manager_state *this = state;
    (void)monitor;
    int err = crew_begin(&this->crew);
    if (!err)
        err = tell(this, BEGIN, counts, sizeof *counts);
    if (!err)
        err = crew_await(&this->crew, all_done, this->crew.leases);
    this->broken = err != 0;
    return err;
}

const struct backend backend_manager = {
    .name = "manager",
    .summary = "a server owns the work list and the frame; processes hold proxies",
    .flags = BACKEND_PROCESSES | BACKEND_COPIES,
    .open = start,
    .render = render,
    .close = finish,
};
