/* Backend manager: a server process owns the work list and the frame; workers are its clients.
 * Pattern: client and server, as Python's BaseManager. Nothing is shared by those who compute: each
 * holds a proxy, asks the server's board for some batches and sends their counts back through it.
 * Both travel in one round trip, and while a worker computes, its next batches are on their way, so
 * it waits for neither. Who writes the frame: the server alone. What ends a worker: the board's
 * answer, when it is closed; and the server, when all its clients have gone. */
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

#define BOARD 0u /* the only object */

/* What the board is asked. */
enum verb {
    BEGIN, /* the original process: a render into the frame that is sent along */
    CLOSE, /* the original process: there will be no more renders */
    TAKE,  /* a worker: waits for a deal. -ESHUTDOWN: none will come */
    AHEAD, /* a worker: a deal for later, while there are plenty; else -ENODATA */
    PUT,   /* a worker: the counts of a deal; returns what AHEAD returns */
};

/* What a worker is given at once. Its counts come back as a struct crew_result each, in a row. */
struct deal {
    uint64_t first, count; /* batches */
};

/* The server's own, in its copy of the state. */
struct board {
    struct counts frame; /* mapped before the server was started: the same address in all */
    uint64_t dealt, done;
    bool closed;
};

struct manager_state {
    struct crew crew;
    struct manager manager;
    struct manager_object object;
    struct manager_proxy proxy; /* the original process's */
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

static int64_t deal(struct manager_state *this, struct manager_bytes *reply) {
    const struct job *job = this->crew.job;
    uint64_t share = left(this) / ((uint64_t)job->workers * DEALS_OF_THE_REST);
    uint64_t most = size_min(share, DEAL_BYTES / stride(job));
    struct deal deal = {.first = this->board.dealt, .count = size_max(most, 1)};
    int err = manager_bytes_add(reply, &deal, sizeof deal);
    if (!err)
        this->board.dealt += deal.count;
    return err;
}

/* The last batches are for those who have none, not for those who are busy. */
static int64_t deal_ahead(struct manager_state *this, struct manager_bytes *reply) {
    return left(this) > this->crew.job->workers ? deal(this, reply) : -ENODATA;
}

static void put(struct manager_state *this, const unsigned char *results, size_t bytes) {
    struct crew *crew = &this->crew;
    for (size_t at = 0; at < bytes; at += stride(crew->job), this->board.done++) {
        const struct crew_result *result = (const struct crew_result *)(results + at);
        crew_commit(crew, &this->board.frame, result->worker, result->batch, result->sum,
                    result->counts);
    }
    if (this->board.done == job_batches(crew->job))
        bell_ring(crew->supervisor.bell);
}

static int64_t board_call(void *context, uint32_t verb, const void *request, size_t bytes,
                          struct manager_bytes *reply) {
    struct manager_state *this = context;
    switch ((enum verb)verb) {
    case BEGIN:
        return begin(this, request);
    case CLOSE:
        this->board.closed = true;
        return 0;
    case TAKE:
        if (left(this) == 0)
            return this->board.closed ? -ESHUTDOWN : -EAGAIN;
        return deal(this, reply);
    case AHEAD:
        return deal_ahead(this, reply);
    case PUT:
        put(this, request, bytes);
        return deal_ahead(this, reply);
    }
    return -ENOSYS;
}

/* ---- the workers ---- */

static int ask(struct manager_proxy *proxy, enum verb verb, size_t bytes) {
    return manager_ask(proxy, BOARD, verb, bytes, CLOCK_NEVER);
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
    unsigned char *results = manager_room(proxy, deal.count * stride(crew->job));
    if (!results)
        return -ENOMEM;
    for (uint64_t i = 0; i < deal.count; i++) {
        struct crew_result *result = (struct crew_result *)(results + i * stride(crew->job));
        uint64_t batch = deal.first + i, pixels = job_batch(crew->job, batch).count;
        int64_t sum = crew_compute(crew, worker, batch, result->counts);
        if (sum < 0)
            return -EBUSY; /* cannot be: the server deals each batch once */
        result->batch = batch;
        result->sum = (uint64_t)sum;
        result->worker = worker;
        *bytes = i * stride(crew->job) + sizeof *result + pixels * sizeof *result->counts;
    }
    return 0;
}

/* From one deal on, as long as another was given ahead of need. */
static int work(struct crew *crew, unsigned worker, struct deal deal, struct manager_proxy *proxy) {
    int err = ask(proxy, AHEAD, 0), more = 0;
    while (!err && !more) {
        size_t bytes = 0;
        err = compute(crew, worker, deal, proxy, &bytes);
        if (err)
            return err;
        monitor_phase(crew->monitor, worker, PHASE_SEND);
        more = answer(proxy, &deal);
        err = ask(proxy, PUT, bytes);
    }
    if (!err)
        err = answer(proxy, &deal); /* of the last PUT: nothing more either */
    monitor_phase(crew->monitor, worker, PHASE_WAIT);
    return err == -ENODATA ? 0 : err;
}

/* The server has died. Its death, not this worker's end, must be what the supervisor hears first.
 */
static int outlive_server(void) {
    sleep(1);
    return 0;
}

static int worker_life(void *argument, unsigned worker) {
    struct manager_state *this = argument;
    struct manager_proxy proxy;
    struct deal deal = {0};
    monitor_phase(this->crew.monitor, worker, PHASE_WAIT);
    int err = manager_connect(&this->manager, &proxy);
    while (!err) {
        err = ask(&proxy, TAKE, 0);
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

/* One of its requests; when there is no server any more, its death is told as any other. */
static int tell(struct manager_state *this, enum verb verb, const void *request, size_t bytes) {
    int err = (int)manager_call(&this->proxy, BOARD, verb, request, bytes);
    return err == -EPIPE || err == -EOWNERDEAD ? crew_await_death(&this->crew) : err;
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
    if (!err)
        err = manager_open(&this->manager, &this->object, 1);
    for (unsigned i = 0; !err && i < job->workers; i++)
        err = supervisor_start(&this->crew.supervisor, WORKER_PROCESS, "worker", worker_life, this);
    if (!err) /* the last, so that the workers' numbers are theirs */
        err = manager_start(&this->manager, &this->crew.supervisor);
    if (!err)
        err = manager_connect(&this->manager, &this->proxy);
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
