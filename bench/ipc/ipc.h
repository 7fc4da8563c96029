/* The experiment ipc: what one message costs. Its instrument, and the parts of it. */
#ifndef BENCH_IPC_IPC_H
#define BENCH_IPC_IPC_H

#include "bench/measure/instrument.h"
#include "bench/probe/probe.h"

extern const struct instrument ipc_instrument;
extern const struct probe ipc_probe;

/* As instrument.h says: raw records into ipc_raw.csv. */
int ipc_conduct(const struct conduct *conduct, struct conduct_result *result);

#endif
