/* Crew: the ground that every process backend stands on. Shared pages, a lease per batch, and a
 * supervisor that learns of deaths from the kernel; and the one place where the original process
 * waits, hears of deaths, and has the dead replaced (why nothing gets lost: mp/lease.h). */
#ifndef BACKENDS_CREW_H
#define BACKENDS_CREW_H

#include "backends/backend.h"
#include "mp/lease.h"
#include "mp/queue.h"
#include "mp/supervisor.h"

#include <stdbool.h>

/* What `replace` says when the dead worker's batch is to blame. */
#define CREW_POISON 1

struct crew {
    const struct job *job;
    struct monitor *monitor;
    struct arena arena;
    struct lease_table *leases; /* a lease per batch */
    struct supervisor supervisor;
    uint64_t done_at_death; /* batches in the frame at the last death */

    /* A backend sets these before its workers start. */
    void *backend; /* handed to: */
    /* After a death: wakes all whom the dead may have left waiting. NULL: nobody waits. */
    void (*wake)(void *backend);
    /* Then, before the replacement is started: takes home what the dead had sent. Returns how many
     * batches are to be done again, if the leases do not tell; -errno. NULL: not needed. */
    int64_t (*mourn)(void *backend, const struct worker *dead);
    /* Starts the replacement; NULL: supervisor_replace. 0 or -errno. Whether the batch is to blame
     * the crew decides before, unless the backend itself `judges`: CREW_POISON. */
    int (*replace)(void *backend, struct worker *dead);
    bool judges;
    /* Before a spare is started: makes what it is to inherit. 0 or -errno. NULL: nothing. */
    int (*spare_comes)(void *backend);
    /* In the spare, which has no number yet: does ahead of need what it can. NULL: nothing. */
    void (*spare_prepares)(void *backend);
    uint64_t renders;     /* begun so far */
    unsigned replaceable; /* workers with lower numbers are replaced when they die */
};

/* A batch's counts on their way to the frame. */
struct crew_result {
    uint64_t batch;
    uint64_t sum;
    uint32_t worker;
    uint32_t counts[];
};

/* Room for the workers that compute and `others` besides; all of them are replaceable. 0 or -errno;
 * close it after a failure too. */
int crew_open(struct crew *crew, const struct job *job, struct monitor *monitor, unsigned others);

/* At the start of each render: all batches are free. 0, or the errors of crew_await. For the
 * monitor the original process dispatches from here on, is idle while it waits, and collects
 * afterwards. */
int crew_begin(struct crew *crew);

/* In place: a worker at the start of its life, and the original process once all were started; so
 * that a campaign's first render pays for no page that the workers had to map. The original process
 * blocks until they have, if that is worth while (monitor->warm). 0, or the errors of crew_await.
 */
void crew_worker_started(struct crew *crew, unsigned worker);
int crew_await_started(struct crew *crew);

/* Blocks until ready(what), which workers announce by the supervisor's bell; replaces those who
 * die. 0; -EOWNERDEAD: a worker died for good, and the monitor knows; -ECANCELED: a stop was asked
 * for; or -errno. */
int crew_await(struct crew *crew, bool (*ready)(const void *what), const void *what);

/* For workers with a descriptor of their own instead (supervisor_watch): blocks until one of these
 * is readable. Its number; -EAGAIN: something else happened, and a worker may have been replaced;
 * or the errors of crew_await. Several that are ready come in turn. */
long crew_await_readable(struct crew *crew);

/* After a channel said -EPIPE, that nobody holds the other end: blocks until the kernel says who
 * died, and that one is replaced or not. 0; -ETIMEDOUT: nobody has until the deadline; or the
 * errors of crew_await. */
int crew_await_death(struct crew *crew, uint64_t deadline_ns);

/* A worker computes a batch into `counts` (its first pixel at counts[0]) and returns their sum. */
uint64_t crew_fill(struct crew *crew, unsigned worker, uint64_t batch, uint32_t *counts);

/* In place: a worker does one batch under its lease, from the claim to the ledger, unless the batch
 * is somebody else's or done. */
void crew_do_in_place(struct crew *crew, unsigned worker, uint64_t batch, uint32_t *frame);

/* The original process (or who else owns the frame) copies a batch's counts into it and enters
 * their sum. crew_commit does so only for a batch that is leased, which it then ends; false: this
 * one is done, a dead worker had sent it before. */
void crew_enter(struct crew *crew, struct counts *frame, unsigned worker, uint64_t batch,
                uint64_t sum, const uint32_t *counts);
bool crew_commit(struct crew *crew, struct counts *frame, unsigned worker, uint64_t batch,
                 uint64_t sum, const uint32_t *counts);

/* How many results may wait on their way home: enough that no worker waits for a collector that is
 * briefly away, and never more than there are batches. */
uint64_t crew_results_queued(const struct job *job);

/* After the workers were told to end: joins them. One that died then took nothing with it, and is
 * only noted. 0 or -errno. */
int crew_join(struct crew *crew);

/* Kills and reaps whatever still runs, unmaps. Accepts a zeroed struct. */
void crew_close(struct crew *crew);

#endif
