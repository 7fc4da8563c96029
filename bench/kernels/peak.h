/* Peak: one calibration: how many vector operations per second the machine does, at one width, in
 * one chain, by one thread or by several at a time. */
#ifndef BENCH_KERNELS_PEAK_H
#define BENCH_KERNELS_PEAK_H

#include "bench/kernels/width.h"

/* Vector operations per second of all threads together. Time is cut into slices: `fastest` is of
 * each thread's fastest slice, what the machine can do; `mean` is of all of them, less by what
 * others took away meanwhile. */
struct peak {
    double fastest_per_s, mean_per_s;
};

/* Blocks for about 15 ms. The chain is available; threads ≥ 1, and no more than there are CPUs, or
 * a slice would be taken for a whole one. 0 or -errno. */
int peak_measure(const struct width *width, enum chain chain, unsigned threads, struct peak *peak);

#endif
