/* Conduct: takes the samples of a campaign of renders, block by block, verifies each, and appends
 * it to raw.csv at once. */
#ifndef BENCH_MEASURE_CONDUCT_H
#define BENCH_MEASURE_CONDUCT_H

#include "bench/measure/instrument.h"

/* As instrument.h says. */
int conduct_campaign(const struct conduct *conduct, struct conduct_result *result);

#endif
