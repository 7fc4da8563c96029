/* Doubts: what the terminal report says against its own numbers. Every number stands in control.csv
 * or summary.csv. */
#ifndef BENCH_REPORT_DOUBTS_H
#define BENCH_REPORT_DOUBTS_H

#include "bench/tables/tables.h"

/* One line for each control that makes the campaign suspect. */
void doubts_print_suspect(const struct tables *tables);

/* The control, the least difference that could show, and what falls short (bench/tables/
 * shortfalls.h), of the group that the key belongs to. */
void doubts_print_group(const struct tables *tables, const struct table_key *key);

#endif
