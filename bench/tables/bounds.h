/* Bounds: how fast a render could be at best, from what its batches cost a single loop. No render
 * on these workers can beat any of the parts. */
#ifndef BENCH_TABLES_BOUNDS_H
#define BENCH_TABLES_BOUNDS_H

#include "bench/campaign/batches.h"
#include "bench/tables/cells.h"

#include <stddef.h>

/* Seconds that the batches alone ask for. */
struct bounds {
    double sum_s;     /* all of them, one after the other */
    double largest_s; /* the costliest, which nobody can share; of rows that hold several batches
                       * the mean, which it cannot be below */
    double band_s; /* the costliest band when each of the workers has an equal one, whose cuts may
                    * go through rows */
};

/* Of `count` ≥ 1 rows of one frame in their order, for that many workers ≥ 1. */
struct bounds bounds_of(const struct batch_row *rows, size_t count, uint64_t workers);

/* What a coordinator deals and collects by itself, one thing after another, in a render: of two
 * that work side by side, the busier one. 0 when there is none, or it was not recorded. */
double bounds_coordinator_s(const struct raw_row *row);

/* The least time that a render of this cell can take: the largest of sum / the workers that can
 * run at once, the costliest batch (of a backend whose bands are fixed: band), and the coordinator
 * (the median over the blocks; `values` has room for cells->blocks). NaN: the costs of its batches
 * are not known. */
double bounds_cell_s(const struct cells *cells, const struct cell *cell, double *values);

#endif
