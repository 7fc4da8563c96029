/* The comparison for a person, on standard output; every number stands in its CSV. */
#ifndef BENCH_COMPARE_PRINT_H
#define BENCH_COMPARE_PRINT_H

#include "bench/compare/comparison.h"

void comparison_print(const struct comparison *comparison, const struct campaign *a,
                      const struct campaign *b, double threshold);

#endif
