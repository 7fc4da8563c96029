/* Terminal: a campaign's result as a person reads it, on standard output. */
#ifndef BENCH_REPORT_TERMINAL_H
#define BENCH_REPORT_TERMINAL_H

#include "bench/tables/tables.h"

/* A kernel's name with what must stand beside it: "float32 (inexact: 138 pixels differ) with
 * shortcuts". */
#define TERMINAL_KERNEL_SIZE 128
const char *terminal_kernel(const struct table_key *key, char text[TERMINAL_KERNEL_SIZE]);

/* Prints the tables, who won and by how much, and where the files are. */
void terminal_print(const struct tables *tables, const struct campaign *campaign);

#endif
