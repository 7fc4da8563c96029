/* Child: a process of its own for one sample, by fork. What it measures it leaves in shared pages
 * (mp/arena.h). */
#ifndef BENCH_MEASURE_CHILD_H
#define BENCH_MEASURE_CHILD_H

#include "bench/measure/machine.h"
#include "mp/worker.h"

/* Runs life(argument, 0) there, and blocks until it has ended, at most a minute. 0, whatever its
 * end: *complaint is NULL, or says that it hung or died, or returned something else than 0;
 * -ECANCELED: a stop was asked for; or -errno: it could not begin. *others is what else happened
 * meanwhile. Nothing of it is left running. */
int child_run(const char *name, worker_main *life, void *argument, struct machine_others *others,
              const char **complaint);

#endif
