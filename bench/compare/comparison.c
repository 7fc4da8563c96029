/* Two campaigns' cells, matched and compared; contracts in comparison.h. */
#include "bench/compare/comparison.h"

#include "bench/stats/shift.h"
#include "bench/tables/table.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALPHA 0.05

#define TEXT(field)  CSV_COLUMN(struct comparison_row, field, CSV_TEXT)
#define WHOLE(field) CSV_COLUMN(struct comparison_row, field, CSV_WHOLE)
#define REAL(field)  CSV_COLUMN(struct comparison_row, field, CSV_DOUBLE)

static const struct csv_column columns[] = {
    WHOLE(schema),
    TEXT(campaign_a),
    TEXT(campaign_b),
    KEY(comparison_row, experiment, CSV_TEXT),
    KEY(comparison_row, role, CSV_TEXT),
    KEY(comparison_row, backend, CSV_TEXT),
    KEY(comparison_row, kernel, CSV_TEXT),
    KEY(comparison_row, shortcuts, CSV_BOOL),
    KEY(comparison_row, schedule, CSV_TEXT),
    KEY(comparison_row, view, CSV_TEXT),
    KEY(comparison_row, width, CSV_WHOLE),
    KEY(comparison_row, height, CSV_WHOLE),
    KEY(comparison_row, max_iter, CSV_WHOLE),
    KEY(comparison_row, batch, CSV_WHOLE),
    KEY(comparison_row, workers, CSV_WHOLE),
    WHOLE(n_a),
    WHOLE(n_b),
    REAL(median_a_s),
    REAL(median_b_s),
    REAL(shift),
    REAL(shift_lo),
    REAL(shift_hi),
    REAL(against_serial),
    REAL(against_serial_lo),
    REAL(against_serial_hi),
    CSV_COLUMN(struct comparison_row, regressed, CSV_BOOL),
    TEXT(verdict),
};

#define COLUMNS (sizeof columns / sizeof *columns)

/* What the work on all rows shares. */
struct work {
    const struct cells *a, *b;
    double threshold, alpha;
    bool suspect;                /* either is: then nothing counts as a regression */
    double *values_a, *values_b; /* room for a cell's values */
};

static bool same_key(const struct table_key *a, const struct table_key *b) {
    return strcmp(a->experiment, b->experiment) == 0 && strcmp(a->role, b->role) == 0 &&
           strcmp(a->backend, b->backend) == 0 && strcmp(a->kernel, b->kernel) == 0 &&
           a->shortcuts == b->shortcuts && strcmp(a->schedule, b->schedule) == 0 &&
           strcmp(a->view, b->view) == 0 && a->width == b->width && a->height == b->height &&
           a->max_iter == b->max_iter && a->batch == b->batch && a->workers == b->workers;
}

/* The cell with the same key that has samples, or NULL. */
static const struct cell *find_match(const struct cells *cells, const struct table_key *key) {
    for (size_t i = 0; i < cells->count; i++) {
        struct table_key other = table_key_of(cells, &cells->at[i]);
        if (cells->at[i].n && same_key(&other, key))
            return &cells->at[i];
    }
    return NULL;
}

static const struct shift no_shift = {.ratio = NAN, .interval = {.lo = NAN, .hi = NAN}};

/* Serial against itself, unpaired as everything here. */
static int shift_of_control(const struct work *work, const struct cells *cells,
                            const struct cell *control, struct shift *shift) {
    size_t n = cells_values(cells, control->baseline, cells_render_s, work->values_a);
    size_t m = cells_values(cells, control, cells_render_s, work->values_b);
    return shift_between(work->values_a, n, work->values_b, m, cells->alpha, shift);
}

static bool is_control(const struct cell *cell) {
    return cell->plan_case->role == ROLE_CONTROL && cell->baseline;
}

/* Where serial differs most from itself. */
static int find_control(const struct cells *cells, struct comparison_control *control) {
    struct tables tables = {0};
    double floor = -1;
    int err = control_make(&tables, cells);
    *control = (struct comparison_control){NAN, NAN, NAN, !err && tables_are_suspect(&tables)};
    for (size_t i = 0; !err && i < tables.control_count; i++) {
        const struct control_row *row = &tables.control[i];
        if (control_floor(row) <= floor)
            continue;
        floor = control_floor(row);
        control->ratio = row->ratio;
        control->ratio_lo = row->ratio_lo;
        control->ratio_hi = row->ratio_hi;
    }
    tables_free(&tables);
    return err;
}

/* Does the control speak for this cell? The null kernel has none of its own: every one of the same
 * workload does. */
static bool speaks_for(const struct cell *control, const struct cell *cell) {
    struct workload workload = control->plan_case->job.workload;
    if (!is_control(control))
        return false;
    if (cell->plan_case->role != ROLE_NULL)
        return control->baseline == cell->baseline;
    workload.shortcuts = cell->plan_case->job.workload.shortcuts;
    return control->plan_case->job.batch == cell->plan_case->job.batch &&
           workload_same(&workload, &cell->plan_case->job.workload);
}

/* How far serial's times differ from serial's in this cell's workload, as a logarithm: what differs
 * by less may be noise. Of several controls the widest; infinite when there is none. */
static int find_floor(const struct work *work, const struct cells *cells, const struct cell *cell,
                      double *floor) {
    double widest = -1;
    int err = 0;
    for (size_t i = 0; !err && i < cells->count; i++) {
        struct shift shift = no_shift;
        if (!speaks_for(&cells->at[i], cell))
            continue;
        err = shift_of_control(work, cells, &cells->at[i], &shift);
        widest = fmax(widest, shift_reach(shift.interval));
    }
    *floor = widest < 0 ? INFINITY : widest;
    return err;
}

static int shift_times(const struct work *work, const struct cell *a, const struct cell *b,
                       struct shift *shift) {
    size_t n = cells_values(work->a, a, cells_render_s, work->values_a);
    size_t m = cells_values(work->b, b, cells_render_s, work->values_b);
    return shift_between(work->values_a, n, work->values_b, m, work->alpha, shift);
}

static int shift_against_serial(const struct work *work, const struct cell *a, const struct cell *b,
                                struct shift *shift) {
    size_t n = a->baseline ? cells_ratios(work->a, a, a->baseline, work->values_a) : 0;
    size_t m = b->baseline ? cells_ratios(work->b, b, b->baseline, work->values_b) : 0;
    return shift_between(work->values_a, n, work->values_b, m, work->alpha, shift);
}

static void judge(const struct work *work, const struct shift *shift, double floor,
                  struct comparison_row *row) {
    bool exists = shift->interval.exists;
    bool slower = exists && log(shift->interval.lo) > floor;
    bool faster = exists && log(shift->interval.hi) < -floor;
    double needed = shift_needed(row->n_a, row->n_b, shift, floor, work->alpha);
    row->regressed = work->suspect                                        ? CSV_NO_BOOL
                     : slower && shift->interval.lo > 1 + work->threshold ? CSV_TRUE
                                                                          : CSV_FALSE;
    if (slower || faster)
        snprintf(row->verdict, sizeof row->verdict, "%s", slower ? "slower" : "faster");
    else if (needed < 10000)
        snprintf(row->verdict, sizeof row->verdict, "not resolved (needs about %.0f blocks)",
                 needed);
    else
        snprintf(row->verdict, sizeof row->verdict, "not resolved (needs over 10000 blocks)");
}

static double median_of(const struct cells *cells, const struct cell *cell, double *values) {
    return stats_median(values, cells_values(cells, cell, cells_render_s, values));
}

static int compare_cells(const struct work *work, const struct cell *a, const struct cell *b,
                         struct comparison_row *row) {
    struct shift shift = no_shift, against = no_shift;
    double floor_a, floor_b;
    int err = shift_times(work, a, b, &shift);
    if (!err && a->plan_case->role == ROLE_CASE)
        err = shift_against_serial(work, a, b, &against);
    if (!err)
        err = find_floor(work, work->a, a, &floor_a);
    if (!err)
        err = find_floor(work, work->b, b, &floor_b);
    if (err)
        return err;
    row->shift = shift.ratio;
    row->shift_lo = shift.interval.lo;
    row->shift_hi = shift.interval.hi;
    row->against_serial = against.ratio;
    row->against_serial_lo = against.interval.lo;
    row->against_serial_hi = against.interval.hi;
    judge(work, &shift, fmax(floor_a, floor_b), row);
    return 0;
}

/* The next row: of a cell that one or both campaigns have. */
static int add_row(struct comparison *comparison, const struct work *work,
                   const struct table_key *key, const struct cell *a, const struct cell *b) {
    struct comparison_row *row = &comparison->rows[comparison->count++];
    csv_clear(columns, COLUMNS, row);
    row->schema = 1;
    row->key = *key;
    row->n_a = a ? a->n : 0;
    row->n_b = b ? b->n : 0;
    snprintf(row->campaign_a, sizeof row->campaign_a, "%s", work->a->campaign->name);
    snprintf(row->campaign_b, sizeof row->campaign_b, "%s", work->b->campaign->name);
    if (a)
        row->median_a_s = median_of(work->a, a, work->values_a);
    if (b)
        row->median_b_s = median_of(work->b, b, work->values_b);
    if (a && b)
        return compare_cells(work, a, b, row);
    snprintf(row->verdict, sizeof row->verdict, "only in %s", a ? "A" : "B");
    return 0;
}

static size_t count_common(const struct cells *a, const struct cells *b) {
    size_t common = 0;
    for (size_t i = 0; i < a->count; i++) {
        struct table_key key = table_key_of(a, &a->at[i]);
        common += a->at[i].n && find_match(b, &key);
    }
    return common;
}

static int add_rows(struct comparison *comparison, const struct work *work) {
    int err = 0;
    for (size_t i = 0; !err && i < work->a->count; i++) {
        const struct cell *cell = &work->a->at[i];
        struct table_key key = table_key_of(work->a, cell);
        if (cell->n)
            err = add_row(comparison, work, &key, cell, find_match(work->b, &key));
    }
    for (size_t i = 0; !err && i < work->b->count; i++) {
        const struct cell *cell = &work->b->at[i];
        struct table_key key = table_key_of(work->b, cell);
        if (cell->n && !find_match(work->a, &key))
            err = add_row(comparison, work, &key, NULL, cell);
    }
    return err;
}

static int rank_of(const struct comparison_row *row) {
    if (isnan(row->shift))
        return 3;
    if (strcmp(row->verdict, "slower") == 0)
        return 0;
    return strcmp(row->verdict, "faster") == 0 ? 2 : 1;
}

static int by_damage(const void *a, const void *b) {
    const struct comparison_row *x = a, *y = b;
    if (rank_of(x) != rank_of(y))
        return rank_of(x) - rank_of(y);
    return (x->shift < y->shift) - (x->shift > y->shift);
}

int comparison_make(struct comparison *comparison, const struct cells *a, const struct cells *b,
                    double threshold) {
    size_t room = a->blocks + b->blocks + 1;
    *comparison = (struct comparison){.compared = count_common(a, b)};
    struct work work = {.a = a, .b = b, .threshold = threshold};
    /* a->alpha and b->alpha are their looks' shares of ALPHA: over all pairs of looks this sums up
     * to ALPHA. */
    work.alpha = a->alpha * b->alpha / ALPHA / fmax(1, (double)comparison->compared);
    work.values_a = malloc(room * sizeof *work.values_a);
    work.values_b = malloc(room * sizeof *work.values_b);
    comparison->rows = calloc(a->count + b->count + 1, sizeof *comparison->rows);
    int err = work.values_a && work.values_b && comparison->rows ? 0 : -ENOMEM;
    if (!err)
        err = find_control(a, &comparison->control_a);
    if (!err)
        err = find_control(b, &comparison->control_b);
    work.suspect = comparison->control_a.suspect || comparison->control_b.suspect;
    if (!err)
        err = add_rows(comparison, &work);
    if (!err)
        qsort(comparison->rows, comparison->count, sizeof *comparison->rows, by_damage);
    free(work.values_a);
    free(work.values_b);
    return err;
}

void comparison_free(struct comparison *comparison) {
    free(comparison->rows);
    *comparison = (struct comparison){0};
}

int comparison_write(const struct comparison *comparison, const char *path) {
    const struct table table = {.columns = columns,
                                .column_count = COLUMNS,
                                .rows = comparison->rows,
                                .row_bytes = sizeof *comparison->rows,
                                .row_count = comparison->count};
    return table_write_to(&table, path);
}
