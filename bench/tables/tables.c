/* The tables together: making, columns, writing; contracts in tables.h. */
#include "bench/tables/tables.h"

#include "bench/tables/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(row, field)  CSV_COLUMN(struct row, field, CSV_TEXT)
#define WHOLE(row, field) CSV_COLUMN(struct row, field, CSV_WHOLE)
#define BOOL(row, field)  CSV_COLUMN(struct row, field, CSV_BOOL)
#define REAL(row, field)  CSV_COLUMN(struct row, field, CSV_DOUBLE)

static const struct csv_column summary_columns[] = {
    KEY_COLUMNS(summary_row),
    WHOLE(summary_row, n),
    REAL(summary_row, median_s),
    REAL(summary_row, ci_lo_s),
    REAL(summary_row, ci_hi_s),
    REAL(summary_row, min_s),
    REAL(summary_row, q25_s),
    REAL(summary_row, q75_s),
    REAL(summary_row, max_s),
    REAL(summary_row, mad_s),
    WHOLE(summary_row, outliers),
    WHOLE(summary_row, noisy),
    REAL(summary_row, cpu_s),
    REAL(summary_row, mpixels_per_s),
    REAL(summary_row, giterations_per_s),
    REAL(summary_row, half_width),
    BOOL(summary_row, bimodal),
    EXACT_COLUMNS(summary_row),
};

static const struct csv_column speedup_columns[] = {
    KEY_COLUMNS(speedup_row),         WHOLE(speedup_row, n),
    REAL(speedup_row, median_s),      REAL(speedup_row, ci_lo_s),
    REAL(speedup_row, ci_hi_s),       REAL(speedup_row, speedup),
    REAL(speedup_row, speedup_lo),    REAL(speedup_row, speedup_hi),
    REAL(speedup_row, speedup_self),  REAL(speedup_row, efficiency),
    REAL(speedup_row, karp_flatt),    REAL(speedup_row, bound_s),
    REAL(speedup_row, pct_of_bound),  TEXT(speedup_row, verdict),
    REAL(speedup_row, detectable),    EXACT_COLUMNS(speedup_row),
    REAL(speedup_row, efficiency_lo), REAL(speedup_row, efficiency_hi),
};

static const struct csv_column control_columns[] = {
    KEY_COLUMNS(control_row),      WHOLE(control_row, n),       REAL(control_row, ratio),
    REAL(control_row, ratio_lo),   REAL(control_row, ratio_hi), REAL(control_row, half_width),
    REAL(control_row, detectable), TEXT(control_row, verdict),
};

static const struct csv_column ranking_columns[] = {
    KEY_COLUMNS(ranking_row),    WHOLE(ranking_row, rank),         WHOLE(ranking_row, n),
    REAL(ranking_row, median_s), REAL(ranking_row, ratio_to_best), REAL(ranking_row, ratio_lo),
    REAL(ranking_row, ratio_hi), TEXT(ranking_row, verdict),       EXACT_COLUMNS(ranking_row),
};

static const struct csv_column plumbing_columns[] = {
    KEY_COLUMNS(plumbing_row),       WHOLE(plumbing_row, n),      WHOLE(plumbing_row, batches),
    REAL(plumbing_row, median_s),    REAL(plumbing_row, ci_lo_s), REAL(plumbing_row, ci_hi_s),
    REAL(plumbing_row, per_batch_s), REAL(plumbing_row, open_s),  REAL(plumbing_row, close_s),
};

static const struct csv_column outside_columns[] = {
    WHOLE(outside_row, schema),
    TEXT(outside_row, campaign),
    TEXT(outside_row, backend),
    WHOLE(outside_row, workers),
    WHOLE(outside_row, n),
    REAL(outside_row, outside_s),
    REAL(outside_row, outside_lo_s),
    REAL(outside_row, outside_hi_s),
    REAL(outside_row, inside_s),
    REAL(outside_row, render_s),
    REAL(outside_row, difference_s),
    REAL(outside_row, difference_lo_s),
    REAL(outside_row, difference_hi_s),
    REAL(outside_row, inside_share),
};

static const struct csv_column granularity_columns[] = {
    KEY_COLUMNS(granularity_row),         WHOLE(granularity_row, n),
    REAL(granularity_row, median_s),      REAL(granularity_row, ci_lo_s),
    REAL(granularity_row, ci_hi_s),       REAL(granularity_row, serial_s),
    WHOLE(granularity_row, serial_batch), REAL(granularity_row, efficiency),
    REAL(granularity_row, efficiency_lo), REAL(granularity_row, efficiency_hi),
    EXACT_COLUMNS(granularity_row),
};

static const struct csv_column threshold_columns[] = {
    KEY_COLUMNS(threshold_row),    TEXT(threshold_row, criterion), WHOLE(threshold_row, threshold),
    REAL(threshold_row, crossing), EXACT_COLUMNS(threshold_row),   REAL(threshold_row, efficiency),
    REAL(threshold_row, serial_s),
};

static const struct csv_column gantt_columns[] = {
    WHOLE(gantt_row, schema), TEXT(gantt_row, campaign), TEXT(gantt_row, backend),
    WHOLE(gantt_row, track),  TEXT(gantt_row, name),     TEXT(gantt_row, phase),
    REAL(gantt_row, begin_s), REAL(gantt_row, end_s),    REAL(gantt_row, low),
    REAL(gantt_row, high),
};

#define FACTOR_END(field, end)                                                                     \
    { #field "_" #end, CSV_DOUBLE, offsetof(struct factors_row, field.end), sizeof(double) }
#define FACTOR(field)                                                                              \
    {#field, CSV_DOUBLE, offsetof(struct factors_row, field.value), sizeof(double)},               \
        FACTOR_END(field, lo), FACTOR_END(field, hi)

static const struct csv_column factors_columns[] = {
    KEY_COLUMNS(factors_row),         WHOLE(factors_row, n),       FACTOR(load_balance),
    FACTOR(communication_efficiency), FACTOR(parallel_efficiency), FACTOR(ns_per_iteration),
    FACTOR(computational_scaling),    FACTOR(global_efficiency),   FACTOR(karp_flatt),
};

static const struct csv_column loss_columns[] = {
    KEY_COLUMNS(loss_row),     WHOLE(loss_row, n),           REAL(loss_row, worker_s),
    REAL(loss_row, ideal_pct), REAL(loss_row, extra_pct),    REAL(loss_row, wait_pct),
    REAL(loss_row, send_pct),  REAL(loss_row, end_wait_pct), REAL(loss_row, descheduled_pct),
    REAL(loss_row, start_pct), REAL(loss_row, residual_pct), REAL(loss_row, coordinator_pct),
    TEXT(loss_row, largest),   REAL(loss_row, largest_pct),  TEXT(loss_row, sentence),
    REAL(loss_row, lost_pct),
};

struct table_key table_key_of(const struct cells *cells, const struct cell *cell) {
    const struct plan_case *plan_case = cell->plan_case;
    const struct workload *workload = &plan_case->job.workload;
    const struct raw_row *row = cells_any_row(cells, cell);
    struct table_key key = {
        .schema = 1,
        .shortcuts = workload->shortcuts ? CSV_TRUE : CSV_FALSE,
        .width = workload->width,
        .height = workload->height,
        .max_iter = workload->max_iter,
        .batch = plan_case->job.batch,
        .workers = plan_case->job.workers,
        .exact = plan_case->job.kernel->exact ? CSV_TRUE : CSV_FALSE,
        .pixels_differing = row ? row->pixels_differing : CSV_NO_WHOLE,
    };
    snprintf(key.campaign, sizeof key.campaign, "%s", cells->campaign->name);
    snprintf(key.experiment, sizeof key.experiment, "%s", cells->campaign->plan.experiment);
    snprintf(key.role, sizeof key.role, "%s", role_name(plan_case->role));
    snprintf(key.backend, sizeof key.backend, "%s", plan_case->backend->name);
    snprintf(key.kernel, sizeof key.kernel, "%s", plan_case->job.kernel->name);
    snprintf(key.view, sizeof key.view, "%s", plan_case->view);
    if (plan_case->backend->flags & BACKEND_SCHEDULE)
        schedule_text(plan_case->job.schedule, key.schedule);
    return key;
}

bool table_key_same_group(const struct table_key *a, const struct table_key *b) {
    return strcmp(a->kernel, b->kernel) == 0 && strcmp(a->view, b->view) == 0 &&
           a->width == b->width && a->height == b->height && a->max_iter == b->max_iter &&
           a->batch == b->batch && a->shortcuts == b->shortcuts;
}

bool table_key_same(const struct table_key *a, const struct table_key *b) {
    return table_key_same_group(a, b) && strcmp(a->role, b->role) == 0 &&
           strcmp(a->backend, b->backend) == 0 && strcmp(a->schedule, b->schedule) == 0 &&
           a->workers == b->workers;
}

int tables_make(struct tables *tables, const struct cells *cells, char *sentence, size_t size) {
    *tables = (struct tables){
        .blocks = cells->blocks,
        .blocks_planned = cells->campaign->blocks,
        .looks = cells->campaign->looks,
    };
    *sentence = '\0';
    int err = summary_make(tables, cells);
    if (!err)
        err = control_make(tables, cells);
    if (!err)
        err = speedup_make(tables, cells);
    if (!err)
        err = ranking_make(tables, cells);
    if (!err)
        err = plumbing_make(tables, cells);
    if (!err)
        err = granularity_make(tables, cells);
    if (!err)
        err = threshold_make(tables, cells);
    if (!err)
        err = factors_make(tables, cells);
    if (!err)
        err = loss_make(tables, cells);
    if (!err)
        err = gantt_make(tables, cells->campaign, sentence, size);
    if (!err || err == -EPROTO)
        err = outside_make(tables, cells->campaign, sentence, size);
    if (err == -EPROTO)
        tables->outside_count = 0;
    return err == -EPROTO ? 0 : err;
}

void tables_free(struct tables *tables) {
    free(tables->summary);
    free(tables->speedup);
    free(tables->ranking);
    free(tables->plumbing);
    free(tables->outside);
    free(tables->granularity);
    free(tables->threshold);
    free(tables->control);
    free(tables->factors);
    free(tables->loss);
    free(tables->gantt);
    *tables = (struct tables){0};
}

int tables_write(const struct tables *tables, const struct campaign *campaign) {
#define TABLE(name)                                                                                \
    {                                                                                              \
#name ".csv", name##_columns, sizeof name##_columns / sizeof *name##_columns,              \
            tables->name, sizeof *tables->name, tables->name##_count                               \
    }
    const struct table all[] = {
        TABLE(summary), TABLE(speedup),   TABLE(ranking),     TABLE(plumbing),
        TABLE(outside), TABLE(threshold), TABLE(control),     TABLE(factors),
        TABLE(loss),    TABLE(gantt),     TABLE(granularity),
    };
#undef TABLE
    int err = 0;
    for (size_t i = 0; !err && i < sizeof all / sizeof *all; i++)
        if (all[i].row_count || i == 0 || i == 1) /* the first two are always there */
            err = table_write(&all[i], campaign);
    return err;
}
