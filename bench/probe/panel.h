/* Panel: the samples of a probe by case and block, and what they say of a case: medians over the
 * blocks, and ratios or differences to the sample beside it, that of another case in the same
 * block. */
#ifndef BENCH_PROBE_PANEL_H
#define BENCH_PROBE_PANEL_H

#include "bench/campaign/campaign.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct probe;

struct panel {
    const struct probe *probe;
    const struct campaign *campaign;
    void *samples; /* as they were read */
    size_t count, capacity;
    uint32_t cases;
    uint64_t blocks;
    const void **cells; /* the sample that counts of each case in each block, or NULL */
    double *values;     /* room for one per block */
};

/* Reads all samples of a probe. 0; -EPROTO: malformed, and *bad_line says where; or -errno.
 * panel_free it, also after a failure. */
int panel_read(struct panel *panel, const struct probe *probe, const struct campaign *campaign,
               const char *path, size_t *bad_line);
void panel_free(struct panel *panel);

/* Was a result wrong? Did others use a tenth as much CPU time as the samples did, or more? */
bool panel_any_wrong(const struct panel *panel);
bool panel_was_disturbed(const struct panel *panel);

/* Puts each sample into its place, for what follows. 0 or -ENOMEM. */
int panel_arrange(struct panel *panel);

/* The sample that counts, or NULL; and the first one of a case. */
const void *panel_sample(const struct panel *panel, uint32_t index, uint64_t block);
const void *panel_first(const struct panel *panel, uint32_t index);

/* A number of a sample, and of the one beside it (NULL: there is none). NaN: it has none. */
typedef double panel_value(const void *sample, const void *beside);

/* The median of a case's values over the blocks, and its interval at level alpha; NaN where there
 * is none. */
struct panel_centre {
    size_t n;
    double median, lo, hi;
};

struct panel_centre panel_centre(const struct panel *panel, uint32_t index, panel_value *value,
                                 double alpha);

/* How many cases with that value are compared with the same one as this is, or 1: for Bonferroni's
 * correction. */
size_t panel_comparisons(const struct panel *panel, uint32_t index, panel_value *value);

#endif
