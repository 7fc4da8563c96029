/* /proc as facts; contracts in machine.h. */
#include "bench/measure/machine.h"

#include "base/limits.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

void machine_describe(struct machine *machine) {
    static char text[1 << 16];
    struct utsname name;
    *machine = (struct machine){
        .cpus_online = (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
        .usable_cpus = limits_usable_cpus(),
        .memory_bytes = limits_memory_bytes(),
    };
    if (uname(&name) == 0)
        snprintf(machine->kernel, sizeof machine->kernel, "%.40s %.40s %.40s", name.sysname,
                 name.release, name.machine);
    if (text_read_file("/proc/cpuinfo", text, sizeof text) > 0 &&
        !text_find_value(text, "model name", machine->cpu, sizeof machine->cpu))
        text_find_value(text, "CPU implementer", machine->cpu, sizeof machine->cpu);
    if (!machine->cpu[0])
        snprintf(machine->cpu, sizeof machine->cpu, "unknown CPU");
}

/* Totals since boot over all CPUs, from /proc/stat; NaN where it does not say. */
struct machine_time {
    double busy_s;  /* not idle and not stolen */
    double steal_s; /* taken by the hypervisor */
};

static struct machine_time time_now(void) {
    char text[4096];
    double user, nice, system, idle, iowait, irq, softirq, steal;
    double tick = 1.0 / (double)sysconf(_SC_CLK_TCK);
    if (text_read_file("/proc/stat", text, sizeof text) <= 0 ||
        sscanf(text, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &user, &nice, &system, &idle, &iowait,
               &irq, &softirq, &steal) != 8)
        return (struct machine_time){NAN, NAN};
    return (struct machine_time){(user + nice + system + irq + softirq) * tick, steal * tick};
}

/* CPU time of all children that have been reaped. */
static double children_cpu_s(void) {
    struct rusage account;
    if (getrusage(RUSAGE_CHILDREN, &account) != 0)
        return NAN;
    return (double)account.ru_utime.tv_sec + (double)account.ru_utime.tv_usec / 1e6 +
           (double)account.ru_stime.tv_sec + (double)account.ru_stime.tv_usec / 1e6;
}

struct machine_others machine_others_before(void) {
    struct machine_time time = time_now();
    double load1;
    if (getloadavg(&load1, 1) != 1)
        load1 = NAN;
    return (struct machine_others){load1, time.steal_s, time.busy_s - children_cpu_s()};
}

void machine_others_after(struct machine_others *others) {
    struct machine_time time = time_now();
    double other_s = time.busy_s - children_cpu_s() - others->other_cpu_s;
    others->steal_s = time.steal_s - others->steal_s;
    others->other_cpu_s = other_s < 0 ? 0 : other_s;
}
