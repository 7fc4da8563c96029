/* /proc as facts; contracts in machine.h. */
#include "bench/measure/machine.h"

#include "base/limits.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

void machine_time_now(struct machine_time *time) {
    char text[4096];
    double user, nice, system, idle, iowait, irq, softirq, steal;
    double tick = 1.0 / (double)sysconf(_SC_CLK_TCK);
    *time = (struct machine_time){NAN, NAN};
    if (text_read_file("/proc/stat", text, sizeof text) <= 0 ||
        sscanf(text, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &user, &nice, &system, &idle, &iowait,
               &irq, &softirq, &steal) != 8)
        return;
    time->busy_s = (user + nice + system + irq + softirq) * tick;
    time->steal_s = steal * tick;
}

double machine_load1(void) {
    double load;
    return getloadavg(&load, 1) == 1 ? load : NAN;
}
