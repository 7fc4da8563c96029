/* Backend openmp-tasks: one OpenMP task per batch.
 * Pattern: explicit tasks; one thread makes them, all threads of the team take them from the
 * run-time library's queue, the maker too whenever that is full. What a loop's schedule deals for
 * free costs an allocation and a queue here; tasks earn that where the work is no loop. Who writes
 * the frame: the threads, in place. What ends a thread: the process. */
#include "backends/openmp_team.h"

#include <errno.h>

static int render(void *state, struct monitor *monitor, struct counts *counts) {
    const struct job *job = state;
    uint64_t batches = job_batches(job);
#ifdef _OPENMP
#pragma omp parallel
#pragma omp single
#endif
    for (uint64_t i = 0; i < batches && !monitor_stop_requested(monitor); i++) {
#ifdef _OPENMP
#pragma omp task firstprivate(i)
#endif
        openmp_team_batch(job, monitor, counts, i);
    }
    return monitor_stop_requested(monitor) ? -ECANCELED : 0;
}

const struct backend backend_openmp_tasks = {
    .name = "openmp-tasks",
    .summary = "one OpenMP task per batch",
    .flags = BACKEND_THREADS | BACKEND_IN_PLACE | BACKEND_OMP_THREADS,
    .unavailable = openmp_team_unavailable,
    .open = openmp_team_open,
    .render = render,
};
