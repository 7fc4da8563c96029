/* Toll: faults.csv, what is derived from the samples: for each backend and number of kills the
 * medians over the blocks, and what the kills cost against the same backend's render without any in
 * the same block. results/README.md is the dictionary of its columns. */
#ifndef BENCH_FAULTS_TOLL_H
#define BENCH_FAULTS_TOLL_H

#include "bench/faults/records.h"
#include "bench/probe/panel.h"
#include "bench/tables/table.h"

#include <stddef.h>
#include <stdint.h>

struct faults_toll {
    uint64_t schema;
    char campaign[96], backend[32], kernel[32], view[32];
    uint64_t width, height, max_iter, batch, workers, kills_planned, n;
    uint64_t kills, workers_lost, batches_reissued; /* of all n samples */
    double render_s, render_lo_s, render_hi_s;
    double slowdown, slowdown_lo, slowdown_hi;
    double cost_per_kill_s, cost_per_kill_lo_s, cost_per_kill_hi_s;
    double recovery_s, recovery_lo_s, recovery_hi_s;
    double recovery_max_s; /* of all n samples */
    double cpu_per_kill_s, cpu_per_kill_lo_s, cpu_per_kill_hi_s;
    double batch_s;                        /* of a worker's time, when nobody dies */
    double recovery_bound_s, cost_bound_s; /* NaN without kills */
};

/* faults.csv's rows, in the order of the cases; only those with a sample that counts. */
struct tolls {
    const struct faults_toll *at;
    size_t count;
};

/* faults.csv, without its rows; and how a row of it comes from the samples. */
extern const struct table faults_table;
void tolls_derive(void *row, const struct panel *panel, uint32_t index);

/* The rows of such a table. */
struct tolls tolls_of(const struct table *table);

#endif
