/* Backend openmp: a parallel for over the batches.
 * Pattern: fork-join by compiler; the run-time library deals batches by its schedule (static,
 * dynamic, guided) to threads that live on between renders. Who writes the frame: the threads, in
 * place. What ends a thread: the process. */
#include "backends/backend.h"

#include <errno.h>
#include <stdlib.h>

#ifdef _OPENMP
#include <omp.h>

struct openmp {
    const struct job *job;
    unsigned threads; /* as the last region obtained them */
};

static const omp_sched_t kinds[] = {
    [SCHEDULE_STATIC] = omp_sched_static,
    [SCHEDULE_DYNAMIC] = omp_sched_dynamic,
    [SCHEDULE_GUIDED] = omp_sched_guided,
    [SCHEDULE_AUTO] = omp_sched_auto,
};

/* Starts the team once, so that open and not the first render pays for its threads. */
static int start(const struct job *job, struct monitor *monitor, void **state) {
    struct openmp *openmp = malloc(sizeof *openmp);
    if (!openmp)
        return -ENOMEM;
    *openmp = (struct openmp){.job = job};
    omp_set_num_threads((int)job->workers);
    omp_set_schedule(kinds[job->schedule.kind], (int)job->schedule.chunk);
    unsigned threads = 0;
#pragma omp parallel
#pragma omp single
    threads = (unsigned)omp_get_num_threads();
    openmp->threads = threads;
    monitor_workers_started(monitor, threads);
    *state = openmp;
    return 0;
}

static int render(void *state, struct monitor *monitor, struct counts *counts) {
    const struct openmp *openmp = state;
    const struct job *job = openmp->job;
    int64_t batches = (int64_t)job_batches(job);
#pragma omp parallel for schedule(runtime)
    for (int64_t i = 0; i < batches; i++) {
        if (monitor_stop_requested(monitor))
            continue;
        unsigned thread = (unsigned)omp_get_thread_num();
        struct batch batch = job_batch(job, (uint64_t)i);
        monitor_phase(monitor, thread, PHASE_COMPUTE);
        uint64_t sum = job->kernel->fill(&job->workload, batch, counts->at + batch.first);
        monitor_batch_done(monitor, thread, (uint64_t)i, sum);
    }
    return monitor_stop_requested(monitor) ? -ECANCELED : 0;
}

static int finish(void *state) {
    free(state);
    return 0;
}

#define OPEN    start
#define RENDER  render
#define CLOSE   finish
#define MISSING NULL
#else
#define OPEN    NULL
#define RENDER  NULL
#define CLOSE   NULL
#define MISSING "this build has no OpenMP"
#endif

static const char *unavailable(void) {
    return MISSING;
}

const struct backend backend_openmp = {
    .name = "openmp",
    .summary = "an OpenMP parallel for over batches, schedule selectable",
    .flags = BACKEND_THREADS | BACKEND_IN_PLACE | BACKEND_SCHEDULE,
    .unavailable = unavailable,
    .open = OPEN,
    .render = RENDER,
    .close = CLOSE,
};
