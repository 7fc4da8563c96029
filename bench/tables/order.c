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

/* Which share of the samples that nobody disturbed there is room for: one in so many. */
static size_t choose_stride(const struct raw_rows *rows) {
    size_t quiet = 0, noisy = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (is_shown(&rows->at[i]))
            rows->at[i].noisy == CSV_TRUE ? noisy++ : quiet++;
    }
    if (quiet + noisy <= ORDER_ROWS_MAX)
        return 1;
    size_t room = noisy < ORDER_ROWS_MAX / 2 ? ORDER_ROWS_MAX - noisy : ORDER_ROWS_MAX / 2;
    return (quiet + room - 1) / room;
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
    size_t stride = choose_stride(rows), quiet = 0, count = 0;
    for (size_t i = 0; i < rows->count && count < ORDER_ROWS_MAX; i++) {
        const struct raw_row *row = &rows->at[i];
        if (!is_shown(row) || (row->noisy != CSV_TRUE && quiet++ % stride != 0))
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
