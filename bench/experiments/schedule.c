/* Experiment schedule: OpenMP schedules and chunks, static bands and dynamic dealing, on an even
 * and on an uneven picture. */
#include "bench/experiments/experiment.h"

const struct experiment experiment_schedule = {
    .name = "schedule",
    .summary = "who deals best when the work is uneven?",
    .axes =
        {
            .backends = "openmp,bands,shared-array",
            .kernels = "fastest",
            .workers = "usable",
            .batches = "default",
            .schedules = "static,static:1,static:16,dynamic,dynamic:4,dynamic:16,dynamic:64,guided,"
                         "guided:16",
            .shortcuts = "off",
            .views = "lesson,corner",
            .pixels = "800",
            .max_iter = "view",
        },
    .along = AXIS_SCHEDULE,
};
