/* Shelf 4: which questions are asked. An experiment is data: a name, its question, and for each
 * axis a comma list; experiments.def lists it. The command line can replace every axis. */
#ifndef BENCH_EXPERIMENTS_EXPERIMENT_H
#define BENCH_EXPERIMENTS_EXPERIMENT_H

#include <stdbool.h>

/* What is varied to answer the question; tables and figures go along it. */
enum axis { AXIS_WORKERS, AXIS_BATCH, AXIS_PIXELS, AXIS_SCHEDULE, AXIS_KERNELS };

/* Comma lists. Special words: "all" (views; backends or kernels that are available, not the null
 * kernel), "exact" (of those kernels), "fastest" (the fastest exact kernel), "default" (batch),
 * "ladder" (workers 1, 2, 4 … to twice the usable CPUs, and the usable CPUs), "usable" (the usable
 * CPUs), "view" (the view's own limit). A schedule's chunk is written behind ':' (dynamic:4), and
 * so is a batch that is for one kernel alone (scalar:800). Of backends with '/' between them it is
 * the first that this build has. */
struct axes {
    const char *backends, *kernels, *workers, *batches, *schedules, *shortcuts, *views, *pixels,
        *max_iter;
};

struct instrument;

struct experiment {
    const char *name;
    const char *summary;
    struct axes axes;
    enum axis along;
    bool weak;      /* the picture's height grows with the workers */
    bool by_kernel; /* scalar is the baseline of all kernels, and serial stands for one core */
    /* Who measures and reports, if not the renderer alone; bench/measure/instrument.h. Mostly it
     * renders no cases of a plan, and then there are no axes. */
    const struct instrument *instrument;
};

/* Does it render the cases of a plan? */
static inline bool experiment_renders(const struct experiment *experiment) {
    return experiment->axes.backends;
}

/* All experiments in the order of experiments.def; *count of them. */
const struct experiment *const *experiment_list(unsigned *count);

/* The experiment of that name, or NULL. */
const struct experiment *experiment_find(const char *name);

#endif
