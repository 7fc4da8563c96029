/* Checks of the kernel's settings: clocks, scheduler, what it lets us see. */
#include "base/clock.h"
#include "bench/doctor/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CLOCK_CALLS     20000
#define CLOCK_DEAR_NS   200.0
#define RESOLUTION_FINE 1000 /* ns */

static void look_clocksource(const char *root, struct finding *finding) {
    static const char folder[] = "sys/devices/system/clocksource/clocksource0";
    char file[96], current[64], available[256] = "";
    snprintf(file, sizeof file, "%s/current_clocksource", folder);
    if (!check_line(root, file, current, sizeof current)) {
        finding_is(finding, FINDING_UNKNOWN, "the kernel does not say");
        return;
    }
    bool fast = strcmp(current, "tsc") == 0 || strcmp(current, "arch_sys_counter") == 0;
    finding_is(finding, fast ? FINDING_OK : FINDING_WARN, "%s", current);
    snprintf(file, sizeof file, "%s/available_clocksource", folder);
    if (!fast && check_line(root, file, available, sizeof available) && strstr(available, "tsc"))
        finding_advise(finding, "echo tsc | sudo tee /%s/current_clocksource", folder);
}

const struct check check_clocksource = {
    .name = "clocksource",
    .why = "other sources than the CPU's own counter are slow to read, or coarse",
    .look = look_clocksource,
};

static void look_clock(const char *root, struct finding *finding) {
    struct timespec resolution = {0};
    (void)root;
    uint64_t start = clock_now_ns(), end = start;
    for (int i = 0; i < CLOCK_CALLS; i++)
        end = clock_now_ns();
    double call_ns = (double)(end - start) / CLOCK_CALLS;
    clock_getres(CLOCK_MONOTONIC, &resolution);
    bool good =
        call_ns < CLOCK_DEAR_NS && resolution.tv_sec == 0 && resolution.tv_nsec <= RESOLUTION_FINE;
    finding_is(finding, good ? FINDING_OK : FINDING_WARN, "%.0f ns a reading, in steps of %ld ns",
               call_ns, resolution.tv_nsec);
}

const struct check check_clock = {
    .name = "clock",
    .why = "round trips and phases are timed one by one: the clock's own cost is in each",
    .look = look_clock,
};

static void look_autogroup(const char *root, struct finding *finding) {
    uint64_t enabled;
    if (!check_number(root, "proc/sys/kernel/sched_autogroup_enabled", &enabled)) {
        finding_is(finding, FINDING_OK, "not built in");
        return;
    }
    finding_is(finding, enabled ? FINDING_WARN : FINDING_OK, enabled ? "on" : "off");
    if (enabled)
        finding_advise(finding, "sudo sysctl kernel.sched_autogroup_enabled=0");
}

const struct check check_autogroup = {
    .name = "autogroup",
    .why = "each session gets the same share, so threads of one can be kept on few CPUs while "
           "others are busy",
    .look = look_autogroup,
};

static void look_aslr(const char *root, struct finding *finding) {
    uint64_t level;
    if (!check_number(root, "proc/sys/kernel/randomize_va_space", &level)) {
        finding_is(finding, FINDING_UNKNOWN, "the kernel does not say");
        return;
    }
    finding_is(finding, level == 2 ? FINDING_OK : FINDING_WARN, "%" PRIu64, level);
    if (level != 2)
        finding_advise(finding, "sudo sysctl kernel.randomize_va_space=2");
}

const struct check check_aslr = {
    .name = "aslr",
    .why = "with one fixed memory layout every sample has the same luck; random ones average it",
    .look = look_aslr,
};

static void look_perf(const char *root, struct finding *finding) {
    char line[16];
    if (!check_line(root, "proc/sys/kernel/perf_event_paranoid", line, sizeof line)) {
        finding_is(finding, FINDING_UNKNOWN, "no performance events");
        return;
    }
    bool open = atoi(line) <= 2; /* -1 … 4 */
    finding_is(finding, open ? FINDING_OK : FINDING_WARN, "%s", line);
    if (!open)
        finding_advise(finding, "sudo sysctl kernel.perf_event_paranoid=2");
}

const struct check check_perf = {
    .name = "perf",
    .why = "beyond 2 you cannot look with perf why a backend is slow; mandelbench does without",
    .look = look_perf,
};

static void look_ptrace(const char *root, struct finding *finding) {
    uint64_t scope;
    if (!check_number(root, "proc/sys/kernel/yama/ptrace_scope", &scope)) {
        finding_is(finding, FINDING_OK, "not restricted");
        return;
    }
    finding_is(finding, scope < 2 ? FINDING_OK : FINDING_WARN, "%" PRIu64, scope);
    if (scope >= 2)
        finding_advise(finding, "sudo sysctl kernel.yama.ptrace_scope=1");
}

const struct check check_ptrace = {
    .name = "ptrace",
    .why = "beyond 1 the tests that kill workers at exact instructions cannot trace them",
    .look = look_ptrace,
};
