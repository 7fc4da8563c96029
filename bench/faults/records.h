/* Records: what the experiment faults measures, and faults_raw.csv, which holds it: one row per
 * sample, raw numbers only. results/README.md is the dictionary of its columns. */
#ifndef BENCH_FAULTS_RECORDS_H
#define BENCH_FAULTS_RECORDS_H

#include "backends/backend.h"
#include "bench/campaign/csv.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORDS_FILE "faults_raw.csv"

/* The cases of a block: every backend of processes with every number of kills. Case i, below
 * records_cases(). Backends that do not work here are in too: their samples say so. */
struct records_case {
    const struct backend *backend;
    unsigned kills;
};

uint32_t records_cases(void);
struct records_case records_case(uint32_t i);

/* Is a struct faults_row one of that case? And the same backend's case without kills. */
bool records_is_of(const void *row, uint32_t i);
uint32_t records_calm_beside(uint32_t i);

struct faults_row {
    uint64_t schema;
    char campaign[96], experiment[32];
    uint64_t block, order, attempt, seed;
    char status[16], backend[32];
    uint64_t workers, batch;
    char kernel[32];
    uint64_t width, height, kills_planned, kills, workers_lost, batches_reissued;
    double open_s, render_s, close_s;
    double recovery_median_s, recovery_max_s;
    uint64_t recoveries;
    double expected_s;
    char view[32];
    uint64_t max_iter, iterations;
    char sha256[72];
    double user_s, sys_s, other_cpu_s, steal_s, load1;
    uint64_t usable_cpus;
};

/* faults_raw.csv; without room for a row. */
extern const struct csv_file faults_records;

#endif
