/* Backend threads: the producer, consumers and collector of fork-queue, as threads of one process.
 * Pattern: the very same code (producer_consumer.c) with another kind of worker, so what differs
 * between the two is what processes cost and what they buy: a killed process is news, a crashed
 * thread takes all with it. Who writes the frame: the collector. What ends a worker: the end of all
 * tasks (its queue is closed). */
#include "backends/producer_consumer.h"

static int start(const struct job *job, struct monitor *monitor, void **state) {
    return producer_consumer_open(job, monitor, WORKER_THREAD, state);
}

const struct backend backend_threads = {
    .name = "threads",
    .summary = "fork-queue's producer, consumers and collector as threads",
    .flags = BACKEND_THREADS | BACKEND_COPIES,
    .open = start,
    .render = producer_consumer_render,
    .close = producer_consumer_close,
};
