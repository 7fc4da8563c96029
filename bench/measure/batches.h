/* Batches: what each batch of a campaign costs when one loop computes it and nobody shares. Taken
 * once per campaign, kept in batches.csv; tables derive from it how fast a render could be at best.
 * results/README.md is the dictionary of its columns. */
#ifndef BENCH_MEASURE_BATCHES_H
#define BENCH_MEASURE_BATCHES_H

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

/* At most so many rows for one frame, and for a campaign (a frame has then fewer, at least 16). */
#define BATCHES_ROWS_MAX  4096
#define BATCHES_TOTAL_MAX 65536

/* Writes batches.csv, whole or not at all, unless it is there already: every workload, kernel and
 * batch size of the plan but the null kernel, which computes nothing. 0; -ECANCELED: a stop was
 * asked for; or -errno and a sentence has been said. */
int batches_measure(const struct campaign *campaign);

/* Reads a batches.csv. 0; -errno; -EPROTO: malformed, and *bad_line says where. batches_free the
 * rows, also after a failure. */
int batches_read(const char *path, struct batch_rows *rows, size_t *bad_line);
void batches_free(struct batch_rows *rows);

/* Is the row about this case's frame, kernel and batch size? */
bool batches_belong(const struct batch_row *row, const struct plan_case *plan_case);

#endif
