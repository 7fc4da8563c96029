/* Backend fork-queue: one producer process, N consumer processes, and the original process as
 * collector. Pattern: producer/consumer over bounded queues, in producer_consumer.c; processes
 * share nothing but the queues' pages, so every count is made in one and copied out of it.
 * Who writes the frame: the collector. What ends a worker: the end of all tasks (its queue is
 * closed). */
#include "backends/producer_consumer.h"

static int start(const struct job *job, struct monitor *monitor, void **state) {
    return producer_consumer_open(job, monitor, WORKER_PROCESS, state);
}

const struct backend backend_fork_queue = {
    .name = "fork-queue",
    .summary = "producer, N consumers and a collector: processes between bounded queues",
    .flags = BACKEND_PROCESSES | BACKEND_COPIES,
    .open = start,
    .render = producer_consumer_render,
    .close = producer_consumer_close,
};
