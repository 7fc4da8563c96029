/* Figures: the campaign's plots inside the page, each with its words and its data. */
#ifndef BENCH_PAGE_FIGURE_H
#define BENCH_PAGE_FIGURE_H

#include "bench/page/page.h"

#include <stdio.h>

/* Prints a section with every figure of figures.def that the page's campaign has. How many. */
unsigned figure_print_all(FILE *out, const struct page *page);

#endif
