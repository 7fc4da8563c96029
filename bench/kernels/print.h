/* Print: the result of the experiment kernels as a person reads it, on standard output. */
#ifndef BENCH_KERNELS_PRINT_H
#define BENCH_KERNELS_PRINT_H

#include "bench/kernels/rates.h"

void kernels_print(const struct rates *rates, const struct campaign *campaign);

/* Rows of one picture: the same view, size, limit and batch. */
bool kernels_same_picture(const struct table_key *a, const struct table_key *b);

#endif
