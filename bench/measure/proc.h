/* Proc: what the kernel's text files say, parsed. Pure functions of a file's text, which may be
 * anything at all; proc(5), and the kernel's accounting/psi.rst and scheduler/sched-stats.rst name
 * the formats. */
#ifndef BENCH_MEASURE_PROC_H
#define BENCH_MEASURE_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* /proc/PID/task/TID/schedstat: how long this thread has run, and how long it was runnable but had
 * no CPU. false: malformed, and nothing changed. */
bool proc_schedstat(const char *text, uint64_t *run_ns, uint64_t *delay_ns);

/* /proc/PID/task/TID/sched: how often the thread changed its CPU. false: the kernel does not say.
 */
bool proc_migrations(const char *text, uint64_t *migrations);

/* /proc/stat, all CPUs together, in ticks (sysconf(_SC_CLK_TCK) a second) since the start. */
struct proc_ticks {
    uint64_t busy;  /* somebody ran, guests included */
    uint64_t idle;  /* nobody did, disks waited for included */
    uint64_t steal; /* the hypervisor ran somebody else */
};
bool proc_ticks(const char *text, struct proc_ticks *ticks);

/* /proc/pressure/cpu: for how many microseconds some task has waited for a CPU. */
bool proc_pressure(const char *text, uint64_t *some_us);

/* The clock of CPU number `cpu` in /proc/cpuinfo, in MHz. NaN: not there, or it is the nominal one:
 * only a CPU with the feature aperfmperf can tell how fast it really went. */
double proc_mhz(const char *text, unsigned cpu);

/* /proc/PID/stat: the process's name, in a buffer of any size, and the CPU time that it has used,
 * in ticks. false: malformed. The name may hold anything, parentheses and line ends included. */
bool proc_process(const char *text, char *name, size_t size, uint64_t *ticks);

/* A list of CPUs as /sys writes it, "0-3,7": calls visit for each number. false: malformed,
 * not ascending, or a number of 2^20 or beyond; some may have been visited. */
bool proc_cpu_list(const char *text, void (*visit)(void *context, unsigned cpu), void *context);

#endif
