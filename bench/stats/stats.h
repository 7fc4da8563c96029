/* Statistics: pure functions over arrays of doubles. Nothing here reads a clock, a file or a
 * global. */
#ifndef BENCH_STATS_STATS_H
#define BENCH_STATS_STATS_H

#include <stdbool.h>
#include <stddef.h>

/* A centre and what surrounds it. */
struct stats_summary {
    size_t n;
    double median, min, q25, q75, max;
    double mad;      /* median absolute deviation, unscaled */
    size_t outliers; /* modified z-score above 3.5 (Iglewicz and Hoaglin 1993) */
};

/* An interval for the median; valid only if `exists`. */
struct stats_interval {
    double lo, hi;
    bool exists;
};

/* Sorts in place, ascending. No NaN. */
void stats_sort(double *values, size_t n);

/* Of n ≥ 1 sorted values: the median; the quantile p in [0, 1] by linear interpolation (type 7 of
 * Hyndman and Fan 1996, the default of R and NumPy). */
double stats_median(const double *sorted, size_t n);
double stats_quantile(const double *sorted, size_t n, double p);

/* Of n ≥ 1 sorted values. */
struct stats_summary stats_summarize(const double *sorted, size_t n);

/* P(X ≤ k) for X binomial with n trials of probability 1/2. Exact to rounding for n up to 1000. */
double stats_binomial_half(size_t n, size_t k);

/* The exact interval for the median of n sorted values whose coverage is at least 1 - alpha:
 * between the k-th smallest and the k-th largest, with the largest k such that 2 P(X ≤ k - 1) ≤
 * alpha. No assumption about the distribution. It does not exist when even the extremes cover less
 * (n < 6 for alpha = 0.05). Source: Conover, Practical Nonparametric Statistics, 3rd edition, 3.2.
 */
struct stats_interval stats_median_interval(const double *sorted, size_t n, double alpha);

/* The rank k of that interval, or 0 when there is none; and how many values it needs at least. */
size_t stats_median_rank(size_t n, double alpha);
size_t stats_median_least(double alpha);

/* Half of the interval's width, as a part of the centre, which is positive. NaN: there is none. */
double stats_half_width(struct stats_interval interval, double centre);

/* How far the interval of positive values reaches from its centre at most, as a logarithm: what
 * counts for ratios. NaN: there is none. */
double stats_reach(struct stats_interval interval, double centre);

/* About how many values it takes until an interval at level alpha for the median ratio no longer
 * reaches 1, nor a floor beside it that shrinks alike (a logarithm; infinite: not known, and taken
 * to be as wide as the interval): from n ≥ 1 sorted positive ratios. Reaches shrink as 1 / √n and
 * grow with alpha's normal quantile; never less than stats_median_least, infinite for a median
 * of 1.
 */
double stats_ratios_needed(const double *sorted, size_t n, double floor, double alpha);

/* The quantile of the standard normal distribution, p in (0, 1), to 1e-9. */
double stats_normal_quantile(double p);

/* The serial fraction that a speedup on p ≥ 2 workers implies: (1/speedup - 1/p) / (1 - 1/p).
 * Source: Karp and Flatt, Communications of the ACM 33(5), 1990. */
double stats_karp_flatt(double speedup, unsigned workers);

#endif
