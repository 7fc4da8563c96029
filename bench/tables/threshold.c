/* threshold.csv: for experiments along batches or picture sizes, from which value on a backend is
 * good enough: the smallest batch from which on its efficiency, against the best that serial does
 * with any size of batch, is at least half of its best; or the smallest picture from which on it is
 * faster than serial: there beyond doubt, and no larger one's median says otherwise. Made from the
 * rows of speedup.csv and granularity.csv. */
#include "bench/experiments/experiment.h"
#include "bench/tables/tables.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The rows of one backend along the axis, in ascending order. */
struct series {
    const struct speedup_row **rows;
    size_t count;
};

static uint64_t place_on_axis(const struct speedup_row *row, enum axis along) {
    return along == AXIS_BATCH ? row->key.batch : row->key.width * row->key.height;
}

static bool same_series(const struct speedup_row *a, const struct speedup_row *b) {
    return strcmp(a->key.backend, b->key.backend) == 0 &&
           strcmp(a->key.kernel, b->key.kernel) == 0 &&
           strcmp(a->key.schedule, b->key.schedule) == 0 && strcmp(a->key.view, b->key.view) == 0 &&
           a->key.shortcuts == b->key.shortcuts && a->key.workers == b->key.workers;
}

static bool is_case(const struct speedup_row *row) {
    return strcmp(row->key.role, "case") == 0 && row->key.workers > 1;
}

static void insert(struct series *series, const struct speedup_row *row, enum axis along) {
    size_t at = series->count++;
    for (; at > 0 && place_on_axis(series->rows[at - 1], along) > place_on_axis(row, along); at--)
        series->rows[at] = series->rows[at - 1];
    series->rows[at] = row;
}

/* Of one size alone there is no best serial but its own. */
static double efficiency_of(const struct tables *tables, const struct speedup_row *row) {
    const struct granularity_row *found = granularity_of(tables, &row->key);
    return found ? found->efficiency : row->efficiency;
}

static double best_efficiency(const struct tables *tables, const struct series *series) {
    double best = 0;
    for (size_t i = 0; i < series->count; i++)
        best = fmax(best, efficiency_of(tables, series->rows[i]));
    return best;
}

/* The first index from which on every batch is good enough, or the count. */
static size_t find_batch(const struct tables *tables, const struct series *series) {
    double enough = best_efficiency(tables, series) / 2;
    size_t first = series->count;
    for (; first > 0; first--) {
        const struct speedup_row *row = series->rows[first - 1];
        /* The whole frame as one batch is no sharing at all: that does not spoil what is smaller.
         */
        bool whole = row->key.batch >= row->key.width * row->key.height;
        if (efficiency_of(tables, row) < enough && !whole)
            break;
    }
    return first;
}

/* The first index from which on every median is faster than serial, or the count. */
static size_t find_crossing(const struct series *series) {
    size_t first = series->count;
    while (first > 0 && series->rows[first - 1]->speedup > 1)
        first--;
    return first;
}

/* The first one from there on that is faster beyond doubt, or the count. */
static size_t find_picture(const struct series *series) {
    size_t first = find_crossing(series);
    while (first < series->count && strcmp(series->rows[first]->verdict, "faster") != 0)
        first++;
    return first;
}

/* The picture, in pixels, at which the median speedup passes 1, on a straight line between the
 * logarithms of its neighbours; NaN when that is not on the axis. */
static double interpolate_crossing(const struct series *series) {
    size_t first = find_crossing(series);
    if (first == 0 || first == series->count)
        return NAN;
    const struct speedup_row *below = series->rows[first - 1], *above = series->rows[first];
    double from = log((double)place_on_axis(below, AXIS_PIXELS));
    double to = log((double)place_on_axis(above, AXIS_PIXELS));
    double share = log(below->speedup) / (log(below->speedup) - log(above->speedup));
    return exp(from + share * (to - from));
}

static void add_threshold(struct tables *tables, const struct series *series, enum axis along) {
    struct threshold_row *row = &tables->threshold[tables->threshold_count++];
    size_t first = along == AXIS_BATCH ? find_batch(tables, series) : find_picture(series);
    bool found = first < series->count;
    row->key = series->rows[found ? first : series->count - 1]->key;
    row->threshold = found ? place_on_axis(series->rows[first], along) : CSV_NO_WHOLE;
    const struct granularity_row *cell = granularity_of(tables, &row->key);
    row->efficiency = along == AXIS_BATCH && found && cell ? cell->efficiency : NAN;
    row->serial_s = along == AXIS_BATCH && cell ? cell->serial_s : NAN;
    row->crossing = along == AXIS_BATCH ? NAN : interpolate_crossing(series);
    snprintf(row->criterion, sizeof row->criterion, "%s",
             along == AXIS_BATCH ? "half of the best efficiency" : "faster than serial");
}

int threshold_make(struct tables *tables, const struct cells *cells) {
    const struct experiment *experiment = experiment_find(cells->campaign->plan.experiment);
    if (!experiment || (experiment->along != AXIS_BATCH && experiment->along != AXIS_PIXELS))
        return 0;
    struct series series = {.rows =
                                calloc(tables->speedup_count + 1, sizeof(struct speedup_row *))};
    bool *taken = calloc(tables->speedup_count + 1, sizeof *taken);
    tables->threshold = calloc(tables->speedup_count + 1, sizeof *tables->threshold);
    int err = series.rows && taken && tables->threshold ? 0 : -ENOMEM;
    for (size_t i = 0; !err && i < tables->speedup_count; i++) {
        if (taken[i] || !is_case(&tables->speedup[i]))
            continue;
        series.count = 0;
        for (size_t j = i; j < tables->speedup_count; j++) {
            if (!is_case(&tables->speedup[j]) ||
                !same_series(&tables->speedup[i], &tables->speedup[j]))
                continue;
            taken[j] = true;
            insert(&series, &tables->speedup[j], experiment->along);
        }
        add_threshold(tables, &series, experiment->along);
    }
    free(series.rows);
    free(taken);
    return err;
}
