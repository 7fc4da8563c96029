/* Backend openmp: a parallel for over the batches.
 * Pattern: fork-join by compiler; the run-time library deals batches by its schedule (static,
 * dynamic, guided) to threads that live on between renders (openmp_team.c). Who writes the frame:
 * the threads, in place. What ends a thread: the process. */
#include "backends/openmp_team.h"

#include <errno.h>

static int render(void *state, struct monitor *monitor, struct counts *counts) {
    const struct job *job = state;
    int64_t batches = (int64_t)job_batches(job);
#ifdef _OPENMP
#pragma omp parallel for schedule(runtime)
#endif
    for (int64_t i = 0; i < batches; i++)
        openmp_team_batch(job, monitor, counts, (uint64_t)i);
    return monitor_stop_requested(monitor) ? -ECANCELED : 0;
}

const struct backend backend_openmp = {
    .name = "openmp",
    .summary = "an OpenMP parallel for over batches, schedule selectable",
    .flags = BACKEND_THREADS | BACKEND_IN_PLACE | BACKEND_SCHEDULE | BACKEND_OMP_THREADS,
    .unavailable = openmp_team_unavailable,
    .open = openmp_team_open,
    .render = render,
};
