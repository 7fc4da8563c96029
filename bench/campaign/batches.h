/* Batches: what each batch of a campaign costs when one loop computes it and nobody shares, as
 * batches.csv keeps it (bench/measure/costs.h takes it); tables derive from it how fast a render
 * could be at best. results/README.md is the dictionary of its columns. */
#ifndef BENCH_CAMPAIGN_BATCHES_H
#define BENCH_CAMPAIGN_BATCHES_H

#include "bench/campaign/campaign.h"
#include "bench/campaign/csv.h"

#include <stddef.h>
#include <stdint.h>

/* A batch of one workload, kernel and batch size; or, where there are too many for a row each,
 * `batches` consecutive ones together, from `index` on. */
struct batch_row {
    uint64_t schema;
    char kernel[32];
    enum csv_bool shortcuts;
    char view[32];
    double center_re, center_im, extent;
    uint64_t width, height, max_iter, batch, index;
    uint64_t iterations; /* the sum of their counts */
    double cost_s;       /* the least of up to five passes through the whole frame */
    uint64_t batches;
};

/* In memory; those of one frame lie together, in the order of their indices. */
struct batch_rows {
    struct batch_row *at;
    size_t count, capacity;
};

extern const struct csv_column batch_columns[];
extern const size_t batch_column_count;

/* Reads a batches.csv. 0; -errno; -EPROTO: malformed, and *bad_line says where. batches_free the
 * rows, also after a failure. */
int batches_read(const char *path, struct batch_rows *rows, size_t *bad_line);
void batches_free(struct batch_rows *rows);

/* Is the row about this case's frame, kernel and batch size? */
bool batches_belong(const struct batch_row *row, const struct plan_case *plan_case);

#endif
