/* Print: the result of the experiment ipc as a person reads it, on standard output. */
#ifndef BENCH_IPC_PRINT_H
#define BENCH_IPC_PRINT_H

#include "bench/ipc/costs.h"

/* For each size the transports, the cheapest first, and where the files are. */
void ipc_print(const struct table *table, const struct campaign *campaign);

#endif
