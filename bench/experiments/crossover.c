/* Experiment crossover: pictures from tiny to large: where sharing begins to pay. */
#include "bench/experiments/experiment.h"

const struct experiment experiment_crossover = {
    .name = "crossover",
    .summary = "from what picture size on does each backend beat serial?",
    .axes =
        {
            .backends = "all",
            .kernels = "fastest",
            .workers = "usable",
            .batches = "default",
            .schedules = "dynamic",
            .shortcuts = "off",
            .views = "lesson",
            .pixels = "8,16,32,64,128,256,512,1024",
            .max_iter = "view",
        },
    .along = AXIS_PIXELS,
};
