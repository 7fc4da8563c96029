/* Records: peak_raw.csv, the calibrations of every block; raw numbers only. results/README.md is
 * the dictionary of its columns. */
#ifndef BENCH_KERNELS_RECORDS_H
#define BENCH_KERNELS_RECORDS_H

#include "bench/campaign/csv.h"

#include <stddef.h>
#include <stdint.h>

#define PEAK_FILE "peak_raw.csv"

struct peak_row {
    uint64_t schema;
    char campaign[96], experiment[32];
    uint64_t block, attempt;
    char width[16];
    uint64_t lanes;
    char chain[16];
    uint64_t threads;
    double fastest_operations_per_s, mean_operations_per_s;
    uint64_t usable_cpus;
};

extern const struct csv_column peak_columns[];
extern const size_t peak_column_count;

struct peak_rows {
    struct peak_row *at;
    size_t count, capacity;
};

/* For csv_file: appends a copy of a struct peak_row to a struct peak_rows, which is freed by
 * peak_rows_free. 0; -EPROTO: no calibration can be so; -ENOMEM. */
int peak_rows_keep(void *rows, const void *row);
void peak_rows_free(struct peak_rows *rows);

/* The last attempt in a block, or NULL. */
const struct peak_row *peak_rows_find(const struct peak_rows *rows, uint64_t block,
                                      const char *width, const char *chain, uint64_t threads);

#endif
