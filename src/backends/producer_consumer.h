/* The lesson's own pattern, for any kind of worker: a producer deals batch numbers on a bounded
 * queue, N consumers compute, and the original process collects their counts from another queue
 * into the frame. No variant itself: a backend is this plus a kind of worker. */
#ifndef BACKENDS_PRODUCER_CONSUMER_H
#define BACKENDS_PRODUCER_CONSUMER_H

#include "backends/backend.h"
#include "mp/worker.h"

/* A backend's hooks; open takes the kind of worker. */
int producer_consumer_open(const struct job *job, struct monitor *monitor, enum worker_kind kind,
                           void **state);
int producer_consumer_render(void *state, struct monitor *monitor, struct counts *counts);
int producer_consumer_close(void *state);

#endif
