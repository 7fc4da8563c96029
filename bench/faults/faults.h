/* The experiment faults: what it costs when workers die. Its instrument, and the parts of it. */
#ifndef BENCH_FAULTS_FAULTS_H
#define BENCH_FAULTS_FAULTS_H

#include "bench/measure/instrument.h"
#include "bench/probe/probe.h"

extern const struct instrument faults_instrument;
extern const struct probe faults_probe;

/* As instrument.h says: raw records into faults_raw.csv. */
int faults_conduct(const struct conduct *conduct, struct conduct_result *result);

#endif
