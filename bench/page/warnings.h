/* Warnings: on the page, what the tables say against their own numbers. */
#ifndef BENCH_PAGE_WARNINGS_H
#define BENCH_PAGE_WARNINGS_H

#include "bench/tables/tables.h"

#include <stdio.h>

/* Prints an item of a list for each kind of shortfall, over all workloads, with the cells that fall
 * short behind it; none: nothing falls short. */
void warnings_print(FILE *out, const struct tables *tables);

#endif
