/* Hard bounds; contracts in bounds.h. */
#include "bench/tables/bounds.h"

#include "base/size.h"
#include "bench/stats/stats.h"

#include <math.h>

/* The part of a row that lies in batches [first, end). */
static double cost_within(const struct batch_row *row, uint64_t first, uint64_t end) {
    uint64_t from = size_max(row->index, first), to = size_min(row->index + row->batches, end);
    return from < to ? row->cost_s * ((double)(to - from) / (double)row->batches) : 0;
}

/* Bands as the backend cuts them: worker * n / N … (worker + 1) * n / N - 1. */
static double costliest_band(const struct batch_row *rows, size_t count, uint64_t workers) {
    uint64_t batches = rows[count - 1].index + rows[count - 1].batches;
    double costliest = 0;
    for (uint64_t worker = 0; worker < workers; worker++) {
        uint64_t first = worker * batches / workers, end = (worker + 1) * batches / workers;
        double cost = 0;
        for (size_t row = 0; row < count; row++)
            cost += cost_within(&rows[row], first, end);
        costliest = fmax(costliest, cost);
    }
    return costliest;
}

struct bounds bounds_of(const struct batch_row *rows, size_t count, uint64_t workers) {
    struct bounds bounds = {.band_s = costliest_band(rows, count, workers)};
    for (size_t i = 0; i < count; i++) {
        bounds.sum_s += rows[i].cost_s;
        bounds.largest_s = fmax(bounds.largest_s, rows[i].cost_s / (double)rows[i].batches);
    }
    return bounds;
}

double bounds_coordinator_s(const struct raw_row *row) {
    return isnan(row->coordinator_max_s) ? 0 : row->coordinator_max_s;
}

/* The rows about a cell's batches: they lie together. */
static const struct batch_row *find_rows(const struct cells *cells, const struct cell *cell,
                                         size_t *count) {
    const struct batch_rows *all = cells->batches;
    size_t first = 0;
    while (all && first < all->count && !batches_belong(&all->at[first], cell->plan_case))
        first++;
    *count = 0;
    if (!all)
        return NULL;
    while (first + *count < all->count && batches_belong(&all->at[first + *count], cell->plan_case))
        ++*count;
    return all->at + first;
}

double bounds_cell_s(const struct cells *cells, const struct cell *cell, double *values) {
    const struct plan_case *plan_case = cell->plan_case;
    uint64_t workers = plan_case->job.workers;
    size_t count;
    const struct batch_row *rows = find_rows(cells, cell, &count);
    size_t n = cells_values(cells, cell, bounds_coordinator_s, values);
    if (!count || !n)
        return NAN;
    struct bounds bounds = bounds_of(rows, count, workers);
    uint64_t at_once = size_min(workers, size_max(cells->campaign->plan.usable_cpus, 1));
    bool fixed = plan_case->backend->flags & BACKEND_BANDS;
    double least = fmax(bounds.sum_s / (double)at_once, bounds.largest_s);
    return fmax(fmax(least, fixed ? bounds.band_s : 0), stats_median(values, n));
}
