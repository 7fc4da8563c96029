/* Shift: by what factor one sample's values are another's, when nothing pairs the two. A pure
 * function, like all in stats.h.
 * The factor is exp of the Hodges–Lehmann estimate on logarithms: the median of all n·m
 * differences log b[j] - log a[i]. Its interval is Moses': from the k-th smallest to the k-th
 * largest difference, k from the distribution of the Mann–Whitney statistic U. It covers with at
 * least 1 - alpha if both samples have one shape on a logarithmic scale, whatever shape.
 * Source: Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 3rd edition, 4.2 and
 * 4.3; the distribution by the recurrence of Mann and Whitney, Annals of Mathematical Statistics
 * 18(1), 1947. */
#ifndef BENCH_STATS_SHIFT_H
#define BENCH_STATS_SHIFT_H

#include "bench/stats/stats.h"

#include <stddef.h>

/* Up to that many values each, U's distribution is exact; beyond, normal with a correction for
 * continuity. */
#define SHIFT_EXACT_MAX 50

struct shift {
    double ratio;                   /* b's values / a's; NaN when one has none */
    struct stats_interval interval; /* of the ratio */
};

/* The k of that interval, or 0 when there is none: even the extremes cover less (n = m < 4 for
 * alpha = 0.05). 0 also when memory is short. */
size_t shift_rank(size_t n, size_t m, double alpha);

/* All values above 0, in any order. 0 and *shift, or -ENOMEM. */
int shift_between(const double *a, size_t n, const double *b, size_t m, double alpha,
                  struct shift *shift);

/* How far from 1 an interval reaches, as a logarithm ≥ 0; infinite when there is none. */
double shift_reach(struct stats_interval interval);

/* About how many values each side needs for the interval to leave out all ratios within exp(±floor)
 * (floor ≥ 0): both shrink as 1 / √n. More than either has; infinite when the ratio is 1. */
double shift_needed(size_t n, size_t m, const struct shift *shift, double floor, double alpha);

#endif
