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

/* One comparison with serial. */
struct comparison {
    size_t n; /* blocks that have both */
    const double *ratios;
    struct stats_interval interval;
    double floor; /* see control_floor */
    double comparisons;
};

/* A campaign of that many blocks would be a new one, with one look. */
static double blocks_needed(const struct comparison *comparison) {
    return stats_ratios_needed(comparison->ratios, comparison->n, comparison->floor,
                               ALPHA / comparison->comparisons);
}

static void judge(struct speedup_row *row, const struct comparison *comparison) {
    struct stats_interval interval = comparison->interval;
    double floor = comparison->floor, needed = blocks_needed(comparison);
    if (interval.exists && log(interval.lo) > floor)
        snprintf(row->verdict, sizeof row->verdict, "faster");
    else if (interval.exists && log(interval.hi) < -floor)
        snprintf(row->verdict, sizeof row->verdict, "slower");
    else if (!(needed < 10000))
        snprintf(row->verdict, sizeof row->verdict, "not resolved (needs over 10000 blocks)");
    else
        snprintf(row->verdict, sizeof row->verdict, "not resolved (needs about %.0f blocks)",
                 fmax(needed, (double)comparison->n + 1));
    if (interval.exists && isfinite(floor))
        row->detectable = expm1(stats_reach(interval, row->speedup) + floor);
}

static double median_ratio(const struct cells *cells, const struct cell *a, const struct cell *b,
                           double *ratios) {
    size_t n = a && b ? cells_ratios(cells, a, b, ratios) : 0;
    return n ? stats_median(ratios, n) : NAN;
}

/* What the row says of its cell alone. */
static void measure(struct speedup_row *row, const struct cells *cells, const struct cell *cell,
                    double *values) {
    row->n = cells_values(cells, cell, cells_render_s, values);
    row->median_s = stats_median(values, row->n);
    struct stats_interval interval = stats_median_interval(values, row->n, cells->alpha);
    row->ci_lo_s = interval.lo;
    row->ci_hi_s = interval.hi;
}

static void compare(struct speedup_row *row, const struct cells *cells, const struct cell *cell,
                    const struct control_row *control, double *values) {
    enum role role = cell->plan_case->role;
    row->speedup_self = median_ratio(cells, cells_at_one_worker(cells, cell), cell, values);
    row->speedup = median_ratio(cells, cell->baseline, cell, values);
    row->bound_s = bounds_cell_s(cells, cell, values);
    row->pct_of_bound = row->bound_s / row->median_s * 100;
    row->speedup_lo = row->speedup_hi = row->karp_flatt = row->detectable = NAN;
    row->efficiency_lo = row->efficiency_hi = NAN;
    row->efficiency = row->speedup / (double)row->key.workers;
    if (isnan(row->speedup) || role == ROLE_BASELINE)
        return;
    if (row->key.workers > 1)
        row->karp_flatt = stats_karp_flatt(row->speedup, (unsigned)row->key.workers);
    double comparisons = cells_comparisons(cells, cell);
    size_t n = cells_ratios(cells, cell->baseline, cell, values);
    struct comparison comparison = {
        .n = n,
        .ratios = values,
        .interval = stats_median_interval(values, n, cells->alpha / comparisons),
        .floor = control_floor(control),
        .comparisons = comparisons,
    };
    row->speedup_lo = comparison.interval.lo;
    row->speedup_hi = comparison.interval.hi;
    if (role == ROLE_CONTROL && control) { /* all controls hold together */
        row->speedup_lo = control->ratio_lo;
        row->speedup_hi = control->ratio_hi;
    }
    row->efficiency_lo = row->speedup_lo / (double)row->key.workers;
    row->efficiency_hi = row->speedup_hi / (double)row->key.workers;
    if (role == ROLE_CASE)
        judge(row, &comparison);
}

/* Half of a group's cases could show less, half of them not. */
static double median_detectable(const struct tables *tables, const struct table_key *key,
                                double *values) {
    size_t n = 0;
    for (size_t i = 0; i < tables->speedup_count; i++) {
        const struct speedup_row *row = &tables->speedup[i];
        if (!isnan(row->detectable) && table_key_same_group(&row->key, key))
            values[n++] = row->detectable;
    }
    stats_sort(values, n);
    return n ? stats_median(values, n) : NAN;
}

int speedup_make(struct tables *tables, const struct cells *cells) {
    double *values = malloc((cells->blocks + cells->count + 1) * sizeof *values);
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
        measure(row, cells, &cells->at[i], values);
        compare(row, cells, &cells->at[i], control_of(tables, &row->key), values);
    }
    for (size_t i = 0; i < tables->control_count; i++)
        tables->control[i].detectable = median_detectable(tables, &tables->control[i].key, values);
    free(values);
    return 0;
}
