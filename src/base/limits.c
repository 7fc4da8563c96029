/* Affinity, cgroups and memory; contracts in limits.h. Sources: cgroups(7), and the kernel's
 * cgroup-v2.rst and sched-bwc.rst. In a container the process's own path may not exist below the
 * mount: then what is at the mount's top is its own group. */
#include "base/limits.h"

#include "base/size.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 4096

#define NONE UINT64_MAX

/* What groups are asked for. */
struct question {
    const char *controller;                  /* of version 1, where a mount of its own has it */
    uint64_t (*read_v1)(const char *folder); /* of the group in `folder`; NONE when it has none */
    uint64_t (*read_v2)(const char *folder);
    uint64_t (*combine)(uint64_t, uint64_t); /* a group's with its parent's */
};

static bool read_file_in(const char *folder, const char *name, char *text, size_t size) {
    char path[PATH_SIZE + 64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return text_read_file(path, text, size) > 0;
}

/* quota / period, floor, at least 1; what no number of CPUs can be is no quota. */
static uint64_t whole_cpus(double quota, double period) {
    if (!(quota > 0) || !(period > 0) || !(quota / period < 1e9))
        return NONE;
    return size_max(1, (uint64_t)(quota / period));
}

static uint64_t cpus_v2(const char *folder) {
    char text[128];
    double quota, period;
    if (!read_file_in(folder, "cpu.max", text, sizeof text) ||
        sscanf(text, "%lf %lf", &quota, &period) != 2)
        return NONE; /* "max 100000" too */
    return whole_cpus(quota, period);
}

static uint64_t cpus_v1(const char *folder) {
    char quota[64], period[64];
    if (!read_file_in(folder, "cpu.cfs_quota_us", quota, sizeof quota) ||
        !read_file_in(folder, "cpu.cfs_period_us", period, sizeof period))
        return NONE;
    return whole_cpus(strtod(quota, NULL), strtod(period, NULL)); /* -1: no quota */
}

static uint64_t memory_in(const char *folder, const char *name) {
    char text[64];
    uint64_t bytes;
    if (!read_file_in(folder, name, text, sizeof text))
        return NONE;
    text[strcspn(text, "\n")] = '\0';
    return text_parse_u64(text, 0, UINT64_MAX, &bytes) == 0 ? bytes : NONE;
}

static uint64_t memory_v2(const char *folder) {
    return memory_in(folder, "memory.max");
}

static uint64_t memory_v1(const char *folder) {
    return memory_in(folder, "memory.limit_in_bytes");
}

/* The whole number behind `key` in the group's cpu.stat, times `unit`. */
static uint64_t cpu_stat(const char *folder, const char *key, uint64_t unit) {
    char text[2048], value[32];
    uint64_t number;
    if (!read_file_in(folder, "cpu.stat", text, sizeof text) ||
        !text_find_value(text, key, value, sizeof value) ||
        text_parse_u64(value, 0, (NONE - 1) / unit, &number) != 0)
        return NONE;
    return number * unit;
}

static uint64_t throttled_ns_v2(const char *folder) {
    return cpu_stat(folder, "throttled_usec", 1000);
}

static uint64_t throttled_ns_v1(const char *folder) {
    return cpu_stat(folder, "throttled_time", 1);
}

static uint64_t least(uint64_t a, uint64_t b) {
    return size_min(a, b);
}

/* The sum of those that are known. */
static uint64_t sum(uint64_t a, uint64_t b) {
    uint64_t both;
    if (a == NONE || b == NONE)
        return size_min(a, b);
    return size_add(a, b, &both) ? both : NONE;
}

/* The answers from mount + path up to mount, combined. */
static uint64_t ask_upwards(const char *mount, const char *path, const struct question *question,
                            uint64_t (*read)(const char *folder)) {
    char folder[PATH_SIZE];
    uint64_t answer = NONE;
    size_t top = strlen(mount);
    if (snprintf(folder, sizeof folder, "%s%s", mount, path) >= (int)sizeof folder)
        return answer;
    for (;;) {
        answer = question->combine(answer, read(folder));
        char *slash = strrchr(folder, '/');
        if (!slash || (size_t)(slash - folder) < top)
            return answer;
        *slash = '\0';
    }
}

/* Does the comma list `controllers` hold `name`? */
static bool has_controller(const char *controllers, size_t length, const char *name) {
    size_t name_length = strlen(name);
    for (const char *at = controllers; at < controllers + length;) {
        size_t item = strcspn(at, ",:");
        if (item == name_length && strncmp(at, name, item) == 0)
            return true;
        at += item + 1;
    }
    return false;
}

/* The own group's answer in one hierarchy. `controllers` is empty for version 2, whose mount lies
 * aside where version 1 has the usual place. */
static uint64_t ask_hierarchy(const char *root, const char *controllers, size_t length,
                              const char *path, const struct question *question) {
    char mount[PATH_SIZE];
    if (length == 0) {
        snprintf(mount, sizeof mount, "%s/sys/fs/cgroup", root);
        uint64_t answer = ask_upwards(mount, path, question, question->read_v2);
        snprintf(mount, sizeof mount, "%s/sys/fs/cgroup/unified", root);
        return question->combine(answer, ask_upwards(mount, path, question, question->read_v2));
    }
    if (!has_controller(controllers, length, question->controller))
        return NONE;
    snprintf(mount, sizeof mount, "%s/sys/fs/cgroup/%s", root, question->controller);
    return ask_upwards(mount, path, question, question->read_v1);
}

/* Walks /proc/self/cgroup, whose lines are "number:controllers:path". */
static uint64_t ask_groups(const char *root, const struct question *question) {
    char groups[PATH_SIZE], file[PATH_SIZE];
    uint64_t answer = NONE;
    snprintf(file, sizeof file, "%s/proc/self/cgroup", root);
    if (text_read_file(file, groups, sizeof groups) < 0)
        return answer;
    for (char *save = NULL, *line = strtok_r(groups, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path)
            continue;
        controllers++;
        size_t length = (size_t)(path - controllers);
        path++;
        if (strcmp(path, "/") == 0)
            path = "";
        answer =
            question->combine(answer, ask_hierarchy(root, controllers, length, path, question));
    }
    return answer;
}

uint64_t limits_cgroup_cpus(const char *root) {
    return ask_groups(root, &(struct question){"cpu", cpus_v1, cpus_v2, least});
}

uint64_t limits_cgroup_memory(const char *root) {
    return ask_groups(root, &(struct question){"memory", memory_v1, memory_v2, least});
}

double limits_cgroup_throttled_s(const char *root) {
    uint64_t ns =
        ask_groups(root, &(struct question){"cpu", throttled_ns_v1, throttled_ns_v2, sum});
    return ns == NONE ? NAN : (double)ns / 1e9;
}

unsigned limits_usable_cpus(void) {
    unsigned affinity = 1;
    for (size_t cpus = 1024; cpus <= 1 << 20; cpus *= 4) {
        cpu_set_t *set = CPU_ALLOC(cpus);
        if (!set)
            break;
        int err = sched_getaffinity(0, CPU_ALLOC_SIZE(cpus), set);
        if (err == 0)
            affinity = (unsigned)CPU_COUNT_S(CPU_ALLOC_SIZE(cpus), set);
        CPU_FREE(set);
        if (err == 0 || errno != EINVAL) /* EINVAL: the kernel knows more CPUs than fit */
            break;
    }
    return (unsigned)size_max(1, size_min(affinity, limits_cgroup_cpus("")));
}

static uint64_t meminfo_bytes(const char *text, const char *key) {
    char value[64];
    uint64_t kib;
    if (!text_find_value(text, key, value, sizeof value))
        return 0;
    value[strcspn(value, " ")] = '\0';
    return text_parse_u64(value, 0, UINT64_MAX / 1024, &kib) == 0 ? kib * 1024 : 0;
}

uint64_t limits_memory_bytes(void) {
    char text[8192];
    uint64_t machine = UINT64_MAX;
    if (text_read_file("/proc/meminfo", text, sizeof text) > 0)
        machine = meminfo_bytes(text, "MemTotal") + meminfo_bytes(text, "SwapTotal");
    return size_min(machine ? machine : UINT64_MAX, limits_cgroup_memory(""));
}
