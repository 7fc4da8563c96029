/* Print: the result of the experiment faults as a person reads it, on standard output. */
#ifndef BENCH_FAULTS_PRINT_H
#define BENCH_FAULTS_PRINT_H

#include "bench/faults/toll.h"

/* A line for each backend, how many deaths were survived, and where the files are. */
void faults_print(const struct table *table, const struct campaign *campaign);

#endif
