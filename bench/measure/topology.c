/* Counting cores; contracts in topology.h. */
#include "bench/measure/topology.h"

#include "base/text.h"
#include "bench/measure/proc.h"

#include <limits.h>
#include <stdio.h>

static void keep_least(void *least, unsigned cpu) {
    unsigned *number = least;
    if (cpu < *number)
        *number = cpu;
}

/* The least of a CPU's siblings, itself included, stands for their core. UINT_MAX: not known. */
static unsigned core_of(const char *root, unsigned cpu) {
    char path[512], text[256];
    unsigned least = UINT_MAX;
    snprintf(path, sizeof path, "%.400s/sys/devices/system/cpu/cpu%u/topology/thread_siblings_list",
             root, cpu);
    bool read = text_read_file(path, text, sizeof text) > 0;
    return read && proc_cpu_list(text, keep_least, &least) ? least : UINT_MAX;
}

unsigned topology_cores(const char *root, const cpu_set_t *cpus) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, cpus))
            continue;
        unsigned core = core_of(root, cpu);
        if (core >= CPU_SETSIZE)
            return 0;
        CPU_SET(core, &cores);
    }
    return (unsigned)CPU_COUNT(&cores);
}
