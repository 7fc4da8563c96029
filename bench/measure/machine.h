/* Machine: what it is, and what its kernel's accounts say. Reads only; changes no setting. */
#ifndef BENCH_MEASURE_MACHINE_H
#define BENCH_MEASURE_MACHINE_H

#include <stdint.h>

struct machine {
    char cpu[128];    /* the model's name */
    char kernel[128]; /* operating system and release */
    unsigned cpus_online, usable_cpus;
    unsigned physical_cores; /* behind the CPUs of the affinity mask; 0: not known */
    uint64_t memory_bytes;
};

void machine_describe(struct machine *machine);

/* The clock of the CPU that this runs on, in MHz. NaN: not known, as on most virtual machines. */
double machine_mhz(void);

/* What else happened on the machine during a sample. NaN: not known. */
struct machine_others {
    double load1;       /* the load average over a minute, before it */
    double elapsed_s;   /* the sample's wall time */
    double steal_s;     /* CPU time that the hypervisor took, all CPUs */
    double other_cpu_s; /* CPU time of everybody but our reaped children */
    double throttled_s; /* for so long quotas stopped our control groups, all CPUs */
    double psi_cpu_s;   /* for so long somebody waited for a CPU: pressure stall information */
};

/* A sample is between the two; all of its processes have been reaped at the end. */
struct machine_others machine_others_before(void);
void machine_others_after(struct machine_others *others);

#endif
