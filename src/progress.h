/* Progress: a bar on stderr, drawn by a process of its own that watches the monitor's ledger. The
 * renderer neither knows nor waits, and the bar dies with it. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "backends/monitor.h"
#include "mp/worker.h"

#include <stdint.h>

struct progress {
    const struct monitor *monitor;
    uint64_t delay_ns; /* before the first drawing: a quick render shows none */
    struct worker worker;
};

/* Starts drawing. Before any thread is started. 0 or -errno; no bar then. */
int progress_start(struct progress *progress, const struct monitor *monitor, uint64_t delay_ns);

/* Ends the bar and clears its line. Also for a zeroed struct. */
void progress_finish(struct progress *progress);

#endif
