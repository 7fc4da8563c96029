/* Topology: how many whole cores stand behind CPUs. Two hardware threads of one core (SMT) share
 * its arithmetic: the second adds far less than a core does. */
#ifndef BENCH_MEASURE_TOPOLOGY_H
#define BENCH_MEASURE_TOPOLOGY_H

#include <sched.h>

/* The different cores among the CPUs of the set, by the sibling lists of the file system rooted at
 * `root` ("" for this machine's). 0: not known. */
unsigned topology_cores(const char *root, const cpu_set_t *cpus);

#endif
