/* control.csv: what serial shows against itself, block by block (A/A). Nothing but noise can make
 * it differ from 1, so it says whether a campaign can be trusted, and how small a difference it
 * could show. All controls of an experiment hold together with 95 % (Bonferroni). */
#include "bench/stats/stats.h"
#include "bench/tables/tables.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Beyond this half-width, as a part of the ratio, serial cannot be told from what is 5 % faster:
 * two and a half times as wide as a cell should be. */
#define HALF_WIDTH_MAX 0.05

static size_t count_controls(const struct cells *cells) {
    size_t controls = 0;
    for (size_t i = 0; i < cells->count; i++)
        controls += cells->at[i].plan_case->role == ROLE_CONTROL;
    return controls;
}

static const char *judge(struct stats_interval interval, double half_width) {
    if (!interval.exists)
        return CONTROL_UNKNOWN;
    if (interval.lo > 1 || interval.hi < 1)
        return CONTROL_BROKEN;
    return half_width > HALF_WIDTH_MAX ? CONTROL_NOISY : CONTROL_SOUND;
}

static void fill_in(struct control_row *row, const struct cells *cells, const struct cell *cell,
                    double alpha, double *ratios) {
    size_t n = cells_ratios(cells, cell->baseline, cell, ratios);
    row->key = table_key_of(cells, cell);
    row->n = n;
    row->ratio = stats_median(ratios, n);
    struct stats_interval interval = stats_median_interval(ratios, n, alpha);
    row->ratio_lo = interval.lo;
    row->ratio_hi = interval.hi;
    row->half_width = stats_half_width(interval, row->ratio);
    row->detectable = NAN; /* until the cases have been compared */
    snprintf(row->verdict, sizeof row->verdict, "%s", judge(interval, row->half_width));
}

int control_make(struct tables *tables, const struct cells *cells) {
    double *ratios = malloc((cells->blocks + 1) * sizeof *ratios);
    size_t controls = count_controls(cells);
    tables->control = calloc(controls + 1, sizeof *tables->control);
    if (!ratios || !tables->control) {
        free(ratios);
        return -ENOMEM;
    }
    for (size_t i = 0; i < cells->count; i++) {
        const struct cell *cell = &cells->at[i];
        if (cell->plan_case->role == ROLE_CONTROL && cell->baseline &&
            cells_ratios(cells, cell->baseline, cell, ratios) > 0)
            fill_in(&tables->control[tables->control_count++], cells, cell,
                    cells->alpha / (double)controls, ratios);
    }
    free(ratios);
    return 0;
}

const struct control_row *control_of(const struct tables *tables, const struct table_key *key) {
    for (size_t i = 0; i < tables->control_count; i++)
        if (table_key_same_group(&tables->control[i].key, key))
            return &tables->control[i];
    return NULL;
}

double control_floor(const struct control_row *control) {
    return control && !isnan(control->ratio_lo)
               ? fmax(fabs(log(control->ratio_lo)), fabs(log(control->ratio_hi)))
               : INFINITY;
}

bool control_is_suspect(const struct control_row *control) {
    return strcmp(control->verdict, CONTROL_BROKEN) == 0 ||
           strcmp(control->verdict, CONTROL_NOISY) == 0;
}

bool tables_are_suspect(const struct tables *tables) {
    for (size_t i = 0; i < tables->control_count; i++)
        if (control_is_suspect(&tables->control[i]))
            return true;
    return false;
}

bool tables_are_sound(const struct tables *tables) {
    for (size_t i = 0; i < tables->control_count; i++)
        if (strcmp(tables->control[i].verdict, CONTROL_SOUND) != 0)
            return false;
    return tables->control_count > 0;
}
