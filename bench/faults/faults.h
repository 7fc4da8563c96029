/* The experiment faults: what it costs when workers die. Its instrument, and the parts of it. */
#ifndef BENCH_FAULTS_FAULTS_H
#define BENCH_FAULTS_FAULTS_H

#include "bench/measure/instrument.h"

extern const struct instrument faults_instrument;

/* As instrument.h says: raw records into faults_raw.csv; from them faults.csv and the plot. */
int faults_conduct(const struct conduct *conduct, struct conduct_result *result);
int faults_report(const struct campaign *campaign);

#endif
