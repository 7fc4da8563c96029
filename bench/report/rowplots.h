/* Row plots: figures whose scripts are told which rows of a table to draw, since gnuplot's strcol()
 * ends at a schedule's comma. */
#ifndef BENCH_REPORT_ROWPLOTS_H
#define BENCH_REPORT_ROWPLOTS_H

#include "bench/tables/tables.h"

struct rowplot {
    const char *directory, *subtitle; /* of the campaign; of the figure */
    const struct table_key *shown;    /* of the workload that is drawn */
    uint64_t workers;                 /* of all its cases */
};

/* What each backend loses with so many workers, in the order of the ranking. 0 or as support_plot;
 * 0 also where there is nothing to draw. */
int rowplots_loss(const struct tables *tables, const struct rowplot *plot);

/* Every schedule of openmp in each view, beside the backends that have none. The same. */
int rowplots_schedule(const struct tables *tables, const struct rowplot *plot);

/* Every backend with each kernel. The same. */
int rowplots_kernels(const struct tables *tables, const struct rowplot *plot);

#endif
