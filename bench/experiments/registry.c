/* The list of experiments; contracts in experiment.h. */
#include "bench/experiments/experiment.h"

#include <stddef.h>
#include <string.h>

#define EXPERIMENT(name) extern const struct experiment experiment_##name;
#include "bench/experiments/experiments.def"
#undef EXPERIMENT

static const struct experiment *const experiments[] = {
#define EXPERIMENT(name) &experiment_##name,
#include "bench/experiments/experiments.def"
#undef EXPERIMENT
};

const struct experiment *const *experiment_list(unsigned *count) {
    *count = sizeof experiments / sizeof *experiments;
    return experiments;
}

const struct experiment *experiment_find(const char *name) {
    for (size_t i = 0; i < sizeof experiments / sizeof *experiments; i++)
        if (strcmp(experiments[i]->name, name) == 0)
            return experiments[i];
    return NULL;
}
