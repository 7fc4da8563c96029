/* Crew: the ground that every process backend stands on. Shared pages, a lease per batch, and a
 * supervisor that learns of deaths from the kernel; and the one place where the original process
 * waits. */
#ifndef BACKENDS_CREW_H
#define BACKENDS_CREW_H

#include "backends/backend.h"
#include "mp/lease.h"
#include "mp/queue.h"
#include "mp/supervisor.h"

#include <stdbool.h>

struct crew {
    const struct job *job;
    struct monitor *monitor;
    struct arena arena;
    struct lease_table *leases; /* a lease per batch */
    struct supervisor supervisor;
};

/* A batch's counts on their way to the frame. */
struct crew_result {
    uint64_t batch;
    uint64_t sum;
    uint32_t worker;
    uint32_t counts[];
};

/* Room for the workers that compute and `others` besides. 0 or -errno; close it after a failure
 * too. */
int crew_open(struct crew *crew, const struct job *job, struct monitor *monitor, unsigned others);

/* At the start of each render: all batches are free. 0, or the errors of crew_await. */
int crew_begin(struct crew *crew);

/* Blocks until ready(what), which workers announce by the supervisor's bell. 0; -EOWNERDEAD: a
 * worker died, and the monitor knows; -ECANCELED: a stop was asked for; or -errno. */
int crew_await(struct crew *crew, bool (*ready)(const void *what), const void *what);

/* For workers with a descriptor of their own instead (supervisor_watch): blocks until one of these
 * is readable. Its number, or the errors of crew_await. Several that are ready come in turn. */
long crew_await_readable(struct crew *crew);

/* After a worker's channel said -EPIPE, that nobody holds the other end: blocks until the kernel
 * says who died. The errors of crew_await; never 0. */
int crew_await_death(struct crew *crew);

/* A worker computes a batch into `counts` (its first pixel at counts[0]) under the lease that it
 * must get; the sum, or -1 when the lease is somebody else's. */
int64_t crew_compute(struct crew *crew, unsigned worker, uint64_t batch, uint32_t *counts);

/* The original process copies a batch's counts into the frame, and ends its lease. */
void crew_commit(struct crew *crew, struct counts *frame, unsigned worker, uint64_t batch,
                 uint64_t sum, const uint32_t *counts);

/* How many results may wait on their way home: enough that no worker waits for a collector that is
 * briefly away, and never more than there are batches. */
uint64_t crew_results_queued(const struct job *job);

/* After the workers were told to end: joins them, and notes one that ended badly. 0 or -errno. */
int crew_join(struct crew *crew);

/* Kills and reaps whatever still runs, unmaps. Accepts a zeroed struct. */
void crew_close(struct crew *crew);

#endif
