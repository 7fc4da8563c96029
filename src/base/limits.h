/* What this process may use of the machine: CPUs (affinity, cgroup quota) and memory (installed,
 * cgroup limit). */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <stdint.h>

/* min(affinity, max(1, floor(cgroup quota / period))), cgroup versions 1 and 2. At least 1. */
unsigned limits_usable_cpus(void);

/* The least of installed memory and swap, and every cgroup's memory limit, in bytes. */
uint64_t limits_memory_bytes(void);

/* The parts that read files, for a file system rooted at `root` ("" for this machine's): the quota
 * in CPUs, and the limit in bytes; UINT64_MAX where there is none. They read ROOT/proc/self/cgroup
 * and ROOT/sys/fs/cgroup, there each group from the process's own up to the top. */
uint64_t limits_cgroup_cpus(const char *root);
uint64_t limits_cgroup_memory(const char *root);

/* For how long quotas have stopped the own groups so far, summed over CPUs and groups (cpu.stat):
 * two readings tell of the time between. NaN where no group says. */
double limits_cgroup_throttled_s(const char *root);

#endif
