/* Cells: a campaign's samples, sorted by what they measured. A cell is a case of the plan, with the
 * row that counts from each block: the last attempt, if its result was right. */
#ifndef BENCH_TABLES_CELLS_H
#define BENCH_TABLES_CELLS_H

#include "bench/campaign/campaign.h"
#include "bench/campaign/raw.h"

#include <stddef.h>
#include <stdint.h>

struct batch_rows;

struct cell {
    const struct plan_case *plan_case;
    const struct raw_row **rows; /* one per block, NULL where there is none */
    size_t n;                    /* blocks that have one */
    const struct cell *baseline; /* serial with the same kernel, workload and batch, or NULL */
};

struct cells {
    const struct campaign *campaign;
    struct cell *at; /* in the plan's order: at[i] belongs to plan.cases[i] */
    size_t count;
    uint64_t blocks;
    double alpha; /* how often all intervals of one kind may miss: this look's share of 5 % */
    const struct raw_row **pointers;
    const struct batch_rows *batches; /* what they cost; set by who has them, else NULL */
};

/* 0 or -ENOMEM. The campaign and the rows must outlive the cells. cells_free them, also after a
 * failure. */
int cells_make(struct cells *cells, const struct campaign *campaign, const struct raw_rows *rows);
void cells_free(struct cells *cells);

/* The same backend, kernel, workload and schedule at one worker, or NULL. */
const struct cell *cells_at_one_worker(const struct cells *cells, const struct cell *cell);

/* The cell that a row belongs to, whether it counts there or not; NULL: the plan has none. */
const struct cell *cells_of(const struct cells *cells, const struct raw_row *row);

/* How many comparisons with serial hold together with this cell's (Bonferroni): those of all cases;
 * the control and the plumbing are not among them. */
double cells_comparisons(const struct cells *cells, const struct cell *cell);

/* The first row that counts, or NULL. */
const struct raw_row *cells_any_row(const struct cells *cells, const struct cell *cell);

/* One number of a row. */
typedef double cells_value(const struct raw_row *row);
double cells_render_s(const struct raw_row *row);

/* The cell's values, sorted, into values[0 … n - 1] (room for cells->blocks). */
size_t cells_values(const struct cells *cells, const struct cell *cell, cells_value *value,
                    double *values);

/* The ratios a / b of render times, block by block, sorted; how many. */
size_t cells_ratios(const struct cells *cells, const struct cell *a, const struct cell *b,
                    double *ratios);

#endif
