/* summary.csv: every cell by itself, with the exact 95 % interval of its median. */
#include "bench/stats/dip.h"
#include "bench/stats/stats.h"
#include "bench/tables/tables.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* CPU seconds of a render, of all its processes. Campaigns of older versions lack them: then those
 * of the whole sample, shared out among its renders, those that were only accounted for too. */
static double cpu_s(const struct raw_row *row) {
    if (!isnan(row->render_cpu_s))
        return row->render_cpu_s;
    uint64_t accounted = row->accounted_renders == CSV_NO_WHOLE ? 0 : row->accounted_renders;
    return (row->user_s + row->sys_s) / (double)(row->renders + accounted);
}

/* Disturbed samples among those that count; CSV_NO_WHOLE when none was judged. */
static uint64_t count_noisy(const struct cells *cells, const struct cell *cell) {
    uint64_t noisy = 0, judged = 0;
    for (uint64_t block = 0; block < cells->blocks; block++) {
        const struct raw_row *row = cell->rows[block];
        judged += row && row->noisy != CSV_NO_BOOL;
        noisy += row && row->noisy == CSV_TRUE;
    }
    return judged ? noisy : CSV_NO_WHOLE;
}

static void summarize(struct summary_row *row, const struct cells *cells, const struct cell *cell,
                      double *values) {
    const struct workload *workload = &cell->plan_case->job.workload;
    size_t n = cells_values(cells, cell, cpu_s, values);
    row->cpu_s = stats_median(values, n);
    cells_values(cells, cell, cells_render_s, values);
    struct stats_summary summary = stats_summarize(values, n);
    struct stats_interval interval = stats_median_interval(values, n, cells->alpha);
    row->n = n;
    row->median_s = summary.median;
    row->ci_lo_s = interval.lo;
    row->ci_hi_s = interval.hi;
    row->min_s = summary.min;
    row->q25_s = summary.q25;
    row->q75_s = summary.q75;
    row->max_s = summary.max;
    row->mad_s = summary.mad;
    row->outliers = summary.outliers;
    row->noisy = count_noisy(cells, cell);
    row->half_width = stats_half_width(interval, summary.median);
    row->bimodal = n < DIP_LEAST                    ? CSV_NO_BOOL
                   : dip_hints_two_peaks(values, n) ? CSV_TRUE
                                                    : CSV_FALSE;
    row->mpixels_per_s = (double)workload_pixels(workload) / summary.median / 1e6;
    row->giterations_per_s = (double)cells_any_row(cells, cell)->iterations / summary.median / 1e9;
}

int summary_make(struct tables *tables, const struct cells *cells) {
    double *values = malloc((cells->blocks + 1) * sizeof *values);
    tables->summary = calloc(cells->count + 1, sizeof *tables->summary);
    if (!values || !tables->summary) {
        free(values);
        return -ENOMEM;
    }
    for (size_t i = 0; i < cells->count; i++) {
        if (cells->at[i].n == 0)
            continue;
        struct summary_row *row = &tables->summary[tables->summary_count++];
        row->key = table_key_of(cells, &cells->at[i]);
        summarize(row, cells, &cells->at[i], values);
    }
    free(values);
    return 0;
}
