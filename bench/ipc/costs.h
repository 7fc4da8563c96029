/* Costs: ipc.csv, what is derived from the samples: for each transport, kind of workers and size
 * the medians over the blocks, and the ratios to our queue. results/README.md is the dictionary of
 * its columns. */
#ifndef BENCH_IPC_COSTS_H
#define BENCH_IPC_COSTS_H

#include "bench/campaign/campaign.h"
#include "bench/ipc/samples.h"

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

struct costs {
    struct ipc_cost *at; /* in the order of the cases; only those with a sample that counts */
    size_t count;
};

/* 0 or -ENOMEM. costs_free it, also after a failure. */
int costs_make(struct costs *costs, const struct campaign *campaign, const struct ipc_rows *rows);
void costs_free(struct costs *costs);

/* Writes ipc.csv, whole or not at all. 0 or -errno. */
int costs_write(const struct costs *costs, const struct campaign *campaign);

/* The row about a transport, or NULL. */
const struct ipc_cost *costs_find(const struct costs *costs, const char *transport,
                                  enum worker_kind kind, uint64_t bytes);

#endif
