/* From samples to medians, ratios and costs; contracts in toll.h. A slowdown is the median of the
 * ratios block by block, a cost that of the differences; intervals are of their order statistics.
 * Those of one backend's slowdowns hold together with 95 % (Bonferroni). */
#include "bench/faults/toll.h"

#include "bench/campaign/campaign.h"

#include <math.h>
#include <stdio.h>

#define ALPHA 0.05

/* What should not be exceeded: by a recovery, and by a kill's cost beside its batch. */
#define RECOVERY_S     0.0005
#define COST_BESIDES_S 0.001

/* A sample is a struct faults_row; beside it is the backend's without kills. */

static double render_s(const void *sample, const void *calm) {
    (void)calm;
    return ((const struct faults_row *)sample)->render_s;
}

static double slowdown(const void *sample, const void *calm) {
    return calm ? render_s(sample, NULL) / render_s(calm, NULL) : NAN;
}

static double cost_per_kill_s(const void *sample, const void *calm) {
    uint64_t kills = ((const struct faults_row *)sample)->kills;
    return calm && kills ? (render_s(sample, NULL) - render_s(calm, NULL)) / (double)kills : NAN;
}

static double cpu_s(const struct faults_row *row) {
    return row->user_s + row->sys_s;
}

static double cpu_per_kill_s(const void *sample, const void *calm) {
    uint64_t kills = ((const struct faults_row *)sample)->kills;
    return calm && kills ? (cpu_s(sample) - cpu_s(calm)) / (double)kills : NAN;
}

static double recovery_s(const void *sample, const void *calm) {
    (void)calm;
    return ((const struct faults_row *)sample)->recovery_median_s;
}

/* Sums over the blocks, and the longest recovery of all. */
static void add_up(struct faults_toll *toll, const struct panel *panel, uint32_t index) {
    toll->recovery_max_s = NAN;
    for (uint64_t block = 0; block < panel->blocks; block++) {
        const struct faults_row *row = panel_sample(panel, index, block);
        if (!row)
            continue;
        toll->n++;
        toll->kills += row->kills;
        toll->workers_lost += row->workers_lost;
        toll->batches_reissued += row->batches_reissued;
        toll->recovery_max_s = fmax(toll->recovery_max_s, row->recovery_max_s);
    }
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

/* A median and its interval, into three columns. */
static void enter(struct panel_centre centre, double *median, double *lo, double *hi) {
    *median = centre.median;
    *lo = centre.lo;
    *hi = centre.hi;
}

static void derive_bounds(struct faults_toll *toll, const struct panel *panel, uint32_t index) {
    struct panel_centre calm = panel_centre(panel, records_calm_beside(index), render_s, ALPHA);
    double batches = ceil((double)toll->width * (double)toll->height / (double)toll->batch);
    double batch_s = calm.median * (double)toll->workers / batches;
    toll->batch_s = isfinite(batch_s) ? batch_s : NAN; /* rows that somebody else wrote */
    toll->recovery_bound_s = toll->kills_planned ? RECOVERY_S : NAN;
    toll->cost_bound_s = toll->kills_planned ? toll->batch_s + COST_BESIDES_S : NAN;
}

void tolls_derive(void *row, const struct panel *panel, uint32_t index) {
    struct faults_toll *toll = row;
    double together = ALPHA / (double)panel_comparisons(panel, index, slowdown);
    describe(toll, panel->campaign, panel_first(panel, index));
    add_up(toll, panel, index);
    enter(panel_centre(panel, index, render_s, ALPHA), &toll->render_s, &toll->render_lo_s,
          &toll->render_hi_s);
    enter(panel_centre(panel, index, slowdown, together), &toll->slowdown, &toll->slowdown_lo,
          &toll->slowdown_hi);
    enter(panel_centre(panel, index, cost_per_kill_s, ALPHA), &toll->cost_per_kill_s,
          &toll->cost_per_kill_lo_s, &toll->cost_per_kill_hi_s);
    enter(panel_centre(panel, index, recovery_s, ALPHA), &toll->recovery_s, &toll->recovery_lo_s,
          &toll->recovery_hi_s);
    enter(panel_centre(panel, index, cpu_per_kill_s, ALPHA), &toll->cpu_per_kill_s,
          &toll->cpu_per_kill_lo_s, &toll->cpu_per_kill_hi_s);
    derive_bounds(toll, panel, index);
    if (toll->kills_planned == 0)
        toll->slowdown_lo = toll->slowdown_hi = NAN; /* it is 1 by definition */
}

struct tolls tolls_of(const struct table *table) {
    return (struct tolls){table->rows, table->row_count};
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
    REAL(batch_s),
    REAL(recovery_bound_s),
    REAL(cost_bound_s),
};

const struct table faults_table = {
    .file = "faults.csv",
    .columns = columns,
    .column_count = sizeof columns / sizeof *columns,
    .row_bytes = sizeof(struct faults_toll),
};
