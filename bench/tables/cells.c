/* Rows by cell and block; contracts in cells.h. */
#include "bench/tables/cells.h"

#include "base/size.h"
#include "bench/stats/stats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ALPHA 0.05

static bool row_belongs(const struct raw_row *row, const struct plan_case *plan_case) {
    const struct job *job = &plan_case->job;
    const struct workload workload = {
        .center_re = row->center_re,
        .center_im = row->center_im,
        .extent = row->extent,
        .width = (uint32_t)row->width,
        .height = (uint32_t)row->height,
        .max_iter = (uint32_t)row->max_iter,
        .shortcuts = row->shortcuts == CSV_TRUE,
    };
    char schedule[SCHEDULE_TEXT_SIZE] = "";
    if (plan_case->backend->flags & BACKEND_SCHEDULE)
        schedule_text(job->schedule, schedule);
    return strcmp(row->role, role_name(plan_case->role)) == 0 &&
           strcmp(row->backend, plan_case->backend->name) == 0 &&
           strcmp(row->kernel, job->kernel->name) == 0 && row->workers == job->workers &&
           row->batch == job->batch && strcmp(row->schedule, schedule) == 0 &&
           strcmp(row->view, plan_case->view) == 0 && workload_same(&workload, &job->workload);
}

static void take_row(struct cell *cell, const struct raw_row *row) {
    const struct raw_row **slot = &cell->rows[row->block];
    if (*slot && (*slot)->attempt > row->attempt)
        return;
    cell->n -= *slot != NULL;
    *slot = strcmp(row->status, "ok") == 0 ? row : NULL;
    cell->n += *slot != NULL;
}

static const struct cell *find_baseline(const struct cells *cells, const struct cell *cell) {
    const struct job *job = &cell->plan_case->job;
    enum role role = cell->plan_case->role == ROLE_NULL ? ROLE_NULL : ROLE_BASELINE;
    for (size_t i = 0; i < cells->count; i++) {
        const struct plan_case *other = cells->at[i].plan_case;
        if (other->role == role && strcmp(other->backend->name, "serial") == 0 &&
            other->job.kernel == job->kernel && other->job.batch == job->batch &&
            workload_same(&other->job.workload, &job->workload))
            return &cells->at[i];
    }
    return NULL;
}

int cells_make(struct cells *cells, const struct campaign *campaign, const struct raw_rows *rows) {
    *cells = (struct cells){.campaign = campaign, .count = campaign->plan.count};
    for (size_t i = 0; i < rows->count; i++)
        if (rows->at[i].block < CAMPAIGN_BLOCKS_MAX) /* more would be a damaged file */
            cells->blocks = size_max(cells->blocks, rows->at[i].block + 1);
    cells->alpha = looks_share(&campaign->looks, cells->blocks, ALPHA);
    cells->at = calloc(cells->count + 1, sizeof *cells->at);
    cells->pointers = calloc(cells->count * cells->blocks + 1, sizeof(struct raw_row *));
    if (!cells->at || !cells->pointers)
        return -ENOMEM;
    for (size_t c = 0; c < cells->count; c++) {
        struct cell *cell = &cells->at[c];
        cell->plan_case = &campaign->plan.cases[c];
        cell->rows = cells->pointers + c * cells->blocks;
        for (size_t i = 0; i < rows->count; i++)
            if (rows->at[i].block < cells->blocks && row_belongs(&rows->at[i], cell->plan_case))
                take_row(cell, &rows->at[i]);
    }
    for (size_t c = 0; c < cells->count; c++)
        cells->at[c].baseline = find_baseline(cells, &cells->at[c]);
    return 0;
}

void cells_free(struct cells *cells) {
    free(cells->at);
    free(cells->pointers);
    *cells = (struct cells){0};
}

const struct cell *cells_at_one_worker(const struct cells *cells, const struct cell *cell) {
    struct plan_case wanted = *cell->plan_case;
    wanted.job.workers = 1;
    for (size_t i = 0; i < cells->count; i++)
        if (plan_same(cells->at[i].plan_case, &wanted))
            return &cells->at[i];
    return NULL;
}

const struct cell *cells_of(const struct cells *cells, const struct raw_row *row) {
    for (size_t i = 0; i < cells->count; i++)
        if (row_belongs(row, cells->at[i].plan_case))
            return &cells->at[i];
    return NULL;
}

double cells_comparisons(const struct cells *cells, const struct cell *cell) {
    double comparisons = 0;
    if (cell->plan_case->role != ROLE_CASE)
        return 1;
    for (size_t i = 0; i < cells->count; i++)
        comparisons += cells->at[i].plan_case->role == ROLE_CASE;
    return comparisons;
}

const struct raw_row *cells_any_row(const struct cells *cells, const struct cell *cell) {
    for (uint64_t block = 0; block < cells->blocks; block++)
        if (cell->rows[block])
            return cell->rows[block];
    return NULL;
}

double cells_render_s(const struct raw_row *row) {
    return row->render_s;
}

size_t cells_values(const struct cells *cells, const struct cell *cell, cells_value *value,
                    double *values) {
    size_t n = 0;
    for (uint64_t block = 0; block < cells->blocks; block++)
        if (cell->rows[block])
            values[n++] = value(cell->rows[block]);
    stats_sort(values, n);
    return n;
}

size_t cells_ratios(const struct cells *cells, const struct cell *a, const struct cell *b,
                    double *ratios) {
    size_t n = 0;
    for (uint64_t block = 0; block < cells->blocks; block++)
        if (a->rows[block] && b->rows[block])
            ratios[n++] = a->rows[block]->render_s / b->rows[block]->render_s;
    stats_sort(ratios, n);
    return n;
}
