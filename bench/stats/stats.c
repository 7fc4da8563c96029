/* Order statistics; contracts in stats.h. */
#include "bench/stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* NaNs last: an order of all doubles, without which qsort may go astray. */
static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return isnan(x) || isnan(y) ? (isnan(x) != 0) - (isnan(y) != 0) : (x > y) - (x < y);
}

void stats_sort(double *values, size_t n) {
    qsort(values, n, sizeof *values, ascending);
}

double stats_quantile(const double *sorted, size_t n, double p) {
    double at = p * (double)(n - 1);
    size_t below = (size_t)at;
    if (below + 1 >= n)
        return sorted[n - 1];
    return sorted[below] + (sorted[below + 1] - sorted[below]) * (at - (double)below);
}

double stats_median(const double *sorted, size_t n) {
    return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

/* 0 when memory is short: a spread that is not known is not invented. */
static double median_deviation(const double *sorted, size_t n, double median) {
    double *deviations = malloc(n * sizeof *deviations);
    if (!deviations)
        return 0;
    for (size_t i = 0; i < n; i++)
        deviations[i] = fabs(sorted[i] - median);
    stats_sort(deviations, n);
    double mad = stats_median(deviations, n);
    free(deviations);
    return mad;
}

/* 0.6745 is the third quartile of the standard normal distribution. */
static bool is_outlier(double value, double median, double mad) {
    return mad > 0 && 0.6745 * fabs(value - median) / mad > 3.5;
}

struct stats_summary stats_summarize(const double *sorted, size_t n) {
    struct stats_summary summary = {
        .n = n,
        .median = stats_median(sorted, n),
        .min = sorted[0],
        .q25 = stats_quantile(sorted, n, 0.25),
        .q75 = stats_quantile(sorted, n, 0.75),
        .max = sorted[n - 1],
    };
    summary.mad = median_deviation(sorted, n, summary.median);
    for (size_t i = 0; i < n; i++)
        summary.outliers += is_outlier(sorted[i], summary.median, summary.mad);
    return summary;
}

double stats_binomial_half(size_t n, size_t k) {
    double term = pow(0.5, (double)n), sum = 0; /* C(n, 0) / 2^n */
    for (size_t i = 0; i <= k && i <= n; i++) {
        sum += term;
        term *= (double)(n - i) / (double)(i + 1);
    }
    return fmin(sum, 1);
}

size_t stats_median_rank(size_t n, double alpha) {
    size_t rank = 0;
    while (rank < n / 2 && 2 * stats_binomial_half(n, rank) <= alpha)
        rank++;
    return rank;
}

struct stats_interval stats_median_interval(const double *sorted, size_t n, double alpha) {
    size_t rank = stats_median_rank(n, alpha);
    if (rank == 0)
        return (struct stats_interval){.lo = NAN, .hi = NAN};
    return (struct stats_interval){.lo = sorted[rank - 1], .hi = sorted[n - rank], .exists = true};
}

size_t stats_median_least(double alpha) {
    size_t least = 1;
    while (stats_median_rank(least, alpha) == 0)
        least++;
    return least;
}

double stats_half_width(struct stats_interval interval, double centre) {
    return interval.exists ? (interval.hi - interval.lo) / 2 / centre : NAN;
}

double stats_reach(struct stats_interval interval, double centre) {
    return interval.exists ? fmax(log(interval.hi / centre), log(centre / interval.lo)) : NAN;
}

double stats_normal_quantile(double p) {
    double lo = -40, hi = 40;
    while (hi - lo > 1e-10) {
        double middle = (lo + hi) / 2;
        *(erfc(-middle / sqrt(2)) / 2 < p ? &lo : &hi) = middle;
    }
    return (lo + hi) / 2;
}

double stats_ratios_needed(const double *sorted, size_t n, double floor, double alpha) {
    double least = (double)stats_median_least(alpha), median = stats_median(sorted, n);
    if (n < 2)
        return least; /* of one ratio nothing is known but that */
    size_t rank = stats_median_rank(n, alpha);
    if (rank == 0)
        rank = 1; /* too wide a level, but the only interval that there is */
    double level = 2 * stats_binomial_half(n, rank - 1);
    struct stats_interval interval = {sorted[rank - 1], sorted[n - rank], true};
    double reach = stats_reach(interval, median) * stats_normal_quantile(1 - alpha / 2) /
                   stats_normal_quantile(1 - level / 2);
    double apart = fabs(log(median));
    reach += isinf(floor) ? reach : floor;
    return apart > 0 ? fmax(least, ceil((double)n * pow(reach / apart, 2))) : INFINITY;
}

double stats_karp_flatt(double speedup, unsigned workers) {
    double part = 1.0 / workers;
    return (1 / speedup - part) / (1 - part);
}
