/* What a campaign has left behind, for whoever reads the terminal. */
#ifndef BENCH_REPORT_FILES_H
#define BENCH_REPORT_FILES_H

#include "bench/campaign/campaign.h"

/* Prints where the campaign is, its `tables`, and that there are figures and pictures, where there
 * are: without gnuplot, or with nothing to draw, there is none. */
void files_print(const struct campaign *campaign, const char *tables);

#endif
