/* Team: a few workers for a lab, started together and waited for. */
#ifndef BENCH_LAB_TEAM_H
#define BENCH_LAB_TEAM_H

#include "mp/worker.h"

#include <stdint.h>

#define TEAM_MOST 16

/* Runs main(argument, 0 … count - 1) in that many workers and waits for all. 0; -ECHILD: one did
 * not end with 0; or -errno. *elapsed_ns, if not NULL: from before the first start to after the
 * last end. */
int team_run(enum worker_kind kind, unsigned count, worker_main *main, void *argument,
             uint64_t *elapsed_ns);

#endif
