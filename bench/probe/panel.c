/* Samples by case and block; contracts in panel.h. */
#include "bench/probe/panel.h"

#include "base/size.h"
#include "bench/campaign/array.h"
#include "bench/probe/probe.h"
#include "bench/stats/stats.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- as they are read ---- */

static const void *sample_at(const struct panel *panel, size_t i) {
    return (const char *)panel->samples + i * panel->probe->sample_bytes;
}

static int keep(void *context, const void *sample) {
    struct panel *panel = context;
    size_t bytes = panel->probe->sample_bytes;
    char *samples = array_room(panel->samples, panel->count, &panel->capacity, bytes);
    if (!samples)
        return -ENOMEM;
    memcpy(samples + panel->count++ * bytes, sample, bytes);
    panel->samples = samples;
    return 0;
}

int panel_read(struct panel *panel, const struct probe *probe, const struct campaign *campaign,
               const char *path, size_t *bad_line) {
    struct csv_file file = *probe->samples;
    *panel = (struct panel){.probe = probe, .campaign = campaign};
    file.row = malloc(probe->sample_bytes);
    if (!file.row)
        return -ENOMEM;
    file.keep = keep;
    file.context = panel;
    int err = csv_read_file(&file, path);
    *bad_line = file.line;
    free(file.row);
    return err;
}

void panel_free(struct panel *panel) {
    free(panel->samples);
    free(panel->cells);
    free(panel->values);
    *panel = (struct panel){0};
}

static bool has_status(const struct panel *panel, const void *sample, const char *status) {
    return strcmp(csv_text(panel->probe->samples, sample, "status"), status) == 0;
}

bool panel_any_wrong(const struct panel *panel) {
    for (size_t i = 0; i < panel->count; i++)
        if (has_status(panel, sample_at(panel, i), "wrong"))
            return true;
    return false;
}

bool panel_was_disturbed(const struct panel *panel) {
    const struct csv_file *file = panel->probe->samples;
    double others_s = 0, own_s = 0;
    for (size_t i = 0; i < panel->count; i++) {
        const void *sample = sample_at(panel, i);
        double other_cpu_s = csv_double(file, sample, "other_cpu_s");
        if (!has_status(panel, sample, "ok") || isnan(other_cpu_s))
            continue;
        others_s += other_cpu_s;
        own_s += csv_double(file, sample, "user_s") + csv_double(file, sample, "sys_s");
    }
    return others_s > 0.1 * own_s;
}

/* ---- in their places ---- */

static uint64_t block_of(const struct panel *panel, const void *sample) {
    return csv_whole(panel->probe->samples, sample, "block");
}

static void place(struct panel *panel, const void *sample) {
    uint64_t block = block_of(panel, sample);
    if (block >= panel->blocks || !has_status(panel, sample, "ok"))
        return;
    for (uint32_t i = 0; i < panel->cases; i++)
        if (panel->probe->is_of(sample, i))
            panel->cells[i * panel->blocks + block] = sample;
}

int panel_arrange(struct panel *panel) {
    panel->cases = panel->probe->cases();
    for (size_t i = 0; i < panel->count; i++) {
        uint64_t block = block_of(panel, sample_at(panel, i));
        if (block < CAMPAIGN_BLOCKS_MAX) /* more would be a damaged file */
            panel->blocks = size_max(panel->blocks, block + 1);
    }
    panel->cells = calloc(panel->cases * panel->blocks + 1, sizeof *panel->cells);
    panel->values = malloc((panel->blocks + 1) * sizeof *panel->values);
    if (!panel->cells || !panel->values)
        return -ENOMEM;
    for (size_t i = 0; i < panel->count; i++)
        place(panel, sample_at(panel, i));
    return 0;
}

const void *panel_sample(const struct panel *panel, uint32_t index, uint64_t block) {
    return panel->cells[index * panel->blocks + block];
}

const void *panel_first(const struct panel *panel, uint32_t index) {
    for (uint64_t block = 0; block < panel->blocks; block++)
        if (panel_sample(panel, index, block))
            return panel_sample(panel, index, block);
    return NULL;
}

/* ---- what they say ---- */

/* The values of a case, sorted, in panel->values; how many. */
static size_t take_values(const struct panel *panel, uint32_t index, panel_value *value) {
    uint32_t beside = panel->probe->beside(index);
    size_t n = 0;
    for (uint64_t block = 0; block < panel->blocks; block++) {
        const void *sample = panel_sample(panel, index, block);
        double one = sample ? value(sample, panel_sample(panel, beside, block)) : NAN;
        if (!isnan(one))
            panel->values[n++] = one;
    }
    stats_sort(panel->values, n);
    return n;
}

struct panel_centre panel_centre(const struct panel *panel, uint32_t index, panel_value *value,
                                 double alpha) {
    struct panel_centre centre = {take_values(panel, index, value), NAN, NAN, NAN};
    if (centre.n == 0)
        return centre;
    struct stats_interval interval = stats_median_interval(panel->values, centre.n, alpha);
    centre.median = stats_median(panel->values, centre.n);
    if (interval.exists) {
        centre.lo = interval.lo;
        centre.hi = interval.hi;
    }
    return centre;
}

size_t panel_comparisons(const struct panel *panel, uint32_t index, panel_value *value) {
    uint32_t beside = panel->probe->beside(index);
    size_t comparisons = 0;
    for (uint32_t i = 0; i < panel->cases; i++)
        comparisons +=
            i != beside && panel->probe->beside(i) == beside && take_values(panel, i, value) > 0;
    return size_max(comparisons, 1);
}
