/* Rounds: how a lab measures a table of cells several times. Each round holds every cell once, in
 * random order, so that a disturbance hits all alike; a cell's result is the median. */
#ifndef BENCH_LAB_ROUNDS_H
#define BENCH_LAB_ROUNDS_H

#include <stdint.h>

struct rounds {
    unsigned cells;
    unsigned least, most; /* rounds */
    uint64_t budget_ns;   /* no round beyond the least is begun later */
};

/* Measures one cell in one round, both counted from 0: 0 or -errno. */
typedef int rounds_measure(void *context, unsigned cell, unsigned round);

/* How many rounds there were, or the first error of a measurement; -ENOMEM. */
int rounds_run(const struct rounds *rounds, rounds_measure *measure, void *context);

/* Of n ≥ 1 samples, which it sorts. */
double rounds_median(double *samples, unsigned n);

#endif
