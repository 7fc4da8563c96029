/* Costs: ipc.csv, what is derived from the samples: for each transport, kind of workers and size
 * the medians over the blocks, and the ratios to our queue. results/README.md is the dictionary of
 * its columns. */
#ifndef BENCH_IPC_COSTS_H
#define BENCH_IPC_COSTS_H

#include "bench/ipc/samples.h"
#include "bench/probe/panel.h"
#include "bench/tables/table.h"

#include <stddef.h>
#include <stdint.h>

struct ipc_cost {
    uint64_t schema;
    char campaign[96], transport[32], kind[16];
    uint64_t bytes, n;
    double message_s, message_lo_s, message_hi_s;
    double round_trip_s, round_trip_lo_s, round_trip_hi_s;
    double bytes_per_s;
    double ratio_to_queue, ratio_lo, ratio_hi;
    double round_trip_ratio_to_queue, round_trip_ratio_lo, round_trip_ratio_hi;
    double round_trip_p99_s;
    uint64_t capacity;
};

/* ipc.csv's rows, in the order of the cases; only those with a sample that counts. */
struct costs {
    const struct ipc_cost *at;
    size_t count;
};

/* ipc.csv, without its rows; and how a row of it comes from the samples. */
extern const struct table ipc_table;
void costs_derive(void *row, const struct panel *panel, uint32_t index);

/* The rows of such a table. */
struct costs costs_of(const struct table *table);

/* The row about a transport, or NULL. */
const struct ipc_cost *costs_find(const struct costs *costs, const char *transport,
                                  enum worker_kind kind, uint64_t bytes);

#endif
