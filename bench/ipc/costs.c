/* From samples to medians and ratios; contracts in costs.h. A ratio is the median of the ratios
 * block by block; its interval is of their order statistics, with Bonferroni over the transports
 * that are compared at one size between one kind of workers, so that those intervals hold together
 * with 95 %. */
#include "bench/ipc/costs.h"

#include "base/size.h"
#include "bench/stats/stats.h"
#include "bench/tables/table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ALPHA 0.05
#define QUEUE "queue" /* what all are compared with */

/* The samples of one case: the row that counts from each block, or NULL. */
struct cell {
    struct trial trial;
    const struct ipc_row **rows;
};

struct cells {
    struct cell *at;
    size_t count;
    uint64_t blocks;
    const struct ipc_row **pointers;
    double *values; /* room for one value per block */
};

typedef double ipc_value(const struct ipc_row *row);

static double message_s(const struct ipc_row *row) {
    return row->stream_s / (double)row->messages;
}

static double round_trip_s(const struct ipc_row *row) {
    return row->round_trip_median_s;
}

static double round_trip_p99_s(const struct ipc_row *row) {
    return row->round_trip_p99_s;
}

/* ---- cells ---- */

static bool belongs(const struct ipc_row *row, const struct trial *trial) {
    return row->bytes == trial->bytes && strcmp(row->transport, trial->transport->name) == 0 &&
           strcmp(row->kind, samples_kind(trial->kind)) == 0;
}

static void fill_cell(struct cell *cell, uint64_t blocks, const struct ipc_rows *rows) {
    for (size_t i = 0; i < rows->count; i++) {
        const struct ipc_row *row = &rows->at[i];
        if (row->block < blocks && strcmp(row->status, "ok") == 0 && belongs(row, &cell->trial))
            cell->rows[row->block] = row;
    }
}

static int make_cells(struct cells *cells, const struct ipc_rows *rows) {
    *cells = (struct cells){.count = samples_cases()};
    for (size_t i = 0; i < rows->count; i++)
        if (rows->at[i].block < CAMPAIGN_BLOCKS_MAX) /* more would be a damaged file */
            cells->blocks = size_max(cells->blocks, rows->at[i].block + 1);
    cells->at = calloc(cells->count, sizeof *cells->at);
    cells->pointers = calloc(cells->count * cells->blocks + 1, sizeof(struct ipc_row *));
    cells->values = malloc((cells->blocks + 1) * sizeof *cells->values);
    if (!cells->at || !cells->pointers || !cells->values)
        return -ENOMEM;
    for (uint32_t i = 0; i < cells->count; i++) {
        cells->at[i].trial = samples_case(i);
        cells->at[i].rows = cells->pointers + i * cells->blocks;
        fill_cell(&cells->at[i], cells->blocks, rows);
    }
    return 0;
}

static void free_cells(struct cells *cells) {
    free(cells->at);
    free(cells->pointers);
    free(cells->values);
}

/* The values of a cell, sorted, in cells->values; how many. With `divisor`, each is divided by that
 * cell's in the same block. */
static size_t take_values(const struct cells *cells, const struct cell *cell,
                          const struct cell *divisor, ipc_value *value) {
    size_t n = 0;
    for (uint64_t block = 0; block < cells->blocks; block++)
        if (cell->rows[block] && (!divisor || divisor->rows[block]))
            cells->values[n++] =
                value(cell->rows[block]) / (divisor ? value(divisor->rows[block]) : 1);
    stats_sort(cells->values, n);
    return n;
}

static bool same_group(const struct cell *a, const struct cell *b) {
    return a->trial.bytes == b->trial.bytes && a->trial.kind == b->trial.kind;
}

/* Our queue's cell in the same group. */
static const struct cell *queue_beside(const struct cells *cells, const struct cell *cell) {
    for (size_t i = 0; i < cells->count; i++)
        if (same_group(&cells->at[i], cell) &&
            strcmp(cells->at[i].trial.transport->name, QUEUE) == 0)
            return &cells->at[i];
    return NULL;
}

/* How many transports of the group are compared with the queue. */
static size_t count_comparisons(const struct cells *cells, const struct cell *cell) {
    size_t comparisons = 0;
    for (size_t i = 0; i < cells->count; i++)
        comparisons += same_group(&cells->at[i], cell) &&
                       take_values(cells, &cells->at[i], NULL, message_s) > 0;
    return comparisons > 1 ? comparisons - 1 : 1;
}

/* ---- rows ---- */

/* A median and its interval; empty where there is none. */
static void centre(const struct cells *cells, size_t n, double alpha, double triple[3]) {
    struct stats_interval interval = {.lo = NAN, .hi = NAN};
    if (n > 0)
        interval = stats_median_interval(cells->values, n, alpha);
    triple[0] = n > 0 ? stats_median(cells->values, n) : NAN;
    triple[1] = interval.lo;
    triple[2] = interval.hi;
}

static void compare(struct ipc_cost *cost, const struct cells *cells, const struct cell *cell) {
    const struct cell *queue = queue_beside(cells, cell);
    double alpha = ALPHA / (double)count_comparisons(cells, cell), stream[3], round[3];
    size_t n = take_values(cells, cell, queue, message_s);
    centre(cells, n, alpha, stream);
    n = take_values(cells, cell, queue, round_trip_s);
    centre(cells, n, alpha, round);
    bool itself = cell == queue;
    cost->ratio_to_queue = stream[0];
    cost->ratio_lo = itself ? NAN : stream[1];
    cost->ratio_hi = itself ? NAN : stream[2];
    cost->round_trip_ratio_to_queue = round[0];
    cost->round_trip_ratio_lo = itself ? NAN : round[1];
    cost->round_trip_ratio_hi = itself ? NAN : round[2];
}

static const struct ipc_row *any_row(const struct cells *cells, const struct cell *cell) {
    for (uint64_t block = 0; block < cells->blocks; block++)
        if (cell->rows[block])
            return cell->rows[block];
    return NULL;
}

static void derive(struct ipc_cost *cost, const struct campaign *campaign,
                   const struct cells *cells, const struct cell *cell) {
    double triple[3];
    cost->schema = 1;
    snprintf(cost->campaign, sizeof cost->campaign, "%s", campaign->name);
    snprintf(cost->transport, sizeof cost->transport, "%s", cell->trial.transport->name);
    snprintf(cost->kind, sizeof cost->kind, "%s", samples_kind(cell->trial.kind));
    cost->bytes = cell->trial.bytes;
    cost->capacity = any_row(cells, cell)->capacity;
    cost->n = take_values(cells, cell, NULL, message_s);
    centre(cells, cost->n, ALPHA, triple);
    cost->message_s = triple[0];
    cost->message_lo_s = triple[1];
    cost->message_hi_s = triple[2];
    cost->bytes_per_s = (double)cost->bytes / cost->message_s;
    centre(cells, take_values(cells, cell, NULL, round_trip_s), ALPHA, triple);
    cost->round_trip_s = triple[0];
    cost->round_trip_lo_s = triple[1];
    cost->round_trip_hi_s = triple[2];
    centre(cells, take_values(cells, cell, NULL, round_trip_p99_s), ALPHA, triple);
    cost->round_trip_p99_s = triple[0];
    compare(cost, cells, cell);
}

int costs_make(struct costs *costs, const struct campaign *campaign, const struct ipc_rows *rows) {
    struct cells cells;
    int err = make_cells(&cells, rows);
    *costs = (struct costs){.at = calloc(cells.count, sizeof *costs->at)};
    if (!costs->at)
        err = -ENOMEM;
    for (size_t i = 0; !err && i < cells.count; i++)
        if (any_row(&cells, &cells.at[i]))
            derive(&costs->at[costs->count++], campaign, &cells, &cells.at[i]);
    free_cells(&cells);
    return err;
}

void costs_free(struct costs *costs) {
    free(costs->at);
    *costs = (struct costs){0};
}

const struct ipc_cost *costs_find(const struct costs *costs, const char *transport,
                                  enum worker_kind kind, uint64_t bytes) {
    for (size_t i = 0; i < costs->count; i++)
        if (strcmp(costs->at[i].transport, transport) == 0 && costs->at[i].bytes == bytes &&
            strcmp(costs->at[i].kind, samples_kind(kind)) == 0)
            return &costs->at[i];
    return NULL;
}

#define TEXT(field)  CSV_COLUMN(struct ipc_cost, field, CSV_TEXT)
#define WHOLE(field) CSV_COLUMN(struct ipc_cost, field, CSV_WHOLE)
#define REAL(field)  CSV_COLUMN(struct ipc_cost, field, CSV_DOUBLE)

static const struct csv_column columns[] = {
    WHOLE(schema),
    TEXT(campaign),
    TEXT(transport),
    TEXT(kind),
    WHOLE(bytes),
    WHOLE(n),
    REAL(message_s),
    REAL(message_lo_s),
    REAL(message_hi_s),
    REAL(round_trip_s),
    REAL(round_trip_lo_s),
    REAL(round_trip_hi_s),
    REAL(bytes_per_s),
    REAL(ratio_to_queue),
    REAL(ratio_lo),
    REAL(ratio_hi),
    REAL(round_trip_ratio_to_queue),
    REAL(round_trip_ratio_lo),
    REAL(round_trip_ratio_hi),
    REAL(round_trip_p99_s),
    WHOLE(capacity),
};

int costs_write(const struct costs *costs, const struct campaign *campaign) {
    const struct table file = {.file = "ipc.csv",
                               .columns = columns,
                               .column_count = sizeof columns / sizeof *columns,
                               .rows = costs->at,
                               .row_bytes = sizeof *costs->at,
                               .row_count = costs->count};
    return table_write(&file, campaign);
}
