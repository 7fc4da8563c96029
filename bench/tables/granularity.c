/* granularity.csv: where one picture was cut into batches of several sizes, each size against the
 * best that serial does with any of them. Serial with the same size pays for small batches itself,
 * so that an efficiency against it flatters them. The interval is of the ratios block by block, as
 * in speedup.csv. */
#include "bench/stats/stats.h"
#include "bench/tables/tables.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool same_work(const struct plan_case *a, const struct plan_case *b) {
    return a->job.kernel == b->job.kernel && workload_same(&a->job.workload, &b->job.workload);
}

/* Serial's fastest cell of that picture and kernel, and its median; NULL if there is only one size
 * of batch. */
static const struct cell *find_best(const struct cells *cells, const struct cell *cell,
                                    double *best_s, double *values) {
    const struct cell *best = NULL;
    size_t sizes = 0;
    for (size_t i = 0; i < cells->count; i++) {
        const struct cell *other = &cells->at[i];
        if (other->plan_case->role != ROLE_BASELINE || other->n == 0 ||
            !same_work(other->plan_case, cell->plan_case))
            continue;
        double median_s = stats_median(values, cells_values(cells, other, cells_render_s, values));
        sizes++;
        if (!best || median_s < *best_s) {
            best = other;
            *best_s = median_s;
        }
    }
    return sizes > 1 ? best : NULL;
}

static void fill_in(struct granularity_row *row, const struct cells *cells, const struct cell *cell,
                    const struct cell *best, double alpha, double *values) {
    double workers = (double)cell->plan_case->job.workers;
    row->key = table_key_of(cells, cell);
    row->serial_batch = best->plan_case->job.batch;
    row->n = cells_values(cells, cell, cells_render_s, values);
    row->median_s = stats_median(values, row->n);
    struct stats_interval interval = stats_median_interval(values, row->n, cells->alpha);
    row->ci_lo_s = interval.lo;
    row->ci_hi_s = interval.hi;
    size_t n = cells_ratios(cells, best, cell, values);
    row->efficiency = n ? stats_median(values, n) / workers : NAN;
    interval = stats_median_interval(values, n, alpha);
    row->efficiency_lo = cell == best ? NAN : interval.lo / workers;
    row->efficiency_hi = cell == best ? NAN : interval.hi / workers;
}

int granularity_make(struct tables *tables, const struct cells *cells) {
    double *values = malloc((cells->blocks + 1) * sizeof *values);
    tables->granularity = calloc(cells->count + 1, sizeof *tables->granularity);
    int err = values && tables->granularity ? 0 : -ENOMEM;
    for (size_t i = 0; !err && i < cells->count; i++) {
        const struct cell *cell = &cells->at[i], *best;
        enum role role = cell->plan_case->role;
        double best_s = NAN;
        if (cell->n == 0 || (role != ROLE_CASE && role != ROLE_BASELINE) ||
            !(best = find_best(cells, cell, &best_s, values)))
            continue;
        struct granularity_row *row = &tables->granularity[tables->granularity_count++];
        row->serial_s = best_s;
        double comparisons = cells_comparisons(cells, cell);
        fill_in(row, cells, cell, best, cells->alpha / comparisons, values);
    }
    free(values);
    return err;
}

const struct granularity_row *granularity_of(const struct tables *tables,
                                             const struct table_key *key) {
    for (size_t i = 0; i < tables->granularity_count; i++) {
        const struct table_key *other = &tables->granularity[i].key;
        if (table_key_same_group(other, key) && strcmp(other->role, key->role) == 0 &&
            strcmp(other->backend, key->backend) == 0 && other->workers == key->workers &&
            strcmp(other->schedule, key->schedule) == 0)
            return &tables->granularity[i];
    }
    return NULL;
}
