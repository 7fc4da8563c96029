/* /proc as facts; contracts in machine.h. */
#include "bench/measure/machine.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "bench/measure/proc.h"
#include "bench/measure/topology.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

void machine_describe(struct machine *machine) {
    static char text[1 << 16];
    struct utsname name;
    cpu_set_t cpus;
    *machine = (struct machine){
        .cpus_online = (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
        .usable_cpus = limits_usable_cpus(),
        .memory_bytes = limits_memory_bytes(),
    };
    if (sched_getaffinity(0, sizeof cpus, &cpus) == 0)
        machine->physical_cores = topology_cores("", &cpus);
    if (uname(&name) == 0)
        snprintf(machine->kernel, sizeof machine->kernel, "%.40s %.40s %.40s", name.sysname,
                 name.release, name.machine);
    if (text_read_file("/proc/cpuinfo", text, sizeof text) > 0 &&
        !text_find_value(text, "model name", machine->cpu, sizeof machine->cpu))
        text_find_value(text, "CPU implementer", machine->cpu, sizeof machine->cpu);
    if (!machine->cpu[0])
        snprintf(machine->cpu, sizeof machine->cpu, "unknown CPU");
}

double machine_mhz(void) {
    static char text[1 << 16];
    char path[80];
    uint64_t khz;
    unsigned cpu;
    if (getcpu(&cpu, NULL) != 0)
        return NAN;
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/cpufreq/scaling_cur_freq", cpu);
    if (text_read_file(path, text, sizeof text) > 0) {
        text[strcspn(text, "\n")] = '\0';
        return text_parse_u64(text, 1, UINT64_MAX, &khz) == 0 ? (double)khz / 1e3 : NAN;
    }
    return text_read_file("/proc/cpuinfo", text, sizeof text) > 0 ? proc_mhz(text, cpu) : NAN;
}

/* CPU time of all children that have been reaped. */
static double children_cpu_s(void) {
    struct rusage account;
    if (getrusage(RUSAGE_CHILDREN, &account) != 0)
        return NAN;
    return (double)account.ru_utime.tv_sec + (double)account.ru_utime.tv_usec / 1e6 +
           (double)account.ru_stime.tv_sec + (double)account.ru_stime.tv_usec / 1e6;
}

/* All accounts up to now; load1 aside, the sample's are the differences. */
static struct machine_others others_now(void) {
    struct machine_others others = {NAN, NAN, NAN, NAN, NAN, NAN};
    struct proc_ticks ticks;
    uint64_t some_us;
    char text[4096];
    double tick_s = 1.0 / (double)sysconf(_SC_CLK_TCK);
    if (text_read_file("/proc/stat", text, sizeof text) > 0 && proc_ticks(text, &ticks)) {
        others.steal_s = (double)ticks.steal * tick_s;
        others.other_cpu_s = (double)ticks.busy * tick_s - children_cpu_s();
    }
    if (text_read_file("/proc/pressure/cpu", text, sizeof text) > 0 &&
        proc_pressure(text, &some_us))
        others.psi_cpu_s = (double)some_us / 1e6;
    others.throttled_s = limits_cgroup_throttled_s("");
    others.elapsed_s = clock_seconds(clock_now_ns());
    return others;
}

struct machine_others machine_others_before(void) {
    struct machine_others others = others_now();
    if (getloadavg(&others.load1, 1) != 1)
        others.load1 = NAN;
    return others;
}

/* The differences of doubles that were close; NaN stays NaN. */
static double grown(double before, double after) {
    return after - before < 0 ? 0 : after - before;
}

void machine_others_after(struct machine_others *others) {
    struct machine_others now = others_now();
    others->elapsed_s = grown(others->elapsed_s, now.elapsed_s);
    others->steal_s = grown(others->steal_s, now.steal_s);
    others->other_cpu_s = grown(others->other_cpu_s, now.other_cpu_s);
    others->throttled_s = grown(others->throttled_s, now.throttled_s);
    others->psi_cpu_s = grown(others->psi_cpu_s, now.psi_cpu_s);
}
