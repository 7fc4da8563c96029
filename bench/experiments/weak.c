/* Experiment weak: each worker brings its own work: the picture grows with the workers, every pixel
 * costs the same. */
#include "bench/experiments/experiment.h"

const struct experiment experiment_weak = {
    .name = "weak",
    .summary = "does twice the work on twice the workers take the same time?",
    .axes =
        {
            .backends = "all",
            .kernels = "fastest",
            .workers = "ladder",
            .batches = "default",
            .schedules = "dynamic",
            .shortcuts = "off",
            .views = "interior",
            .pixels = "800x100",
            .max_iter = "view",
        },
    .along = AXIS_WORKERS,
    .weak = true,
};
