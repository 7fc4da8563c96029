/* Experiment ipc: streams and round trips of single messages between two workers, over our queue
 * and pipe and over what the kernel and the C library offer. */
#include "bench/ipc/ipc.h"
#include "bench/experiments/experiment.h"

const struct experiment experiment_ipc = {
    .name = "ipc",
    .summary = "what does one message cost, by our queue and pipe and by the system's own means?",
    .instrument = &ipc_instrument,
};
