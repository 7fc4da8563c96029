/* The experiment ipc: what one message costs. Its instrument, and the parts of it. */
#ifndef BENCH_IPC_IPC_H
#define BENCH_IPC_IPC_H

#include "bench/measure/instrument.h"

extern const struct instrument ipc_instrument;

/* As instrument.h says: raw records into ipc_raw.csv; from them ipc.csv and the plots. */
int ipc_conduct(const struct conduct *conduct, struct conduct_result *result);
int ipc_report(const struct campaign *campaign);

#endif
