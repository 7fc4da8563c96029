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

/* Totals since boot over all CPUs, from /proc/stat; NaN where it does not say. */
struct machine_time {
    double busy_s;  /* not idle and not stolen */
    double steal_s; /* taken by the hypervisor */
};

void machine_time_now(struct machine_time *time);

/* The load average over one minute, or NaN. */
double machine_load1(void);

#endif
