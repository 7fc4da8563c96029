/* Order: order.csv, a campaign's samples in the order they were taken, each against the median of
 * its own case: what the machine did meanwhile. */
#ifndef BENCH_TABLES_ORDER_H
#define BENCH_TABLES_ORDER_H

#include "bench/tables/cells.h"

/* As many are shown at most; of more, each so many-th of the disturbed ones and of the others, who
 * have half of it each, or what the other kind leaves. */
#define ORDER_ROWS_MAX 500

/* Writes it. The cells are made of the rows. 0 or -errno. */
int order_write(const struct cells *cells, const struct raw_rows *rows);

#endif
