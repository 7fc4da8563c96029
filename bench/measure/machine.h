/* Machine: what it is, and what its kernel's accounts say. Reads only; changes no setting. */
#ifndef BENCH_MEASURE_MACHINE_H
#define BENCH_MEASURE_MACHINE_H

#include <stdint.h>

struct machine {
    char cpu[128];    /* the model's name */
    char kernel[128]; /* operating system and release */
    unsigned cpus_online, usable_cpus;
    uint64_t memory_bytes;
};

void machine_describe(struct machine *machine);

/* What else happened on the machine during a sample: the load average over a minute before it, CPU
 * time that the hypervisor took (all CPUs), and CPU time of everybody but our reaped children. NaN:
 * not known. */
struct machine_others {
    double load1, steal_s, other_cpu_s;
};

/* A sample is between the two; all of its processes have been reaped at the end. */
struct machine_others machine_others_before(void);
void machine_others_after(struct machine_others *others);

#endif
