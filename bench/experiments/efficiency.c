/* Experiment efficiency: batches of about 100 µs on today's machines, small but worth a message:
 * how much of each core every backend turns into pixels, with the simplest and the fastest kernel.
 */
#include "bench/experiments/experiment.h"

const struct experiment experiment_efficiency = {
    .name = "efficiency",
    .summary = "how much of its cores does each backend use with batches of about 100 µs?",
    .axes =
        {
            .backends = "all",
            .kernels = "scalar,fastest",
            .workers = "usable",
            .batches = "scalar:800,fastest:8000",
            .schedules = "dynamic",
            .shortcuts = "off",
            .views = "lesson",
            .pixels = "1600",
            .max_iter = "view",
        },
    .along = AXIS_KERNELS,
};
