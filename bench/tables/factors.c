/* factors.csv: a parallel efficiency taken apart, by the definitions of POP, the European centre of
 * excellence for performance optimisation and productivity (pop-coe.eu/node/69, "POP standard
 * metrics for parallel performance analysis"). Useful computation is compute_s, CPU time. Each
 * factor is the median of its values block by block, with the exact interval. */
#include "bench/stats/stats.h"
#include "bench/tables/tables.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* One factor of a row; the reference is of the same block. NaN: not known. */
typedef double factor_value(const struct raw_row *row, const struct raw_row *reference);

static double compute_mean_s(const struct raw_row *row) {
    return row->compute_s / (double)row->workers;
}

static double ns_per_iteration(const struct raw_row *row, const struct raw_row *reference) {
    (void)reference;
    return row->compute_s / (double)row->iterations * 1e9;
}

static double load_balance(const struct raw_row *row, const struct raw_row *reference) {
    (void)reference;
    return compute_mean_s(row) / row->compute_max_s;
}

static double communication_efficiency(const struct raw_row *row, const struct raw_row *reference) {
    (void)reference;
    return row->compute_max_s / row->accounted_s;
}

static double parallel_efficiency(const struct raw_row *row, const struct raw_row *reference) {
    (void)reference;
    return compute_mean_s(row) / row->accounted_s;
}

static double computational_scaling(const struct raw_row *row, const struct raw_row *reference) {
    return reference ? ns_per_iteration(reference, NULL) / ns_per_iteration(row, NULL) : NAN;
}

static double global_efficiency(const struct raw_row *row, const struct raw_row *reference) {
    return parallel_efficiency(row, reference) * computational_scaling(row, reference);
}

static struct factor median_of(const struct cells *cells, const struct cell *cell,
                               const struct cell *reference, factor_value *value, double *values) {
    size_t n = 0;
    for (uint64_t block = 0; block < cells->blocks; block++) {
        const struct raw_row *row = cell->rows[block];
        double one = row ? value(row, reference ? reference->rows[block] : NULL) : NAN;
        if (isfinite(one))
            values[n++] = one;
    }
    if (!n)
        return (struct factor){NAN, NAN, NAN};
    stats_sort(values, n);
    struct stats_interval interval = stats_median_interval(values, n, cells->alpha);
    return (struct factor){stats_median(values, n), interval.lo, interval.hi};
}

/* Falls as the speedup rises, so that the ends of its interval change places. It is that of
 * speedup.csv, which holds for all comparisons together. */
static struct factor karp_flatt(const struct cells *cells, const struct cell *cell,
                                double *values) {
    unsigned workers = cell->plan_case->job.workers;
    size_t n = cell->baseline ? cells_ratios(cells, cell->baseline, cell, values) : 0;
    if (!n || workers < 2)
        return (struct factor){NAN, NAN, NAN};
    struct stats_interval interval =
        stats_median_interval(values, n, cells->alpha / cells_comparisons(cells, cell));
    return (struct factor){stats_karp_flatt(stats_median(values, n), workers),
                           stats_karp_flatt(interval.hi, workers),
                           stats_karp_flatt(interval.lo, workers)};
}

static uint64_t count_accounted(const struct cells *cells, const struct cell *cell) {
    uint64_t n = 0;
    for (uint64_t block = 0; block < cells->blocks; block++)
        n += cell->rows[block] && csv_is_time(cell->rows[block]->accounted_s);
    return n;
}

static void fill_in(struct factors_row *row, const struct cells *cells, const struct cell *cell,
                    double *values) {
    /* A picture that grows with the workers has no case of one worker: then against serial. */
    const struct cell *reference = cells_at_one_worker(cells, cell);
    if (!reference)
        reference = cell->baseline;
    row->key = table_key_of(cells, cell);
    row->load_balance = median_of(cells, cell, NULL, load_balance, values);
    row->communication_efficiency = median_of(cells, cell, NULL, communication_efficiency, values);
    row->parallel_efficiency = median_of(cells, cell, NULL, parallel_efficiency, values);
    row->ns_per_iteration = median_of(cells, cell, NULL, ns_per_iteration, values);
    row->computational_scaling = median_of(cells, cell, reference, computational_scaling, values);
    row->global_efficiency = median_of(cells, cell, reference, global_efficiency, values);
    row->karp_flatt = karp_flatt(cells, cell, values);
}

int factors_make(struct tables *tables, const struct cells *cells) {
    double *values = malloc((cells->blocks + 1) * sizeof *values);
    tables->factors = calloc(cells->count + 1, sizeof *tables->factors);
    if (!values || !tables->factors) {
        free(values);
        return -ENOMEM;
    }
    for (size_t i = 0; i < cells->count; i++) {
        uint64_t n = count_accounted(cells, &cells->at[i]);
        if (n == 0)
            continue;
        struct factors_row *row = &tables->factors[tables->factors_count++];
        row->n = n;
        fill_in(row, cells, &cells->at[i], values);
    }
    free(values);
    return 0;
}
