/* Drawn: which worker drew what, from the campaign's traces: a picture of each backend's frame in
 * the colours of its workers. */
#ifndef BENCH_PAGE_DRAWN_H
#define BENCH_PAGE_DRAWN_H

#include "bench/campaign/campaign.h"

#include <stdio.h>

/* Prints a figure with a picture for each backend of several workers whose trace tells who computed
 * every batch, and writes drawn.csv: how many batches and pixels each worker computed. Nothing
 * without such traces. 0 or -errno. */
int drawn_print(FILE *out, const struct campaign *campaign);

#endif
