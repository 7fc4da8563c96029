/* The experiment kernels: iterations per second of every kernel, as part of what the machine can
 * do. Its instrument renders the cases of a plan as usual, and calibrates the vector units before
 * each block. */
#ifndef BENCH_KERNELS_KERNELS_H
#define BENCH_KERNELS_KERNELS_H

#include "bench/measure/instrument.h"

extern const struct instrument kernels_instrument;

/* As instrument.h says: raw records into raw.csv and peak_raw.csv; from them kernels.csv, peak.csv
 * and the plot. */
int kernels_conduct(const struct conduct *conduct, struct conduct_result *result);
int kernels_report(const struct campaign *campaign);

#endif
