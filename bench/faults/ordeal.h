/* Ordeal: one sample of what deaths cost. A fresh process opens a backend and renders once, while
 * an assassin kills its workers. */
#ifndef BENCH_FAULTS_ORDEAL_H
#define BENCH_FAULTS_ORDEAL_H

#include "base/usage.h"
#include "bench/measure/machine.h"
#include "render.h"

#include <stdint.h>

/* What to go through. */
struct ordeal {
    const struct backend *backend; /* of processes */
    const struct job *job;
    unsigned kills;
    uint64_t expected_ns; /* of the render: the kills are spread over it; at least 1 */
    uint64_t seed;
};

/* What came of it. */
struct ordeal_result {
    enum render_end end;
    char sentence[512]; /* why, unless it is done */
    struct render_result render;
    /* While it rendered; and of how many of those the replacement began to compute. */
    unsigned kills, recoveries;
    double recovery_median_ns, recovery_max_ns; /* from the kill to its first batch */
    struct usage usage;                         /* of the process and its workers */
    struct machine_others others;
};

/* Blocks until it has ended, at most a minute. 0 and *result, whatever its end; -ECANCELED: a stop
 * was asked for; or -errno: it could not begin. Nothing of it is left running. */
int ordeal_run(const struct ordeal *ordeal, struct ordeal_result *result);

#endif
