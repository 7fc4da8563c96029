/* Producer, consumers and collector; contracts in producer_consumer.h.
 *
 *   original process ──rounds──▶ producer ──tasks──▶ N consumers ──results──▶ original process
 *
 * Both queues are bounded, so nobody runs ahead of the others: backpressure. Work ends explicitly:
 * there are no more rounds, so the producer ends; the tasks are closed, so each consumer ends when
 * it has drained them.
 *
 * A death. A consumer claims a batch's lease before the message leaves the queue, so each batch is
 * still to be dealt, on the queue, leased, or done. A replacement begins with what its number
 * holds; of a result that the dead had sent and the replacement sends again, the collector takes
 * one. A producer's replacement deals once more whatever is free; who gets a batch twice cannot
 * claim it twice. */
#include "backends/producer_consumer.h"

#include "backends/crew.h"
#include "base/clock.h"
#include "base/size.h"
#include "mp/round.h"

#include <errno.h>
#include <stdlib.h>

/* Batch numbers waiting for consumers. The producer is woken when half are gone, so a long queue
 * means few wakes of it, and at 8 bytes each it is still small. */
#define TASKS_QUEUED 1024

struct producer_consumer {
    struct crew crew;
    struct round *rounds;  /* a frame each */
    struct queue *tasks;   /* batch numbers */
    struct queue *results; /* struct crew_result, made where they lie */
    enum worker_kind kind;
    struct counts *counts; /* the frame of the render under way */
    uint64_t left;         /* its batches that are not yet in it */
    bool broken;           /* a render failed: do not wait for anybody */
};

/* So many are dealt at once: each wake-up, also one that comes too early, costs as much as dealing
 * many. */
#define DEALT_AT_ONCE 64

/* Puts batches on the queue; while that is full, the producer idles. 0 or -errno. */
static int offer(struct producer_consumer *this, const uint64_t *batches, uint64_t count) {
    struct monitor *monitor = this->crew.monitor;
    for (int64_t put = 0; count > 0; count -= (uint64_t)put, batches += put) {
        if (queue_full(this->tasks))
            monitor_phase(monitor, monitor_helper(monitor), PHASE_IDLE);
        put = queue_put_some(this->tasks, batches, sizeof *batches, count);
        monitor_phase(monitor, monitor_helper(monitor), PHASE_DISPATCH);
        if (put < 0)
            return (int)put;
    }
    return 0;
}

/* Deals all batches that are free, in their order. 0 or -errno. */
static int deal(struct producer_consumer *this) {
    uint64_t batches = job_batches(this->crew.job), free[DEALT_AT_ONCE], count = 0;
    int err = 0;
    for (uint64_t batch = 0; !err && batch < batches; batch++) {
        if (lease_is_free(this->crew.leases, batch))
            free[count++] = batch;
        if (count == DEALT_AT_ONCE || batch + 1 == batches) {
            err = offer(this, free, count);
            count = 0;
        }
    }
    return err;
}

/* The producer's life: deals the batches of each round. */
static int producer(void *argument, unsigned number) {
    struct producer_consumer *this = argument;
    uint64_t round = 0;
    monitor_phase(this->crew.monitor, number, PHASE_IDLE);
    while ((round = round_await(this->rounds, round)) != 0) {
        monitor_phase(this->crew.monitor, number, PHASE_DISPATCH);
        if (deal(this) != 0)
            return 0;
        monitor_phase(this->crew.monitor, number, PHASE_IDLE);
    }
    queue_close(this->tasks);
    return 0;
}

static size_t result_bytes(uint64_t pixels) {
    return sizeof(struct crew_result) + pixels * sizeof(uint32_t);
}

/* Who asks for a batch. */
struct applicant {
    struct crew *crew;
    unsigned worker;
};

static bool claim_batch(void *context, const void *message) {
    const struct applicant *applicant = context;
    return lease_claim(applicant->crew->leases, *(const uint64_t *)message, applicant->worker);
}

/* A consumer, and where it makes its next result. */
struct consumer {
    struct producer_consumer *of;
    unsigned worker;
    void *result;
};

/* Computes a batch, and home with its counts. */
static int do_batch(struct consumer *this, uint64_t batch) {
    struct crew *crew = &this->of->crew;
    struct crew_result *result = this->result;
    result->worker = this->worker;
    result->batch = batch;
    result->sum = crew_fill(crew, this->worker, batch, result->counts);
    monitor_phase(crew->monitor, this->worker, PHASE_SEND);
    int err = queue_put_borrowed(this->of->results, this->worker, &this->result,
                                 result_bytes(job_batch(crew->job, batch).count));
    monitor_phase(crew->monitor, this->worker, PHASE_WAIT);
    return err;
}

/* First what a dead worker of this number held, then what the queue brings. */
static void consume(struct consumer *this) {
    struct crew *crew = &this->of->crew;
    struct applicant applicant = {crew, this->worker};
    const struct queue_claim claim = {claim_batch, &applicant};
    int64_t held = -1;
    uint64_t batch;
    while ((held = lease_next_held(crew->leases, this->worker, (uint64_t)(held + 1))) >= 0)
        if (do_batch(this, (uint64_t)held) != 0)
            return;
    while (!monitor_stop_requested(crew->monitor) &&
           queue_get_claimed(this->of->tasks, &batch, sizeof batch, CLOCK_NEVER, &claim) > 0)
        if (do_batch(this, batch) != 0)
            return;
}

static int consumer(void *argument, unsigned worker) {
    struct consumer this = {.of = argument, .worker = worker};
    monitor_phase(this.of->crew.monitor, worker, PHASE_WAIT);
    int err = queue_borrow(this.of->results, worker, &this.result);
    if (!err)
        consume(&this);
    return -err;
}

static int open_queues(struct producer_consumer *this) {
    struct crew *crew = &this->crew;
    const struct job *job = crew->job;
    uint64_t tasks = size_min(job_batches(job), TASKS_QUEUED);
    void *rounds;
    int err = arena_take(&crew->arena, sizeof *this->rounds, &rounds);
    if (err)
        return err;
    this->rounds = rounds;
    err = round_open(this->rounds);
    if (!err)
        err = queue_open(&crew->arena, tasks, sizeof(uint64_t), &this->tasks);
    if (!err)
        err = queue_open_lending(&crew->arena, crew_results_queued(job), result_bytes(job->batch),
                                 job->workers, &this->results);
    if (err)
        return err;
    /* The collector polls: it is woken when many results wait, or when a consumer has nothing to
     * do. */
    this->results->on_half_full = crew->supervisor.bell;
    this->tasks->on_empty = crew->supervisor.bell;
    this->results->low_water /= 2; /* nobody who takes from these waits for who puts */
    this->tasks->low_water /= 2;
    monitor_coordinators(crew->monitor, "producer", "collector");
    monitor_queue(crew->monitor, "tasks", this->tasks);
    monitor_queue(crew->monitor, "results", this->results);
    return 0;
}

/* Takes the results that are there; not what comes meanwhile, or a flood would never end. */
static void take_results(struct producer_consumer *this) {
    struct queue *results = this->results;
    uint64_t there = queue_size(results), together = size_divide_up(results->capacity, 2);
    const void *message = NULL;
    while (there > 0) {
        uint64_t taken = 0;
        for (; taken < there && taken < together; taken++) {
            queue_peek(results, taken, &message);
            const struct crew_result *result = message;
            this->left -= crew_commit(&this->crew, this->counts, result->worker, result->batch,
                                      result->sum, result->counts);
        }
        queue_drop_some(results, taken);
        there -= taken;
    }
}

/* Whoever died may have been the one to wake others, or the one who was woken. */
static void wake(void *backend) {
    struct producer_consumer *this = backend;
    round_wake(this->rounds);
    queue_wake(this->tasks);
    queue_wake(this->results);
}

/* What the dead had sent is taken, so that it is not done again. */
static int64_t mourn(void *backend, const struct worker *dead) {
    (void)dead;
    take_results(backend);
    return 0;
}

int producer_consumer_open(const struct job *job, struct monitor *monitor, enum worker_kind kind,
                           void **state) {
    struct producer_consumer *this = calloc(1, sizeof *this);
    if (!this)
        return -ENOMEM;
    this->kind = kind;
    int err = crew_open(&this->crew, job, monitor, 1);
    this->crew.backend = this;
    this->crew.wake = wake;
    this->crew.mourn = mourn;
    if (!err)
        err = open_queues(this);
    for (unsigned i = 0; !err && i < job->workers; i++)
        err = supervisor_start(&this->crew.supervisor, kind, "consumer", consumer, this);
    if (!err)
        err = supervisor_start(&this->crew.supervisor, kind, "producer", producer, this);
    if (err) {
        this->broken = true;
        producer_consumer_close(this);
        return err;
    }
    monitor_workers_started(monitor, job->workers);
    *state = this;
    return 0;
}

/* Results have come, or a death made us take the last of them. */
static bool has_news(const void *what) {
    const struct producer_consumer *this = what;
    return this->left == 0 || queue_ready(this->results);
}

/* The collector: one result for each batch, in whatever order they come. */
static int collect(struct producer_consumer *this) {
    int err = 0;
    while (!err && this->left > 0) {
        err = crew_await(&this->crew, has_news, this);
        if (!err)
            take_results(this);
    }
    return err;
}

int producer_consumer_render(void *state, struct monitor *monitor, struct counts *counts) {
    struct producer_consumer *this = state;
    (void)monitor;
    this->counts = counts;
    int err = crew_begin(&this->crew);
    this->left = job_batches(this->crew.job);
    if (!err)
        err = round_begin(this->rounds);
    if (!err)
        err = collect(this);
    this->broken = err != 0;
    return err;
}

/* Tells everybody to end. Threads must be told even after a failure, since nothing can end them. */
static void end_work(struct producer_consumer *this) {
    struct queue *const queues[] = {this->tasks, this->results};
    if (this->rounds)
        round_finish(this->rounds);
    for (size_t i = 0; i < sizeof queues / sizeof *queues; i++)
        if (queues[i]) /* the producer would close the tasks, unless it is dead */
            queue_close(queues[i]);
}

int producer_consumer_close(void *state) {
    struct producer_consumer *this = state;
    int err = 0;
    if (this->kind == WORKER_THREAD || !this->broken)
        end_work(this);
    if (!this->broken)
        err = crew_join(&this->crew);
    crew_close(&this->crew);
    free(this);
    return err;
}
