/* OpenMP's run-time library; contracts in openmp_team.h. Its threads live on between regions, and
 * end with the process: that is why no process may be forked after a region. */
#include "backends/openmp_team.h"

#include <errno.h>
#include <stdint.h>

#ifdef _OPENMP
#include <omp.h>

static const omp_sched_t kinds[] = {
    [SCHEDULE_STATIC] = omp_sched_static,
    [SCHEDULE_DYNAMIC] = omp_sched_dynamic,
    [SCHEDULE_GUIDED] = omp_sched_guided,
    [SCHEDULE_AUTO] = omp_sched_auto,
};

const char *openmp_team_unavailable(void) {
    return NULL;
}

/* Starts the team once, so that open and not the first render pays for its threads. */
int openmp_team_open(const struct job *job, struct monitor *monitor, void **state) {
    unsigned threads = 0;
    omp_set_num_threads((int)job->workers);
    omp_set_schedule(kinds[job->schedule.kind], (int)job->schedule.chunk);
#pragma omp parallel
    {
        monitor_phase(monitor, (unsigned)omp_get_thread_num(), PHASE_WAIT);
#pragma omp single
        threads = (unsigned)omp_get_num_threads();
    }
    monitor_workers_started(monitor, threads);
    *state = (void *)(uintptr_t)job;
    return 0;
}

static unsigned thread_number(void) {
    return (unsigned)omp_get_thread_num();
}
#else
const char *openmp_team_unavailable(void) {
    return "this build has no OpenMP";
}

int openmp_team_open(const struct job *job, struct monitor *monitor, void **state) {
    (void)job;
    (void)monitor;
    (void)state;
    return -ENOSYS;
}

static unsigned thread_number(void) {
    return 0;
}
#endif

void openmp_team_batch(const struct job *job, struct monitor *monitor, struct counts *counts,
                       uint64_t index) {
    if (monitor_stop_requested(monitor))
        return;
    unsigned thread = thread_number();
    struct batch batch = job_batch(job, index);
    monitor_batch_begun(monitor, thread, index);
    uint64_t sum = job->kernel->fill(&job->workload, batch, counts->at + batch.first);
    monitor_batch_done(monitor, thread, index, sum);
    monitor_phase(monitor, thread, PHASE_WAIT);
}
