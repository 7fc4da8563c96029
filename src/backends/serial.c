/* Backend serial: one loop over all batches, in this process.
 * Pattern: none; it is what every other backend is measured against.
 * Who writes the frame: the loop itself. What ends it: the last batch, or a request to stop. */
#include "backends/backend.h"

#include <errno.h>

static int render(void *state, struct monitor *monitor, struct counts *counts) {
    const struct job *job = state;
    monitor_workers_started(monitor, 1);
    for (uint64_t i = 0; i < job_batches(job); i++) {
        if (monitor_stop_requested(monitor))
            return -ECANCELED;
        struct batch batch = job_batch(job, i);
        monitor_batch_begun(monitor, 0, i);
        uint64_t sum = job->kernel->fill(&job->workload, batch, counts->at + batch.first);
        monitor_batch_done(monitor, 0, i, sum);
    }
    monitor_phase(monitor, 0, PHASE_WAIT);
    return 0;
}

const struct backend backend_serial = {
    .name = "serial",
    .summary = "one loop in one process: the baseline",
    .flags = BACKEND_IN_PLACE | BACKEND_ONE_WORKER,
    .render = render,
};
