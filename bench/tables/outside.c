/* outside.csv: hyperfine's view of whole `mandel` processes beside what the same processes
 * reported. Reads hyperfine/mandel.json (the 1.x exports, and the 2.x schema) and
 * hyperfine/inside.jsonl (one --json record per process, in the order in which they ran, warm-up
 * included). */
#include "base/text.h"
#include "bench/stats/stats.h"
#include "bench/tables/tables.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ALPHA    0.05
#define RUNS_MAX 1000

/* One process's own words. */
struct inside {
    char backend[32];
    uint64_t workers;
    double total_s, render_s;
};

struct insides {
    struct inside *at;
    size_t count;
};

static double number_in(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static int read_insides(const char *path, struct insides *insides) {
    FILE *file = fopen(path, "re");
    if (!file)
        return -errno;
    json_t *record;
    int err = 0;
    while (!err && (record = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL)) != NULL) {
        struct inside *grown = realloc(insides->at, (insides->count + 1) * sizeof *grown);
        const char *backend = json_string_value(json_object_get(record, "backend"));
        err = grown ? 0 : -ENOMEM;
        if (grown) {
            insides->at = grown;
            struct inside *inside = &grown[insides->count++];
            *inside = (struct inside){
                .workers = (uint64_t)json_integer_value(json_object_get(record, "workers")),
                .total_s = number_in(record, "total_s"),
                .render_s = number_in(record, "render_s"),
            };
            snprintf(inside->backend, sizeof inside->backend, "%s", backend ? backend : "");
        }
        json_decref(record);
    }
    fclose(file);
    return err;
}

/* The wall clock times of one command: results[].times, or
 * results[].measurements[].time_wall_clock, which is a number of seconds or {value, unit:
 * "second"}. How many; 0 when it is neither. */
static size_t read_times(const json_t *result, double times[RUNS_MAX]) {
    const json_t *list = json_object_get(result, "times");
    const json_t *measurements = json_object_get(result, "measurements");
    size_t n = json_array_size(list ? list : measurements);
    if (n > RUNS_MAX)
        return 0;
    for (size_t i = 0; i < n; i++) {
        const json_t *time =
            list ? json_array_get(list, i)
                 : json_object_get(json_array_get(measurements, i), "time_wall_clock");
        if (json_is_object(time))
            time = json_object_get(time, "value");
        if (!json_is_number(time))
            return 0;
        times[i] = json_number_value(time);
    }
    return n;
}

/* The last n records of that backend and number of workers: those before them were warm-up. */
static size_t pick_insides(const struct insides *insides, const struct outside_row *row, size_t n,
                           const struct inside *picked[RUNS_MAX]) {
    size_t found = 0;
    for (size_t i = insides->count; i-- > 0 && found < n;)
        if (insides->at[i].workers == row->workers &&
            strcmp(insides->at[i].backend, row->backend) == 0)
            picked[n - ++found] = &insides->at[i];
    return found;
}

static struct stats_interval settle(double *values, size_t n, double *median) {
    stats_sort(values, n);
    *median = stats_median(values, n);
    return stats_median_interval(values, n, ALPHA);
}

/* One command, named "BACKEND WORKERS". */
static int take_result(struct outside_row *row, const json_t *result,
                       const struct insides *insides) {
    static double times[RUNS_MAX], values[RUNS_MAX];
    const struct inside *own[RUNS_MAX];
    const char *name = json_string_value(json_object_get(result, "command"));
    unsigned long long workers;
    if (!name || sscanf(name, "%31s %llu", row->backend, &workers) != 2)
        return -EPROTO;
    row->workers = workers;
    text_tame(row->backend);
    size_t n = read_times(result, times);
    if (n == 0 || pick_insides(insides, row, n, own) != n)
        return -EPROTO;
    row->n = n;
    for (size_t i = 0; i < n; i++)
        values[i] = times[i] - own[i]->total_s;
    struct stats_interval interval = settle(values, n, &row->difference_s);
    row->difference_lo_s = interval.lo;
    row->difference_hi_s = interval.hi;
    for (size_t i = 0; i < n; i++)
        values[i] = own[i]->total_s / times[i];
    settle(values, n, &row->inside_share);
    for (size_t i = 0; i < n; i++)
        values[i] = own[i]->total_s;
    settle(values, n, &row->inside_s);
    for (size_t i = 0; i < n; i++)
        values[i] = own[i]->render_s;
    settle(values, n, &row->render_s);
    interval = settle(times, n, &row->outside_s);
    row->outside_lo_s = interval.lo;
    row->outside_hi_s = interval.hi;
    return 0;
}

static int take_all(struct tables *tables, const struct campaign *campaign, const json_t *results,
                    const struct insides *insides) {
    size_t count = json_array_size(results);
    if (count > PLAN_CASES_MAX)
        return -EPROTO;
    tables->outside = calloc(count + 1, sizeof *tables->outside);
    if (!tables->outside)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        struct outside_row *row = &tables->outside[i];
        row->schema = 1;
        snprintf(row->campaign, sizeof row->campaign, "%s", campaign->name);
        int err = take_result(row, json_array_get(results, i), insides);
        if (err)
            return err;
        tables->outside_count++;
    }
    return 0;
}

int outside_make(struct tables *tables, const struct campaign *campaign, char *sentence,
                 size_t size) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    struct insides insides = {0};
    FILE *file = fopen(campaign_path(campaign, "hyperfine/mandel.json", path), "re");
    if (!file)
        return 0; /* a campaign without the view from outside */
    json_t *export = json_loadf(file, 0, NULL);
    fclose(file);
    int err = read_insides(campaign_path(campaign, "hyperfine/inside.jsonl", path), &insides);
    const json_t *results = json_object_get(export, "results");
    if (!err)
        err = json_is_array(results) ? take_all(tables, campaign, results, &insides) : -EPROTO;
    if (err && err != -ENOMEM) {
        snprintf(sentence, size, "'%.256s/hyperfine' is not what this version can read",
                 campaign->directory);
        err = -EPROTO;
    }
    free(insides.at);
    json_decref(export);
    return err;
}
