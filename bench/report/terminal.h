/* Terminal: a campaign's result as a person reads it, on standard output. */
#ifndef BENCH_REPORT_TERMINAL_H
#define BENCH_REPORT_TERMINAL_H

#include "bench/tables/tables.h"

/* Prints the tables, who won and by how much, and where the files are. */
void terminal_print(const struct tables *tables, const struct campaign *campaign);

#endif
