/* plumbing.csv: renders with the null kernel, per batch: the cost of sharing, with nothing to
 * share. */
#include "bench/stats/stats.h"
#include "bench/tables/tables.h"

#include <errno.h>
#include <stdlib.h>

static double open_s(const struct raw_row *row) {
    return row->open_s;
}

static double close_s(const struct raw_row *row) {
    return row->close_s;
}

static double median_of(const struct cells *cells, const struct cell *cell, cells_value *value,
                        double *values) {
    return stats_median(values, cells_values(cells, cell, value, values));
}

int plumbing_make(struct tables *tables, const struct cells *cells) {
    double *values = malloc((cells->blocks + 1) * sizeof *values);
    tables->plumbing = calloc(cells->count + 1, sizeof *tables->plumbing);
    if (!values || !tables->plumbing) {
        free(values);
        return -ENOMEM;
    }
    for (size_t i = 0; i < cells->count; i++) {
        const struct cell *cell = &cells->at[i];
        if (cell->plan_case->role != ROLE_NULL || cell->n == 0)
            continue;
        struct plumbing_row *row = &tables->plumbing[tables->plumbing_count++];
        row->key = table_key_of(cells, cell);
        row->batches = job_batches(&cell->plan_case->job);
        row->open_s = median_of(cells, cell, open_s, values);
        row->close_s = median_of(cells, cell, close_s, values);
        row->median_s = median_of(cells, cell, cells_render_s, values);
        struct stats_interval interval = stats_median_interval(values, cell->n, cells->alpha);
        row->n = cell->n;
        row->ci_lo_s = interval.lo;
        row->ci_hi_s = interval.hi;
        row->per_batch_s = row->median_s / (double)row->batches;
    }
    free(values);
    return 0;
}
