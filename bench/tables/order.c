/* Samples in their order; contracts in order.h. */
#include "bench/tables/order.h"

#include "bench/stats/stats.h"
#include "bench/tables/table.h"
#include "bench/tables/tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct order_row {
    struct table_key key;
    uint64_t place; /* from 1, in the file: the order of time */
    uint64_t block, attempt;
    double render_s, relative;
    enum csv_bool noisy;
};

#define COLUMN(field, kind) CSV_COLUMN(struct order_row, field, kind)

static const struct csv_column columns[] = {
    KEY_COLUMNS(order_row),     COLUMN(place, CSV_WHOLE),     COLUMN(block, CSV_WHOLE),
    COLUMN(attempt, CSV_WHOLE), COLUMN(render_s, CSV_DOUBLE), COLUMN(relative, CSV_DOUBLE),
    COLUMN(noisy, CSV_BOOL),
};

static bool is_shown(const struct raw_row *row) {
    return strcmp(row->status, "ok") == 0 && csv_is_time(row->render_s);
}

static bool is_noisy(const struct raw_row *row) {
    return row->noisy == CSV_TRUE;
}

/* One in how many of a kind there is room for, beside as many of the other. */
static size_t stride_of(size_t count, size_t others) {
    size_t half = ORDER_ROWS_MAX / 2, room = others < half ? ORDER_ROWS_MAX - others : half;
    return count ? (count + room - 1) / room : 1;
}

/* For samples that nobody disturbed, and for the disturbed ones: [is_noisy]. */
static void choose_strides(const struct raw_rows *rows, size_t strides[2]) {
    size_t count[2] = {0};
    for (size_t i = 0; i < rows->count; i++)
        if (is_shown(&rows->at[i]))
            count[is_noisy(&rows->at[i])]++;
    strides[0] = stride_of(count[0], count[1]);
    strides[1] = stride_of(count[1], count[0]);
}

/* false: the row is of no case. */
static bool fill_in(struct order_row *order, const struct cells *cells, const struct raw_row *row,
                    double *values) {
    const struct cell *cell = cells_of(cells, row);
    if (!cell || cell->n == 0)
        return false;
    order->key = table_key_of(cells, cell);
    order->block = row->block;
    order->attempt = row->attempt;
    order->render_s = row->render_s;
    order->relative =
        row->render_s / stats_median(values, cells_values(cells, cell, cells_render_s, values));
    order->noisy = row->noisy;
    return true;
}

static size_t make(struct order_row *orders, const struct cells *cells, const struct raw_rows *rows,
                   double *values) {
    size_t strides[2], seen[2] = {0}, count = 0;
    choose_strides(rows, strides);
    for (size_t i = 0; i < rows->count && count < ORDER_ROWS_MAX; i++) {
        const struct raw_row *row = &rows->at[i];
        bool noisy = is_noisy(row);
        if (!is_shown(row) || seen[noisy]++ % strides[noisy] != 0)
            continue;
        orders[count].place = i + 1;
        count += fill_in(&orders[count], cells, row, values);
    }
    return count;
}

int order_write(const struct cells *cells, const struct raw_rows *rows) {
    struct order_row *orders = calloc(ORDER_ROWS_MAX, sizeof *orders);
    double *values = malloc((cells->blocks + 1) * sizeof *values);
    int err = orders && values ? 0 : -ENOMEM;
    if (!err) {
        const struct table table = {"order.csv", columns,        sizeof columns / sizeof *columns,
                                    orders,      sizeof *orders, make(orders, cells, rows, values)};
        err = table_write(&table, cells->campaign);
    }
    free(orders);
    free(values);
    return err;
}
