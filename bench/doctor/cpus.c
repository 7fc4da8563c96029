/* Checks of the CPUs: whose they are, which of them are ours, how fast they may go. */
#include "base/limits.h"
#include "base/text.h"
#include "bench/doctor/check.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The twelve letters with which hypervisors sign CPUID leaf 0x40000000, as "KVMKVMKVM". */
static void read_signature(char signature[16]) {
    uint32_t words[4] = {0};
#if defined(__x86_64__) || defined(__i386__)
    __cpuid(0x40000000, words[3], words[0], words[1], words[2]);
#endif
    memcpy(signature, words, 12);
    signature[12] = '\0';
}

static void look_virtual(const char *root, struct finding *finding) {
    static char cpus[1 << 16];
    char path[1024], flags[8192], vendor[64] = "", product[64] = "";
    snprintf(path, sizeof path, "%.700s/proc/cpuinfo", root);
    if (text_read_file(path, cpus, sizeof cpus) <= 0 ||
        !text_find_value(cpus, "flags", flags, sizeof flags)) {
        finding_is(finding, FINDING_UNKNOWN, "no CPU flags in /proc/cpuinfo");
        return;
    }
    if (!strstr(flags, " hypervisor")) {
        finding_is(finding, FINDING_OK, "no hypervisor");
        return;
    }
    check_line(root, "sys/class/dmi/id/sys_vendor", vendor, sizeof vendor);
    check_line(root, "sys/class/dmi/id/product_name", product, sizeof product);
    if (!*vendor && !check_line(root, "sys/hypervisor/type", vendor, sizeof vendor))
        read_signature(vendor);
    finding_is(finding, FINDING_WARN, "virtual machine, %s%s%s",
               *vendor ? vendor : "of a hypervisor that gives no name", *product ? " " : "",
               product);
}

const struct check check_virtual = {
    .name = "virtual",
    .why = "what other guests do to caches, clock and CPUs cannot be seen from inside",
    .look = look_virtual,
};

static void look_affinity(const char *root, struct finding *finding) {
    cpu_set_t cpus;
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    (void)root;
    if (sched_getaffinity(0, sizeof cpus, &cpus) != 0) {
        finding_is(finding, FINDING_UNKNOWN, "no affinity mask of up to %d CPUs", CPU_SETSIZE);
        return;
    }
    bool all = CPU_COUNT(&cpus) >= online;
    finding_is(finding, all ? FINDING_OK : FINDING_WARN, "%d of %ld CPUs", CPU_COUNT(&cpus),
               online);
    if (!all)
        finding_advise(finding, "taskset -p -c 0-%ld $$", online - 1);
}

const struct check check_affinity = {
    .name = "affinity",
    .why = "workers can only run on the CPUs that this process may use",
    .look = look_affinity,
};

static void look_quota(const char *root, struct finding *finding) {
    uint64_t cpus = limits_cgroup_cpus(root);
    double throttled_s = limits_cgroup_throttled_s(root);
    if (cpus == UINT64_MAX) {
        finding_is(finding, FINDING_OK, "none");
        return;
    }
    if (isnan(throttled_s))
        finding_is(finding, FINDING_WARN, "%llu whole CPUs", (unsigned long long)cpus);
    else
        finding_is(finding, FINDING_WARN, "%llu whole CPUs, has stopped us for %.3f s so far",
                   (unsigned long long)cpus, throttled_s);
    finding_advise(finding, "give the container or service no CPU limit (cpu.max, CPUQuota=)");
}

const struct check check_quota = {
    .name = "quota",
    .why = "a control group that has used up its quota stands still until its period ends",
    .look = look_quota,
};

static void look_governor(const char *root, struct finding *finding) {
    char governor[64];
    if (!check_line(root, "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", governor,
                    sizeof governor)) {
        finding_is(finding, FINDING_UNKNOWN, "no frequency scaling is shown here");
        return;
    }
    bool fixed = strcmp(governor, "performance") == 0;
    finding_is(finding, fixed ? FINDING_OK : FINDING_WARN, "%s", governor);
    if (!fixed)
        finding_advise(finding, "echo performance | sudo tee "
                                "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor");
}

const struct check check_governor = {
    .name = "governor",
    .why = "a clock that rises with load makes the first renders slower than the last",
    .look = look_governor,
};

/* Two drivers, two files with opposite senses. */
static void look_boost(const char *root, struct finding *finding) {
    static const struct {
        const char *file;
        uint64_t off;
    } switches[] = {
        {"sys/devices/system/cpu/intel_pstate/no_turbo", 1},
        {"sys/devices/system/cpu/cpufreq/boost", 0},
    };
    uint64_t value;
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++) {
        if (!check_number(root, switches[i].file, &value))
            continue;
        bool on = value != switches[i].off;
        finding_is(finding, on ? FINDING_WARN : FINDING_OK, on ? "on" : "off");
        if (on)
            finding_advise(finding, "echo %d | sudo tee /%s", (int)switches[i].off,
                           switches[i].file);
        return;
    }
    finding_is(finding, FINDING_UNKNOWN, "no switch is shown here");
}

const struct check check_boost = {
    .name = "boost",
    .why = "one busy core clocks higher than many do, so speedups come out too low",
    .look = look_boost,
};

static void look_smt(const char *root, struct finding *finding) {
    uint64_t active;
    if (!check_number(root, "sys/devices/system/cpu/smt/active", &active)) {
        finding_is(finding, FINDING_UNKNOWN, "the kernel does not say");
        return;
    }
    finding_is(finding, active ? FINDING_WARN : FINDING_OK, active ? "on" : "off");
    if (active)
        finding_advise(finding, "echo off | sudo tee /sys/devices/system/cpu/smt/control");
}

const struct check check_smt = {
    .name = "smt",
    .why = "two hardware threads of one core count as two CPUs but compute as little more than one",
    .look = look_smt,
};
