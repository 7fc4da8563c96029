/* Rates: what is derived from a campaign of the experiment kernels. kernels.csv: iterations per
 * second of every case, against scalar and against the bound that the vector units set. peak.csv:
 * the calibrations. results/README.md is the dictionary of their columns. */
#ifndef BENCH_KERNELS_RATES_H
#define BENCH_KERNELS_RATES_H

#include "bench/kernels/records.h"
#include "bench/tables/tables.h"

/* A case. An iteration is one that the picture needs (the sum of counts), whether it was computed
 * or not, so with shortcuts the rate is an effective one and no bound applies. */
struct rate_row {
    struct table_key key;
    uint64_t n;
    double giterations_per_s, giterations_lo_per_s, giterations_hi_per_s;
    double ratio_to_scalar, ratio_lo, ratio_hi; /* on one core; NaN for scalar itself */
    char vectors[16];                           /* the width that the kernel computes in */
    uint64_t operations;                        /* vector operations in an iteration */
    double bound_giterations_per_s, pct_of_bound, pct_lo, pct_hi;
    double
        best_giterations_per_s;  /* of the blocks: others who use the core can only slow it down */
    double best_ratio_to_scalar; /* its best against scalar's */
};

/* A calibration. */
struct peak_summary {
    uint64_t schema;
    char campaign[96], width[16];
    uint64_t lanes;
    char chain[16];
    uint64_t threads, n;
    double goperations_per_s, goperations_lo_per_s, goperations_hi_per_s;
    double slowest_goperations_per_s, fastest_goperations_per_s; /* of the blocks */
    double undisturbed;                                          /* the median of mean / fastest */
};

struct rates {
    struct rate_row *at; /* in the order of the cases; only those with a sample that counts */
    size_t count;
    struct peak_summary *peaks; /* in the order of the widths and chains */
    size_t peak_count;
};

/* 0 or -ENOMEM. rates_free it, also after a failure. */
int rates_make(struct rates *rates, const struct cells *cells, const struct peak_rows *peaks);
void rates_free(struct rates *rates);

/* Writes both files, each whole or not at all. 0 or -errno. */
int rates_write(const struct rates *rates, const struct campaign *campaign);

/* The calibration of a chain, or NULL. */
const struct peak_summary *rates_peak(const struct rates *rates, const char *width,
                                      const char *chain, uint64_t threads);

#endif
