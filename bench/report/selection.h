/* Selection: of a campaign's rows, those that figures and sentences speak of, and what they are
 * called there. */
#ifndef BENCH_REPORT_SELECTION_H
#define BENCH_REPORT_SELECTION_H

#include "bench/tables/tables.h"

/* "openmp static,1 (2 workers)" has room. */
#define SELECTION_NAME_SIZE 96

/* A backend by its name; with its schedule, where the campaign has several of it. */
const char *selection_name(const struct tables *tables, const struct table_key *key,
                           char text[SELECTION_NAME_SIZE]);

/* The number of workers that a figure shows, where it shows one: of the cases' numbers the largest
 * within the usable CPUs, or the smallest of all. 0: there are no cases. */
uint64_t selection_workers(const struct tables *tables, unsigned usable_cpus);

/* The speedup of the cell that a key names, or NULL. */
const struct speedup_row *selection_speedup(const struct tables *tables,
                                            const struct table_key *key);

/* For a backend of the ranking: its fastest case in that group with so many workers, so that all
 * backends can be compared; NULL: it has none. */
const struct speedup_row *selection_case(const struct tables *tables,
                                         const struct ranking_row *ranking, uint64_t workers);

#endif
