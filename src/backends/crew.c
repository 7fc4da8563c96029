/* The ground of the process backends; contracts in crew.h. */
#include "backends/crew.h"

#include "base/clock.h"
#include "base/size.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int crew_open(struct crew *crew, const struct job *job, struct monitor *monitor, unsigned others) {
    *crew = (struct crew){.job = job, .monitor = monitor, .arena = ARENA_EMPTY};
    int err = lease_open(&crew->arena, job_batches(job), &crew->leases);
    if (err)
        return err;
    return supervisor_open(&crew->supervisor, &crew->arena, job->workers + others,
                           monitor->stop_fd);
}

static void report_loss(struct crew *crew, const struct worker *worker) {
    struct monitor *monitor = crew->monitor;
    struct monitor_loss loss = {
        .worker = worker->number,
        .pid = worker->pid,
        .exitcode = worker->exitcode,
        .batch = -1,
        .phase = -1,
    };
    snprintf(loss.name, sizeof loss.name, "%s", worker->name);
    if (worker->number < monitor->worker_count) {
        const struct monitor_worker *line = &monitor->workers[worker->number];
        loss.phase = atomic_load_explicit(&line->phase, memory_order_relaxed);
        if (loss.phase == PHASE_COMPUTE || loss.phase == PHASE_SEND)
            loss.batch = (int64_t)atomic_load_explicit(&line->batch, memory_order_relaxed);
    }
    monitor_worker_lost(monitor, &loss);
}

/* Waits for news until the deadline, ≥ 0; but a stop and a death are errors. */
static int hear(struct crew *crew, uint64_t deadline_ns) {
    struct worker *dead = NULL;
    int news = supervisor_wait(&crew->supervisor, deadline_ns, &dead);
    if (news < 0)
        return news;
    if (news == SUPERVISOR_STOP || monitor_stop_requested(crew->monitor))
        return -ECANCELED;
    if (news != SUPERVISOR_DEATH)
        return news;
    report_loss(crew, dead);
    return -EOWNERDEAD;
}

int crew_begin(struct crew *crew) {
    lease_begin(crew->leases);
    int news = hear(crew, 0); /* one may have died since the last render */
    return news < 0 ? news : 0;
}

int crew_await(struct crew *crew, bool (*ready)(const void *what), const void *what) {
    for (;;) {
        if (monitor_stop_requested(crew->monitor))
            return -ECANCELED;
        if (ready(what))
            return 0;
        bell_arm(crew->supervisor.bell);
        if (ready(what)) { /* it came before the bell was armed */
            bell_disarm(crew->supervisor.bell);
            return 0;
        }
        int news = hear(crew, CLOCK_NEVER);
        if (news < 0)
            return news;
    }
}

long crew_await_readable(struct crew *crew) {
    int news;
    do
        news = hear(crew, CLOCK_NEVER);
    while (news >= 0 && news != SUPERVISOR_READY);
    return news < 0 ? news : (long)crew->supervisor.readable;
}

int crew_await_death(struct crew *crew) {
    int news;
    do
        news = hear(crew, CLOCK_NEVER);
    while (news >= 0);
    return news;
}

int64_t crew_compute(struct crew *crew, unsigned worker, uint64_t batch, uint32_t *counts) {
    const struct job *job = crew->job;
    if (!lease_claim(crew->leases, batch, worker))
        return -1;
    monitor_batch_begun(crew->monitor, worker, batch);
    return (int64_t)job->kernel->fill(&job->workload, job_batch(job, batch), counts);
}

void crew_commit(struct crew *crew, struct counts *frame, unsigned worker, uint64_t index,
                 uint64_t sum, const uint32_t *counts) {
    struct batch batch = job_batch(crew->job, index);
    memcpy(frame->at + batch.first, counts, batch.count * sizeof *counts);
    monitor_batch_done(crew->monitor, worker, index, sum);
    lease_done(crew->leases, index);
}

/* Each wake of the collector costs some 10 µs, so it should find many results: half of these. But
 * they should stay in a core's cache, and two per worker is the least that lets a worker go on
 * while one is taken. */
#define RESULTS_PER_WORKER       32
#define RESULTS_PER_WORKER_LEAST 2
#define RESULT_BYTES_PER_WORKER  (512 * 1024)

uint64_t crew_results_queued(const struct job *job) {
    uint64_t fitting = RESULT_BYTES_PER_WORKER / (job->batch * sizeof(uint32_t));
    uint64_t each = size_max(RESULTS_PER_WORKER_LEAST, size_min(RESULTS_PER_WORKER, fitting));
    return size_min(job_batches(job), job->workers * each);
}

int crew_join(struct crew *crew) {
    struct worker *bad = NULL;
    int err = supervisor_join(&crew->supervisor, &bad);
    if (err == -EOWNERDEAD)
        report_loss(crew, bad);
    return err;
}

void crew_close(struct crew *crew) {
    supervisor_close(&crew->supervisor);
    arena_close(&crew->arena);
}
