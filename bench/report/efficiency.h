/* Efficiency: the experiment's answer on the terminal, beside how long its batches are. */
#ifndef BENCH_REPORT_EFFICIENCY_H
#define BENCH_REPORT_EFFICIENCY_H

#include "bench/tables/tables.h"

/* For each kernel, every backend with so many workers, the most efficient first: its efficiency,
 * the interval of that, and how near it came to its bound. */
void efficiency_print(const struct tables *tables, uint64_t workers);

#endif
