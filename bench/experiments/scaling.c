/* Experiment scaling: the lesson's picture on every backend, with more and more workers. */
#include "bench/experiments/experiment.h"

const struct experiment experiment_scaling = {
    .name = "scaling",
    .summary = "how much faster does each backend become with more workers?",
    .axes =
        {
            .backends = "all",
            .kernels = "fastest",
            .workers = "ladder",
            .batches = "default",
            .schedules = "dynamic",
            .shortcuts = "off",
            .views = "lesson",
            .pixels = "1600",
            .max_iter = "view",
        },
};
