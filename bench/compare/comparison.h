/* Comparison: what became of each cell between two campaigns, A and B. The campaigns are not
 * paired, so times are compared by an unpaired shift (bench/stats/shift.h), with Bonferroni over
 * all cells, and over the looks at which either campaign might have stopped. Made from raw records
 * alone. results/README.md is the dictionary of its columns. */
#ifndef BENCH_COMPARE_COMPARISON_H
#define BENCH_COMPARE_COMPARISON_H

#include "bench/tables/tables.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One cell. */
struct comparison_row {
    uint64_t schema;
    char campaign_a[96], campaign_b[96];
    struct table_key key; /* but for its campaign */
    uint64_t n_a, n_b;    /* blocks with a right result; 0: that campaign has none */
    double median_a_s, median_b_s;
    double shift, shift_lo, shift_hi; /* of render times, B / A */
    /* The same of the times relative to serial's in the same block: what is left of the shift when
     * the kernel and the machine are taken out. Only of cases. */
    double against_serial, against_serial_lo, against_serial_hi;
    /* Slower, and the whole interval lies beyond the threshold. CSV_NO_BOOL: not judged, since a
     * campaign is suspect. */
    enum csv_bool regressed;
    char verdict[64];
};

/* Serial against itself in one campaign, paired by block, for the kernel and workload where it
 * differs most; NaN where that is not known. */
struct comparison_control {
    double ratio, ratio_lo, ratio_hi;
    bool suspect; /* as the campaign's own report says */
};

struct comparison {
    struct comparison_row *rows; /* what became slower first, what only one has last */
    size_t count, compared;      /* compared: those that both have */
    struct comparison_control control_a, control_b;
};

/* Matches cells by all key columns but the campaign. A shift beyond threshold (0.02: 2 %) is a
 * regression. 0 or -ENOMEM. comparison_free it, also after a failure. */
int comparison_make(struct comparison *comparison, const struct cells *a, const struct cells *b,
                    double threshold);
void comparison_free(struct comparison *comparison);

/* Writes the rows as CSV, whole or not at all; "-" is standard output. 0 or -errno. */
int comparison_write(const struct comparison *comparison, const char *path);

#endif
