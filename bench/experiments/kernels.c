/* Experiment kernels: every kernel on one core and on all, beside what the machine's own vector
 * units can do in the same minute. */
#include "bench/kernels/kernels.h"
#include "bench/experiments/experiment.h"

const struct experiment experiment_kernels = {
    .name = "kernels",
    .summary = "how near does each kernel come to what the machine's vector units can do?",
    .axes =
        {
            .backends = "openmp/threads", /* in place */
            .kernels = "all",
            .workers = "usable",
            .batches = "16384",
            .schedules = "dynamic",
            .shortcuts = "off,on",
            .views = "lesson,seahorse,whole",
            .pixels = "1600",
            .max_iter = "view",
        },
    .by_kernel = true,
    .instrument = &kernels_instrument,
};
