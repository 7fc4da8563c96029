/* Producer, consumers and collector; contracts in producer_consumer.h.
 *
 *   original process ──orders──▶ producer ──tasks──▶ N consumers ──results──▶ original process
 *
 * All three queues are bounded, so nobody runs ahead of the others: backpressure. Work ends
 * explicitly: the orders are closed, so the producer ends; the tasks are closed, so each consumer
 * ends when it has drained them. */
#include "backends/producer_consumer.h"

#include "backends/crew.h"
#include "base/size.h"

#include <errno.h>
#include <stdlib.h>

/* Batch numbers waiting for consumers. The producer is woken when half are gone, so a long queue
 * means few wakes of it, and at 8 bytes each it is still small. */
#define TASKS_QUEUED 1024

struct producer_consumer {
    struct crew crew;
    struct queue *orders;  /* how many batches the next frame has */
    struct queue *tasks;   /* batch numbers */
    struct queue *results; /* struct crew_result */
    enum worker_kind kind;
    bool broken; /* a render failed: do not wait for anybody */
};

/* The producer's life: for each order, all batch numbers in their order. */
static int producer(void *argument, unsigned number) {
    struct producer_consumer *this = argument;
    uint64_t batches;
    (void)number;
    while (queue_get(this->orders, &batches, sizeof batches) > 0)
        for (uint64_t batch = 0; batch < batches; batch++)
            if (queue_put(this->tasks, &batch, sizeof batch) != 0)
                return 0;
    queue_close(this->tasks);
    return 0;
}

static size_t result_bytes(uint64_t pixels) {
    return sizeof(struct crew_result) + pixels * sizeof(uint32_t);
}

/* A consumer's life: a batch number, a lease, the counts, home with them. */
static int consumer(void *argument, unsigned worker) {
    struct producer_consumer *this = argument;
    struct crew *crew = &this->crew;
    struct crew_result *result = malloc(result_bytes(crew->job->batch));
    if (!result) {
        queue_close(this->results); /* a thread's end is no news by itself */
        return 1;
    }
    result->worker = worker;
    monitor_phase(crew->monitor, worker, PHASE_WAIT);
    while (queue_get(this->tasks, &result->batch, sizeof result->batch) > 0 &&
           !monitor_stop_requested(crew->monitor)) {
        int64_t sum = crew_compute(crew, worker, result->batch, result->counts);
        if (sum < 0)
            continue;
        result->sum = (uint64_t)sum;
        monitor_phase(crew->monitor, worker, PHASE_SEND);
        queue_put(this->results, result, result_bytes(job_batch(crew->job, result->batch).count));
        monitor_phase(crew->monitor, worker, PHASE_WAIT);
    }
    free(result);
    return 0;
}

static int open_queues(struct producer_consumer *this) {
    struct crew *crew = &this->crew;
    const struct job *job = crew->job;
    uint64_t tasks = size_min(job_batches(job), TASKS_QUEUED);
    int err = queue_open(&crew->arena, 1, sizeof(uint64_t), &this->orders);
    if (!err)
        err = queue_open(&crew->arena, tasks, sizeof(uint64_t), &this->tasks);
    if (!err)
        err = queue_open(&crew->arena, crew_results_queued(job), result_bytes(job->batch),
                         &this->results);
    if (err)
        return err;
    /* The collector polls: it is woken when many results wait, or when a consumer has nothing to
     * do. */
    this->results->on_half_full = crew->supervisor.bell;
    this->tasks->on_empty = crew->supervisor.bell;
    this->results->low_water /= 2; /* nobody who takes from these waits for who puts */
    this->tasks->low_water /= 2;
    return 0;
}

int producer_consumer_open(const struct job *job, struct monitor *monitor, enum worker_kind kind,
                           void **state) {
    struct producer_consumer *this = calloc(1, sizeof *this);
    if (!this)
        return -ENOMEM;
    this->kind = kind;
    int err = crew_open(&this->crew, job, monitor, 1);
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

/* The collector: as many results as there are batches, in whatever order they come. */
static int collect(struct producer_consumer *this, struct counts *counts) {
    struct crew *crew = &this->crew;
    for (uint64_t left = job_batches(crew->job); left > 0; left--) {
        int err = crew_await(crew, queue_ready, this->results);
        if (err)
            return err;
        const void *message = NULL;
        if (queue_front(this->results, &message) < 0)
            return -ENOMEM; /* a consumer closed it */
        const struct crew_result *result = message;
        crew_commit(crew, counts, result->worker, result->batch, result->sum, result->counts);
        queue_drop(this->results);
    }
    return 0;
}

int producer_consumer_render(void *state, struct monitor *monitor, struct counts *counts) {
    struct producer_consumer *this = state;
    uint64_t batches = job_batches(this->crew.job);
    (void)monitor;
    int err = crew_begin(&this->crew);
    if (!err)
        err = queue_put(this->orders, &batches, sizeof batches);
    if (!err)
        err = collect(this, counts);
    this->broken = err != 0;
    return err;
}

/* Tells everybody to end. Threads must be told even after a failure, since nothing can end them. */
static void end_work(struct producer_consumer *this) {
    struct queue *const queues[] = {this->orders, this->tasks, this->results};
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
