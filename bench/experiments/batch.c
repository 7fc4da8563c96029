/* Experiment batch: one picture in batches from one pixel to the whole frame: what granularity
 * costs. */
#include "bench/experiments/experiment.h"

const struct experiment experiment_batch = {
    .name = "batch",
    .summary = "how small may a batch be before sharing eats the gain?",
    .axes =
        {
            .backends = "all",
            .kernels = "fastest",
            .workers = "usable",
            .batches = "1,10,100,1000,10000,160000",
            .schedules = "dynamic",
            .shortcuts = "off",
            .views = "lesson",
            .pixels = "400",
            .max_iter = "view",
        },
    .along = AXIS_BATCH,
};
