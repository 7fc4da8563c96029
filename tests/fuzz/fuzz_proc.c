/* The kernel's accounts: /proc and /sys files of any content, and doctor's checks on a machine of
 * such files. */
#include "bench/doctor/check.h"
#include "bench/measure/proc.h"
#include "bench/measure/topology.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <string.h>

static void ascend(void *context, unsigned cpu) {
    long *last = context;
    HOLDS((long)cpu > *last && cpu < 1 << 20);
    *last = cpu;
}

static void parse(const char *text) {
    uint64_t a, b;
    struct proc_ticks ticks;
    char name[16];
    long last = -1;
    proc_schedstat(text, &a, &b);
    proc_migrations(text, &a);
    proc_pressure(text, &a);
    proc_cpu_list(text, ascend, &last);
    if (proc_ticks(text, &ticks))
        HOLDS(ticks.busy < UINT64_MAX / 8 && ticks.idle < UINT64_MAX / 8);
    if (proc_process(text, name, sizeof name, &a))
        HOLDS(memchr(name, '\0', sizeof name));
    double mhz = proc_mhz(text, 0);
    HOLDS(isnan(mhz) || (mhz > 0 && isfinite(mhz)));
}

/* Only checks that read their one file, and wait for nothing. */
static void check(const char *name, const char *root) {
    struct finding finding = {0};
    check_find(name)->look(root, &finding);
    HOLDS(fuzz_is_sentence(finding.value));
    HOLDS(!*finding.command || fuzz_is_sentence(finding.command));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct {
        const char *check, *file;
    } shown[] = {
        {"virtual", "proc/cpuinfo"},
        {"swap", "proc/meminfo"},
        {"load", "proc/loadavg"},
        {"pressure", "proc/pressure/cpu"},
        {"filesystem", "proc/self/mountinfo"},
        {"governor", "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"},
        {"thp", "sys/kernel/mm/transparent_hugepage/enabled"},
        {"clocksource", "sys/devices/system/clocksource/clocksource0/current_clocksource"},
        {"perf", "proc/sys/kernel/perf_event_paranoid"},
    };
    struct fuzz_input input = {data, size};
    char *text = fuzz_part(&input, FUZZ_NEXT), root[512];
    if (!text)
        return 0;
    parse(text);
    snprintf(root, sizeof root, "%s", fuzz_path("proc"));
    *strrchr(root, '/') = '\0';
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        fuzz_keep(shown[i].file, text);
        check(shown[i].check, root);
    }
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(0, &cpus);
    fuzz_keep("sys/devices/system/cpu/cpu0/topology/thread_siblings_list", text);
    HOLDS(topology_cores(root, &cpus) <= 1);
    free(text);
    return 0;
}
