/* Shelf 4: which questions are asked. An experiment is data: a name, its question, and for each
 * axis a comma list; experiments.def lists it. The command line can replace every axis. */
#ifndef BENCH_EXPERIMENTS_EXPERIMENT_H
#define BENCH_EXPERIMENTS_EXPERIMENT_H

#include <stdbool.h>

/* What is varied to answer the question; tables and figures go along it. */
enum axis { AXIS_WORKERS, AXIS_BATCH, AXIS_PIXELS, AXIS_SCHEDULE };

/* Comma lists. Special words: "all" (backends that are available), "fastest" (kernel), "default"
 * (batch), "ladder" (workers 1, 2, 4 … to twice the usable CPUs, and the usable CPUs), "usable"
 * (the usable CPUs), "view" (the view's own limit). A schedule's chunk is written behind ':'
 * (dynamic:4). */
struct axes {
    const char *backends, *kernels, *workers, *batches, *schedules, *views, *pixels, *max_iter;
};

struct instrument;

struct experiment {
    const char *name;
    const char *summary;
    struct axes axes;
    enum axis along;
    bool weak; /* the picture's height grows with the workers */
    /* Who measures and reports, if not the renderer (then there are no axes);
     * bench/measure/instrument.h. */
    const struct instrument *instrument;
};

/* All experiments in the order of experiments.def; *count of them. */
const struct experiment *const *experiment_list(unsigned *count);

/* The experiment of that name, or NULL. */
const struct experiment *experiment_find(const char *name);

#endif
