/* From samples to medians, ratios and costs; contracts in toll.h. A slowdown is the median of the
 * ratios block by block, a cost that of the differences; intervals are of their order statistics.
 * Those of one backend's slowdowns hold together with 95 % (Bonferroni). */
#include "bench/faults/toll.h"

#include "base/size.h"
#include "bench/stats/stats.h"
#include "bench/tables/table.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALPHA 0.05

/* The samples of one case: the row that counts from each block, or NULL. */
struct cell {
    struct records_case this;
    const struct faults_row **rows;
};

struct cells {
    struct cell *at;
    size_t count;
    uint64_t blocks;
    const struct faults_row **pointers;
    double *values; /* room for one value per block */
};

/* Of a row, and of the one without kills in the same block (NULL: none); NaN: there is none. */
typedef double toll_value(const struct faults_row *row, const struct faults_row *calm);

static double render_s(const struct faults_row *row, const struct faults_row *calm) {
    (void)calm;
    return row->render_s;
}

static double slowdown(const struct faults_row *row, const struct faults_row *calm) {
    return calm ? row->render_s / calm->render_s : NAN;
}

static double cost_per_kill_s(const struct faults_row *row, const struct faults_row *calm) {
    return calm && row->kills ? (row->render_s - calm->render_s) / (double)row->kills : NAN;
}

static double cpu_s(const struct faults_row *row) {
    return row->user_s + row->sys_s;
}

static double cpu_per_kill_s(const struct faults_row *row, const struct faults_row *calm) {
    return calm && row->kills ? (cpu_s(row) - cpu_s(calm)) / (double)row->kills : NAN;
}

static double recovery_s(const struct faults_row *row, const struct faults_row *calm) {
    (void)calm;
    return row->recovery_median_s;
}

/* ---- cells ---- */

static bool belongs(const struct faults_row *row, struct records_case this) {
    return row->kills_planned == this.kills && strcmp(row->backend, this.backend->name) == 0;
}

static void fill_cell(struct cell *cell, uint64_t blocks, const struct faults_rows *rows) {
    for (size_t i = 0; i < rows->count; i++) {
        const struct faults_row *row = &rows->at[i];
        if (row->block < blocks && strcmp(row->status, "ok") == 0 && belongs(row, cell->this))
            cell->rows[row->block] = row;
    }
}

static int make_cells(struct cells *cells, const struct faults_rows *rows) {
    *cells = (struct cells){.count = records_cases()};
    for (size_t i = 0; i < rows->count; i++)
        if (rows->at[i].block < CAMPAIGN_BLOCKS_MAX) /* more would be a damaged file */
            cells->blocks = size_max(cells->blocks, rows->at[i].block + 1);
    cells->at = calloc(cells->count, sizeof *cells->at);
    cells->pointers = calloc(cells->count * cells->blocks + 1, sizeof(struct faults_row *));
    cells->values = malloc((cells->blocks + 1) * sizeof *cells->values);
    if (!cells->at || !cells->pointers || !cells->values)
        return -ENOMEM;
    for (uint32_t i = 0; i < cells->count; i++) {
        cells->at[i].this = records_case(i);
        cells->at[i].rows = cells->pointers + i * cells->blocks;
        fill_cell(&cells->at[i], cells->blocks, rows);
    }
    return 0;
}

static void free_cells(struct cells *cells) {
    free(cells->at);
    free(cells->pointers);
    free(cells->values);
}

/* The same backend's cell without kills. */
static const struct cell *calm_beside(const struct cells *cells, const struct cell *cell) {
    for (size_t i = 0; i < cells->count; i++)
        if (cells->at[i].this.backend == cell->this.backend && cells->at[i].this.kills == 0)
            return &cells->at[i];
    return NULL;
}

/* The values of a cell, sorted, in cells->values; how many. */
static size_t take_values(const struct cells *cells, const struct cell *cell, toll_value *value) {
    const struct cell *calm = calm_beside(cells, cell);
    size_t n = 0;
    for (uint64_t block = 0; block < cells->blocks; block++) {
        if (!cell->rows[block])
            continue;
        double one = value(cell->rows[block], calm ? calm->rows[block] : NULL);
        if (!isnan(one))
            cells->values[n++] = one;
    }
    stats_sort(cells->values, n);
    return n;
}

/* How many slowdowns the backend has. */
static size_t count_comparisons(const struct cells *cells, const struct cell *cell) {
    size_t comparisons = 0;
    for (size_t i = 0; i < cells->count; i++)
        comparisons += cells->at[i].this.backend == cell->this.backend &&
                       cells->at[i].this.kills > 0 &&
                       take_values(cells, &cells->at[i], slowdown) > 0;
    return size_max(comparisons, 1);
}

/* ---- rows ---- */

/* A median and its interval; empty where there is none. */
static void centre(const struct cells *cells, const struct cell *cell, toll_value *value,
                   double alpha, double *median, double *lo, double *hi) {
    size_t n = take_values(cells, cell, value);
    struct stats_interval interval = {.lo = NAN, .hi = NAN};
    if (n > 0)
        interval = stats_median_interval(cells->values, n, alpha);
    *median = n > 0 ? stats_median(cells->values, n) : NAN;
    *lo = interval.exists ? interval.lo : NAN;
    *hi = interval.exists ? interval.hi : NAN;
}

/* Sums over the blocks, and the longest recovery of all. */
static void add_up(struct faults_toll *toll, const struct cells *cells, const struct cell *cell) {
    toll->recovery_max_s = NAN;
    for (uint64_t block = 0; block < cells->blocks; block++) {
        const struct faults_row *row = cell->rows[block];
        if (!row)
            continue;
        toll->n++;
        toll->kills += row->kills;
        toll->workers_lost += row->workers_lost;
        toll->batches_reissued += row->batches_reissued;
        toll->recovery_max_s = fmax(toll->recovery_max_s, row->recovery_max_s);
    }
}

static const struct faults_row *any_row(const struct cells *cells, const struct cell *cell) {
    for (uint64_t block = 0; block < cells->blocks; block++)
        if (cell->rows[block])
            return cell->rows[block];
    return NULL;
}

static void describe(struct faults_toll *toll, const struct campaign *campaign,
                     const struct faults_row *row) {
    toll->schema = 1;
    snprintf(toll->campaign, sizeof toll->campaign, "%s", campaign->name);
    snprintf(toll->backend, sizeof toll->backend, "%s", row->backend);
    snprintf(toll->kernel, sizeof toll->kernel, "%s", row->kernel);
    snprintf(toll->view, sizeof toll->view, "%s", row->view);
    toll->width = row->width;
    toll->height = row->height;
    toll->max_iter = row->max_iter;
    toll->batch = row->batch;
    toll->workers = row->workers;
    toll->kills_planned = row->kills_planned;
}

static void derive(struct faults_toll *toll, const struct cells *cells, const struct cell *cell) {
    double together = ALPHA / (double)count_comparisons(cells, cell);
    add_up(toll, cells, cell);
    centre(cells, cell, render_s, ALPHA, &toll->render_s, &toll->render_lo_s, &toll->render_hi_s);
    centre(cells, cell, slowdown, together, &toll->slowdown, &toll->slowdown_lo,
           &toll->slowdown_hi);
    centre(cells, cell, cost_per_kill_s, ALPHA, &toll->cost_per_kill_s, &toll->cost_per_kill_lo_s,
           &toll->cost_per_kill_hi_s);
    centre(cells, cell, recovery_s, ALPHA, &toll->recovery_s, &toll->recovery_lo_s,
           &toll->recovery_hi_s);
    centre(cells, cell, cpu_per_kill_s, ALPHA, &toll->cpu_per_kill_s, &toll->cpu_per_kill_lo_s,
           &toll->cpu_per_kill_hi_s);
    if (cell->this.kills == 0)
        toll->slowdown_lo = toll->slowdown_hi = NAN; /* it is 1 by definition */
}

int tolls_make(struct tolls *tolls, const struct campaign *campaign,
               const struct faults_rows *rows) {
    struct cells cells;
    int err = make_cells(&cells, rows);
    *tolls = (struct tolls){.at = calloc(cells.count, sizeof *tolls->at)};
    if (!tolls->at)
        err = -ENOMEM;
    for (size_t i = 0; !err && i < cells.count; i++) {
        const struct faults_row *row = any_row(&cells, &cells.at[i]);
        if (!row)
            continue;
        struct faults_toll *toll = &tolls->at[tolls->count++];
        describe(toll, campaign, row);
        derive(toll, &cells, &cells.at[i]);
    }
    free_cells(&cells);
    return err;
}

void tolls_free(struct tolls *tolls) {
    free(tolls->at);
    *tolls = (struct tolls){0};
}

#define TEXT(field)  CSV_COLUMN(struct faults_toll, field, CSV_TEXT)
#define WHOLE(field) CSV_COLUMN(struct faults_toll, field, CSV_WHOLE)
#define REAL(field)  CSV_COLUMN(struct faults_toll, field, CSV_DOUBLE)

static const struct csv_column columns[] = {
    WHOLE(schema),
    TEXT(campaign),
    TEXT(backend),
    TEXT(kernel),
    TEXT(view),
    WHOLE(width),
    WHOLE(height),
    WHOLE(max_iter),
    WHOLE(batch),
    WHOLE(workers),
    WHOLE(kills_planned),
    WHOLE(n),
    WHOLE(kills),
    WHOLE(workers_lost),
    WHOLE(batches_reissued),
    REAL(render_s),
    REAL(render_lo_s),
    REAL(render_hi_s),
    REAL(slowdown),
    REAL(slowdown_lo),
    REAL(slowdown_hi),
    REAL(cost_per_kill_s),
    REAL(cost_per_kill_lo_s),
    REAL(cost_per_kill_hi_s),
    REAL(recovery_s),
    REAL(recovery_lo_s),
    REAL(recovery_hi_s),
    REAL(recovery_max_s),
    REAL(cpu_per_kill_s),
    REAL(cpu_per_kill_lo_s),
    REAL(cpu_per_kill_hi_s),
};

int tolls_write(const struct tolls *tolls, const struct campaign *campaign) {
    const struct table file = {.file = "faults.csv",
                               .columns = columns,
                               .column_count = sizeof columns / sizeof *columns,
                               .rows = tolls->at,
                               .row_bytes = sizeof *tolls->at,
                               .row_count = tolls->count};
    return table_write(&file, campaign);
}
