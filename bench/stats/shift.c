/* Hodges–Lehmann and Mann–Whitney; contracts in shift.h. */
#include "bench/stats/shift.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* P(U = u) for n and m values from that for one value less on either side: the largest of all is
 * one of the n with probability n / (n + m), and then exceeds all m. table[j] is for i - 1 and j
 * values before, for i and j after. */
static void add_value(double **table, size_t i, size_t m) {
    for (size_t j = 1; j <= m; j++) {
        double share = (double)i / (double)(i + j);
        for (size_t u = i * j + 1; u-- > 0;)
            table[j][u] = share * (u >= j ? table[j][u - j] : 0) +
                          (1 - share) * (u <= i * (j - 1) ? table[j - 1][u] : 0);
    }
}

/* P(U = 0 … n·m) as a new array, or NULL. */
static double *exact_distribution(size_t n, size_t m) {
    size_t length = n * m + 1;
    double *all = calloc((m + 1) * length, sizeof *all), *last = NULL;
    double **table = calloc(m + 1, sizeof *table);
    if (all && table) {
        for (size_t j = 0; j <= m; j++) {
            table[j] = all + j * length;
            table[j][0] = 1; /* for 0 and j values */
        }
        for (size_t i = 1; i <= n; i++)
            add_value(table, i, m);
        last = malloc(length * sizeof *last);
        if (last)
            memcpy(last, table[m], length * sizeof *last);
    }
    free(table);
    free(all);
    return last;
}

static size_t exact_rank(size_t n, size_t m, double alpha) {
    double *distribution = exact_distribution(n, m), tail = 0;
    size_t rank = 0;
    if (!distribution)
        return 0;
    while (rank < n * m / 2 && 2 * (tail + distribution[rank]) <= alpha)
        tail += distribution[rank++];
    free(distribution);
    return rank;
}

static size_t normal_rank(size_t n, size_t m, double alpha) {
    double middle = (double)n * (double)m / 2;
    double deviation = sqrt((double)n * (double)m * (double)(n + m + 1) / 12);
    size_t least = 0, beyond = n * m / 2 + 1; /* the rank is within */
    while (least + 1 < beyond) {
        size_t rank = least + (beyond - least) / 2;
        double tail = erfc((middle - (double)rank + 0.5) / (deviation * sqrt(2))) / 2;
        if (2 * tail <= alpha)
            least = rank;
        else
            beyond = rank;
    }
    return least;
}

size_t shift_rank(size_t n, size_t m, double alpha) {
    if (n == 0 || m == 0)
        return 0;
    bool exact = n <= SHIFT_EXACT_MAX && m <= SHIFT_EXACT_MAX;
    return exact ? exact_rank(n, m, alpha) : normal_rank(n, m, alpha);
}

int shift_between(const double *a, size_t n, const double *b, size_t m, double alpha,
                  struct shift *shift) {
    *shift = (struct shift){.ratio = NAN, .interval = {.lo = NAN, .hi = NAN}};
    if (n == 0 || m == 0)
        return 0;
    double *differences = malloc(n * m * sizeof *differences);
    if (!differences)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            differences[i * m + j] = log(b[j]) - log(a[i]);
    stats_sort(differences, n * m);
    shift->ratio = exp(stats_median(differences, n * m));
    size_t rank = shift_rank(n, m, alpha);
    if (rank > 0)
        shift->interval = (struct stats_interval){
            .lo = exp(differences[rank - 1]), .hi = exp(differences[n * m - rank]), .exists = true};
    free(differences);
    return 0;
}

double shift_reach(struct stats_interval interval) {
    return interval.exists ? fmax(fabs(log(interval.lo)), fabs(log(interval.hi))) : INFINITY;
}

/* So many values each, that there is an interval: 2 / C(2n, n) ≤ alpha. */
static double least_needed(double alpha) {
    double extreme = 1;
    size_t n = 0;
    while (2 * extreme > alpha) {
        n++;
        extreme *= (double)n / (double)(2 * (2 * n - 1));
    }
    return (double)n;
}

double shift_needed(size_t n, size_t m, const struct shift *shift, double floor, double alpha) {
    double least = fmax(least_needed(alpha), (double)(n > m ? n : m) + 1);
    if (!shift->interval.exists)
        return least;
    double half =
        fmax(log(shift->interval.hi / shift->ratio), log(shift->ratio / shift->interval.lo));
    double uncertainty = half + (isinf(floor) ? half : floor);
    double harmonic = 2.0 * (double)n * (double)m / (double)(n + m);
    return fmax(least, ceil(harmonic * pow(uncertainty / fabs(log(shift->ratio)), 2)));
}
