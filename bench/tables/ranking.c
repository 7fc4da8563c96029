/* ranking.csv: for each workload and kernel, each backend at its best number of workers within the
 * usable CPUs, against the best of all, paired by block. Which cell stands for a backend, and which
 * is the best, is chosen after the samples were seen, so the intervals hold together for all pairs
 * of cells that might have been chosen. */
#include "bench/stats/stats.h"
#include "bench/tables/tables.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* A backend's best cell, with its median, and of how many. */
struct candidate {
    const struct cell *cell;
    double median_s, cells;
};

static int by_median(const void *a, const void *b) {
    double x = ((const struct candidate *)a)->median_s, y = ((const struct candidate *)b)->median_s;
    return (x > y) - (x < y);
}

/* Does this cell take part for that baseline? */
static bool takes_part(const struct cells *cells, const struct cell *cell,
                       const struct cell *baseline) {
    enum role role = cell->plan_case->role;
    return cell->n > 0 && (role == ROLE_CASE || role == ROLE_BASELINE) &&
           cell->plan_case->job.workers <= cells->campaign->plan.usable_cpus &&
           cell->baseline == baseline;
}

/* The best cell of every backend, best first; how many. */
static size_t find_candidates(const struct cells *cells, const struct cell *baseline,
                              struct candidate *candidates, double *values) {
    size_t count = 0;
    for (size_t i = 0; i < cells->count; i++) {
        const struct cell *cell = &cells->at[i];
        if (!takes_part(cells, cell, baseline))
            continue;
        size_t n = cells_values(cells, cell, cells_render_s, values), c = 0;
        double median_s = stats_median(values, n);
        while (c < count && candidates[c].cell->plan_case->backend != cell->plan_case->backend)
            c++;
        if (c == count)
            candidates[count++] = (struct candidate){cell, median_s, 0};
        candidates[c].cells++;
        if (median_s < candidates[c].median_s) {
            candidates[c].cell = cell;
            candidates[c].median_s = median_s;
        }
    }
    qsort(candidates, count, sizeof *candidates, by_median);
    return count;
}

/* alpha is of one comparison, floor as in control_floor. */
static void rank_one(struct ranking_row *row, const struct cells *cells,
                     const struct candidate *candidates, size_t c, double alpha, double floor,
                     double *values) {
    const struct cell *cell = candidates[c].cell, *best = candidates[0].cell;
    row->key = table_key_of(cells, cell);
    row->rank = c + 1;
    row->n = cell->n;
    row->median_s = candidates[c].median_s;
    row->ratio_to_best = 1;
    row->ratio_lo = row->ratio_hi = NAN;
    if (c == 0) {
        snprintf(row->verdict, sizeof row->verdict, "best");
        return;
    }
    size_t n = cells_ratios(cells, cell, best, values);
    if (n == 0)
        return;
    row->ratio_to_best = stats_median(values, n);
    struct stats_interval interval = stats_median_interval(values, n, alpha);
    row->ratio_lo = interval.lo;
    row->ratio_hi = interval.hi;
    snprintf(row->verdict, sizeof row->verdict, "%s",
             interval.exists && log(interval.lo) > floor ? "slower" : "not resolved");
}

/* Any two cells of different backends could have turned out to be the best and its rival. */
static double count_pairs(const struct candidate *candidates, size_t count) {
    double pairs = 0, before = 0;
    for (size_t c = 0; c < count; c++) {
        pairs += before * candidates[c].cells;
        before += candidates[c].cells;
    }
    return fmax(pairs, 1);
}

int ranking_make(struct tables *tables, const struct cells *cells) {
    double *values = malloc((cells->blocks + 1) * sizeof *values);
    struct candidate *candidates = calloc(cells->count + 1, sizeof *candidates);
    tables->ranking = calloc(cells->count + 1, sizeof *tables->ranking);
    int err = values && candidates && tables->ranking ? 0 : -ENOMEM;
    for (size_t i = 0; !err && i < cells->count; i++) {
        if (cells->at[i].plan_case->role != ROLE_BASELINE)
            continue;
        size_t count = find_candidates(cells, &cells->at[i], candidates, values);
        struct table_key key = table_key_of(cells, &cells->at[i]);
        double floor = control_floor(control_of(tables, &key));
        double alpha = cells->alpha / count_pairs(candidates, count);
        for (size_t c = 0; c < count; c++)
            rank_one(&tables->ranking[tables->ranking_count++], cells, candidates, c, alpha, floor,
                     values);
    }
    free(values);
    free(candidates);
    return err;
}
