/* Plots: a campaign's figures, drawn by gnuplot scripts from its CSV files. */
#ifndef BENCH_REPORT_PLOTS_H
#define BENCH_REPORT_PLOTS_H

#include "bench/tables/tables.h"

/* Draws every figure as SVG and PNG into plots/. 0; -ENOENT: no gnuplot; -ENOSYS: no scripts for
 * it; -EIO: gnuplot failed and has said why; or -errno. */
int plots_draw(const struct tables *tables, const struct campaign *campaign);

/* Says what such a result of drawing means to the person, and returns the exit status: being
 * without gnuplot or scripts is no failure. */
int plots_status(int drawn, const struct campaign *campaign);

#endif
