/* From samples and calibrations to rates and parts of the bound; contracts in rates.h. Ratios and
 * parts are medians of those block by block, with intervals of their order statistics; the ratios'
 * intervals hold together with 95 % for all kernels on one view and number of workers
 * (Bonferroni). */
#include "bench/kernels/rates.h"

#include "base/size.h"
#include "bench/kernels/width.h"
#include "bench/stats/stats.h"
#include "bench/tables/table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ALPHA 0.05

/* What the parts below have in common. */
struct making {
    const struct cells *cells;
    const struct peak_rows *peaks;
    double *values; /* room for one value per block */
};

/* A median and its interval, NaN where there is none. */
struct centre {
    double median, lo, hi;
};

static struct centre centre_of(const double *sorted, size_t n, double alpha) {
    struct stats_interval interval = {.lo = NAN, .hi = NAN};
    if (n > 0)
        interval = stats_median_interval(sorted, n, alpha);
    return (struct centre){n > 0 ? stats_median(sorted, n) : NAN, interval.lo, interval.hi};
}

static double rate(const struct raw_row *row) {
    return (double)row->iterations / row->render_s / 1e9;
}

/* ---- against scalar ---- */

/* Scalar on one core with the same points, in the same batches. */
static const struct cell *scalar_beside(const struct cells *cells, const struct cell *cell) {
    struct workload wanted = cell->plan_case->job.workload;
    wanted.shortcuts = false;
    for (size_t i = 0; i < cells->count; i++) {
        const struct plan_case *other = cells->at[i].plan_case;
        if (other->role == ROLE_BASELINE && strcmp(other->job.kernel->name, "scalar") == 0 &&
            other->job.batch == cell->plan_case->job.batch &&
            workload_same(&other->job.workload, &wanted))
            return &cells->at[i];
    }
    return NULL;
}

static size_t count_comparisons(const struct cells *cells, const struct cell *cell,
                                const struct cell *scalar) {
    size_t comparisons = 0;
    for (size_t i = 0; i < cells->count; i++)
        comparisons += &cells->at[i] != scalar && scalar_beside(cells, &cells->at[i]) == scalar &&
                       cells->at[i].plan_case->job.workers == cell->plan_case->job.workers;
    return comparisons ? comparisons : 1;
}

static struct centre against_scalar(const struct making *making, const struct cell *cell) {
    const struct cell *scalar = scalar_beside(making->cells, cell);
    if (!scalar || scalar == cell)
        return (struct centre){NAN, NAN, NAN};
    size_t n = cells_ratios(making->cells, scalar, cell, making->values);
    double alpha = ALPHA / (double)count_comparisons(making->cells, cell, scalar);
    return centre_of(making->values, n, alpha);
}

static double best_rate(const struct making *making, const struct cell *cell) {
    double best = NAN;
    for (uint64_t block = 0; block < making->cells->blocks; block++)
        if (cell->rows[block])
            best = fmax(best, rate(cell->rows[block]));
    return best;
}

static double best_against_scalar(const struct making *making, const struct cell *cell) {
    const struct cell *scalar = scalar_beside(making->cells, cell);
    return scalar && scalar != cell ? best_rate(making, cell) / best_rate(making, scalar) : NAN;
}

/* ---- against the bound ---- */

/* How many iterations per second the block's calibration allows, or NaN. */
static double bound_of(const struct making *making, const struct cell *cell, uint64_t block) {
    const struct job *job = &cell->plan_case->job;
    enum chain chain = width_chain_of_needs(job->kernel->needs);
    const struct peak_row *peak = peak_rows_find(
        making->peaks, block, width_of_needs(job->kernel->needs)->name, width_chain_name(chain),
        size_min(job->workers, making->cells->campaign->plan.usable_cpus));
    return peak
               ? peak->fastest_operations_per_s * job->kernel->lanes / width_operations(chain) / 1e9
               : NAN;
}

/* The bounds of the blocks, or the parts of them that were reached, sorted; how many. */
static size_t take_bounds(const struct making *making, const struct cell *cell, bool parts) {
    size_t n = 0;
    for (uint64_t block = 0; block < making->cells->blocks; block++) {
        double bound = cell->rows[block] ? bound_of(making, cell, block) : NAN;
        if (!isnan(bound))
            making->values[n++] = parts ? 100 * rate(cell->rows[block]) / bound : bound;
    }
    stats_sort(making->values, n);
    return n;
}

static void compare_with_bound(struct rate_row *row, const struct making *making,
                               const struct cell *cell) {
    const struct kernel *kernel = cell->plan_case->job.kernel;
    size_t n = take_bounds(making, cell, false);
    snprintf(row->vectors, sizeof row->vectors, "%s", width_of_needs(kernel->needs)->name);
    row->operations = width_operations(width_chain_of_needs(kernel->needs));
    row->bound_giterations_per_s = centre_of(making->values, n, ALPHA).median;
    n = take_bounds(making, cell, true);
    struct centre part = centre_of(making->values, n, ALPHA);
    row->pct_of_bound = part.median;
    row->pct_lo = part.lo;
    row->pct_hi = part.hi;
}

/* ---- rows ---- */

static void derive(struct rate_row *row, const struct making *making, const struct cell *cell) {
    row->key = table_key_of(making->cells, cell);
    row->n = cells_values(making->cells, cell, rate, making->values);
    struct centre own = centre_of(making->values, row->n, ALPHA);
    row->giterations_per_s = own.median;
    row->giterations_lo_per_s = own.lo;
    row->giterations_hi_per_s = own.hi;
    struct centre ratio = against_scalar(making, cell);
    row->ratio_to_scalar = ratio.median;
    row->ratio_lo = ratio.lo;
    row->ratio_hi = ratio.hi;
    row->best_giterations_per_s = best_rate(making, cell);
    row->best_ratio_to_scalar = best_against_scalar(making, cell);
    row->operations = CSV_NO_WHOLE;
    row->bound_giterations_per_s = row->pct_of_bound = row->pct_lo = row->pct_hi = NAN;
    if (row->key.shortcuts != CSV_TRUE && width_of_needs(cell->plan_case->job.kernel->needs))
        compare_with_bound(row, making, cell);
}

static double fastest(const struct peak_row *row) {
    return row->fastest_operations_per_s / 1e9;
}

static double undisturbed(const struct peak_row *row) {
    return row->mean_operations_per_s / row->fastest_operations_per_s;
}

static bool same_calibration(const struct peak_row *a, const struct peak_row *b) {
    return a->threads == b->threads && strcmp(a->width, b->width) == 0 &&
           strcmp(a->chain, b->chain) == 0;
}

/* One value of each block's calibration like `model`, sorted; how many. */
static size_t take_peaks(const struct making *making, const struct peak_row *model,
                         double (*value)(const struct peak_row *row)) {
    size_t n = 0;
    for (uint64_t block = 0; block < making->cells->blocks; block++) {
        const struct peak_row *row =
            peak_rows_find(making->peaks, block, model->width, model->chain, model->threads);
        if (row)
            making->values[n++] = value(row);
    }
    stats_sort(making->values, n);
    return n;
}

static void summarize(struct peak_summary *summary, const struct making *making,
                      const struct peak_row *model) {
    summary->schema = 1;
    summary->lanes = model->lanes;
    summary->threads = model->threads;
    snprintf(summary->campaign, sizeof summary->campaign, "%s", making->cells->campaign->name);
    snprintf(summary->width, sizeof summary->width, "%s", model->width);
    snprintf(summary->chain, sizeof summary->chain, "%s", model->chain);
    size_t n = take_peaks(making, model, undisturbed);
    summary->undisturbed = stats_median(making->values, n);
    summary->n = take_peaks(making, model, fastest);
    struct centre peak = centre_of(making->values, n, ALPHA);
    summary->goperations_per_s = peak.median;
    summary->goperations_lo_per_s = peak.lo;
    summary->goperations_hi_per_s = peak.hi;
    summary->slowest_goperations_per_s = making->values[0];
    summary->fastest_goperations_per_s = making->values[n - 1];
}

static void summarize_all(struct rates *rates, const struct making *making) {
    for (size_t i = 0; i < making->peaks->count; i++) {
        const struct peak_row *row = &making->peaks->at[i];
        bool seen = row->block >= making->cells->blocks;
        for (size_t j = 0; j < i && !seen; j++)
            seen = making->peaks->at[j].block < making->cells->blocks &&
                   same_calibration(&making->peaks->at[j], row);
        if (!seen)
            summarize(&rates->peaks[rates->peak_count++], making, row);
    }
}

int rates_make(struct rates *rates, const struct cells *cells, const struct peak_rows *peaks) {
    struct making making = {cells, peaks, malloc((cells->blocks + 1) * sizeof(double))};
    *rates = (struct rates){.at = calloc(cells->count + 1, sizeof *rates->at),
                            .peaks = calloc(peaks->count + 1, sizeof *rates->peaks)};
    int err = making.values && rates->at && rates->peaks ? 0 : -ENOMEM;
    for (size_t i = 0; !err && i < cells->count; i++)
        if (cells->at[i].n)
            derive(&rates->at[rates->count++], &making, &cells->at[i]);
    if (!err)
        summarize_all(rates, &making);
    free(making.values);
    return err;
}

void rates_free(struct rates *rates) {
    free(rates->at);
    free(rates->peaks);
    *rates = (struct rates){0};
}

const struct peak_summary *rates_peak(const struct rates *rates, const char *width,
                                      const char *chain, uint64_t threads) {
    for (size_t i = 0; i < rates->peak_count; i++) {
        const struct peak_summary *peak = &rates->peaks[i];
        if (peak->threads == threads && strcmp(peak->width, width) == 0 &&
            strcmp(peak->chain, chain) == 0)
            return peak;
    }
    return NULL;
}

/* ---- files ---- */

#define TEXT(row, field)  CSV_COLUMN(struct row, field, CSV_TEXT)
#define WHOLE(row, field) CSV_COLUMN(struct row, field, CSV_WHOLE)
#define REAL(row, field)  CSV_COLUMN(struct row, field, CSV_DOUBLE)

static const struct csv_column rate_columns[] = {
    KEY_COLUMNS(rate_row),
    EXACT_COLUMNS(rate_row),
    WHOLE(rate_row, n),
    REAL(rate_row, giterations_per_s),
    REAL(rate_row, giterations_lo_per_s),
    REAL(rate_row, giterations_hi_per_s),
    REAL(rate_row, ratio_to_scalar),
    REAL(rate_row, ratio_lo),
    REAL(rate_row, ratio_hi),
    TEXT(rate_row, vectors),
    WHOLE(rate_row, operations),
    REAL(rate_row, bound_giterations_per_s),
    REAL(rate_row, pct_of_bound),
    REAL(rate_row, pct_lo),
    REAL(rate_row, pct_hi),
    REAL(rate_row, best_giterations_per_s),
    REAL(rate_row, best_ratio_to_scalar),
};

static const struct csv_column summary_columns[] = {
    WHOLE(peak_summary, schema),
    TEXT(peak_summary, campaign),
    TEXT(peak_summary, width),
    WHOLE(peak_summary, lanes),
    TEXT(peak_summary, chain),
    WHOLE(peak_summary, threads),
    WHOLE(peak_summary, n),
    REAL(peak_summary, goperations_per_s),
    REAL(peak_summary, goperations_lo_per_s),
    REAL(peak_summary, goperations_hi_per_s),
    REAL(peak_summary, slowest_goperations_per_s),
    REAL(peak_summary, fastest_goperations_per_s),
    REAL(peak_summary, undisturbed),
};

int rates_write(const struct rates *rates, const struct campaign *campaign) {
    const struct table kernels = {.file = "kernels.csv",
                                  .columns = rate_columns,
                                  .column_count = sizeof rate_columns / sizeof *rate_columns,
                                  .rows = rates->at,
                                  .row_bytes = sizeof *rates->at,
                                  .row_count = rates->count};
    const struct table peak = {.file = "peak.csv",
                               .columns = summary_columns,
                               .column_count = sizeof summary_columns / sizeof *summary_columns,
                               .rows = rates->peaks,
                               .row_bytes = sizeof *rates->peaks,
                               .row_count = rates->peak_count};
    int err = table_write(&kernels, campaign);
    return err ? err : table_write(&peak, campaign);
}
