/* speedup.csv: every cell against serial with the same kernel. The speedup is the median of the
 * ratios block by block; its interval is of their order statistics, with Bonferroni over the
 * experiment's comparisons, so that all intervals hold together with 95 %. A verdict needs the
 * interval to leave out 1, and also the widest ratio that serial against itself (the A/A control)
 * showed. */
#include "bench/stats/stats.h"
#include "bench/tables/bounds.h"
#include "bench/tables/tables.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ALPHA 0.05

static size_t count_comparisons(const struct cells *cells) {
    size_t comparisons = 0;
    for (size_t i = 0; i < cells->count; i++)
        comparisons += cells->at[i].plan_case->role == ROLE_CASE;
    return comparisons ? comparisons : 1;
}

/* How far from 1 the control's ratio may lie by chance, as a logarithm; infinite when it is not
 * known. */
static double control_floor(const struct cells *cells, const struct cell *baseline,
                            double *ratios) {
    for (size_t i = 0; i < cells->count; i++) {
        const struct cell *cell = &cells->at[i];
        if (cell->plan_case->role != ROLE_CONTROL || cell->baseline != baseline)
            continue;
        size_t n = cells_ratios(cells, baseline, cell, ratios);
        struct stats_interval interval = stats_median_interval(ratios, n, ALPHA);
        if (interval.exists)
            return fmax(fabs(log(interval.lo)), fabs(log(interval.hi)));
    }
    return INFINITY;
}

/* About how many blocks would resolve a ratio: intervals shrink as 1 / √n. */
static double blocks_needed(size_t n, double speedup, struct stats_interval interval, double floor,
                            double alpha) {
    size_t least = 6;
    while (stats_median_rank(least, alpha) == 0)
        least++;
    if (!interval.exists)
        return (double)least;
    double half = fmax(log(interval.hi / speedup), log(speedup / interval.lo));
    double uncertainty = half + (isinf(floor) ? half : floor);
    return fmax((double)least, ceil((double)n * pow(uncertainty / fabs(log(speedup)), 2)));
}

static void judge(struct speedup_row *row, size_t n, struct stats_interval interval, double floor,
                  double alpha) {
    double needed = blocks_needed(n, row->speedup, interval, floor, alpha);
    if (interval.exists && log(interval.lo) > floor)
        snprintf(row->verdict, sizeof row->verdict, "faster");
    else if (interval.exists && log(interval.hi) < -floor)
        snprintf(row->verdict, sizeof row->verdict, "slower");
    else if (!(needed < 10000))
        snprintf(row->verdict, sizeof row->verdict, "not resolved (needs over 10000 blocks)");
    else
        snprintf(row->verdict, sizeof row->verdict, "not resolved (needs about %.0f blocks)",
                 fmax(needed, (double)n + 1));
}

static double median_ratio(const struct cells *cells, const struct cell *a, const struct cell *b,
                           double *ratios) {
    size_t n = a && b ? cells_ratios(cells, a, b, ratios) : 0;
    return n ? stats_median(ratios, n) : NAN;
}

static void compare(struct speedup_row *row, const struct cells *cells, const struct cell *cell,
                    double alpha, double *values) {
    const struct cell *baseline = cell->baseline;
    enum role role = cell->plan_case->role;
    row->n = cells_values(cells, cell, cells_render_s, values);
    row->median_s = stats_median(values, row->n);
    struct stats_interval interval = stats_median_interval(values, row->n, ALPHA);
    row->ci_lo_s = interval.lo;
    row->ci_hi_s = interval.hi;
    row->speedup_self = median_ratio(cells, cells_at_one_worker(cells, cell), cell, values);
    row->speedup = median_ratio(cells, baseline, cell, values);
    row->bound_s = bounds_cell_s(cells, cell, values);
    row->pct_of_bound = row->bound_s / row->median_s * 100;
    row->speedup_lo = row->speedup_hi = row->karp_flatt = NAN;
    row->efficiency = row->speedup / (double)row->key.workers;
    if (isnan(row->speedup) || role == ROLE_BASELINE)
        return;
    if (row->key.workers > 1)
        row->karp_flatt = stats_karp_flatt(row->speedup, (unsigned)row->key.workers);
    double floor = role == ROLE_CASE ? control_floor(cells, baseline, values) : 0;
    if (role != ROLE_CASE)
        alpha = ALPHA; /* the control and the plumbing are not among the comparisons */
    size_t n = cells_ratios(cells, baseline, cell, values);
    interval = stats_median_interval(values, n, alpha);
    row->speedup_lo = interval.lo;
    row->speedup_hi = interval.hi;
    if (role == ROLE_CASE)
        judge(row, n, interval, floor, alpha);
}

int speedup_make(struct tables *tables, const struct cells *cells) {
    double *values = malloc((cells->blocks + 1) * sizeof *values);
    double alpha = ALPHA / (double)count_comparisons(cells);
    tables->speedup = calloc(cells->count + 1, sizeof *tables->speedup);
    if (!values || !tables->speedup) {
        free(values);
        return -ENOMEM;
    }
    for (size_t i = 0; i < cells->count; i++) {
        if (cells->at[i].n == 0)
            continue;
        struct speedup_row *row = &tables->speedup[tables->speedup_count++];
        row->key = table_key_of(cells, &cells->at[i]);
        compare(row, cells, &cells->at[i], alpha, values);
    }
    free(values);
    return 0;
}
