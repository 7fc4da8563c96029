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

/* Where the time of a backend of the ranking went: of that case, else of the ranking's own
 * (serial). NULL: not known. */
const struct loss_row *selection_loss(const struct tables *tables,
                                      const struct ranking_row *ranking, uint64_t workers);

/* Its sentence, with the name above in place of the backend's. */
#define SELECTION_SENTENCE_SIZE 256
const char *selection_sentence(const struct tables *tables, const struct loss_row *loss,
                               char text[SELECTION_SENTENCE_SIZE]);

/* The renders that were accounted for are others than those that were timed. The mean time of the
 * ones / the median of the others; NaN: not known. */
double selection_accounted(const struct tables *tables, const struct loss_row *loss);

/* Is that too far from 1 for the one to speak of the other? */
bool selection_differs(double accounted);

/* Has any case an interval? If not, nothing is resolved. */
bool selection_any_interval(const struct tables *tables);

#endif
