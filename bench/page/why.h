/* Why: what the accounts of time say: each backend's largest loss, and the factors of its
 * efficiency. */
#ifndef BENCH_PAGE_WHY_H
#define BENCH_PAGE_WHY_H

#include "bench/page/page.h"

#include <stdio.h>

/* Prints a list with the sentences of loss.csv about the first workload, the fastest backend first:
 * what the figure "loss" shows, and serial's. Nothing without such accounts. */
void why_print_losses(FILE *out, const struct page *page);

/* Prints a section with the table of factors.csv. Nothing without it. */
void why_print_factors(FILE *out, const struct campaign *campaign);

#endif
