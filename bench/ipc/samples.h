/* Samples: what the experiment ipc measures, and ipc_raw.csv, which holds it: one row per sample,
 * raw numbers only. results/README.md is the dictionary of its columns. */
#ifndef BENCH_IPC_SAMPLES_H
#define BENCH_IPC_SAMPLES_H

#include "bench/campaign/csv.h"
#include "bench/ipc/trial.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SAMPLES_FILE "ipc_raw.csv"

/* The cases of a block: every transport at every size between both kinds of workers. Case i, below
 * samples_cases(). Transports that do not work here are in too: their samples say so. */
uint32_t samples_cases(void);
struct trial samples_case(uint32_t i);

/* Is a struct ipc_row one of that case? And the case of our queue between the same kind of workers
 * at the same size, which all are compared with. */
bool samples_is_of(const void *row, uint32_t i);
uint32_t samples_queue_beside(uint32_t i);

/* As the files spell it. */
const char *samples_kind(enum worker_kind kind);

struct ipc_row {
    uint64_t schema;
    char campaign[96], experiment[32];
    uint64_t block, order, attempt, seed;
    char status[16], transport[32], kind[16];
    uint64_t bytes, capacity, messages;
    double stream_s;
    uint64_t rounds;
    double round_trip_mean_s, round_trip_median_s, round_trip_p99_s, user_s, sys_s;
    uint64_t nvcsw, nivcsw;
    double other_cpu_s, steal_s, load1;
    uint64_t usable_cpus, first_cpu, second_cpu;
};

/* ipc_raw.csv; without room for a row. */
extern const struct csv_file ipc_samples;

#endif
