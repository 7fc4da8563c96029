/* Affinity, cgroups and memory; contracts in limits.h. Sources: cgroups(7), and the kernel's
 * cgroup-v2.rst and sched-bwc.rst. In a container the process's own path may not exist below the
 * mount: then what is at the mount's top is its own group. */
#include "base/limits.h"

#include "base/size.h"
#include "base/text.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 4096

/* Reads one group's limit from `folder`: UINT64_MAX when it has none. */
typedef uint64_t read_limit(const char *folder);

static bool read_file_in(const char *folder, const char *name, char *text, size_t size) {
    char path[PATH_SIZE + 64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return text_read_file(path, text, size) > 0;
}

/* quota / period, floor, at least 1; what no number of CPUs can be is no quota. */
static uint64_t whole_cpus(double quota, double period) {
    if (!(quota > 0) || !(period > 0) || !(quota / period < 1e9))
        return UINT64_MAX;
    return size_max(1, (uint64_t)(quota / period));
}

static uint64_t cpus_v2(const char *folder) {
    char text[128];
    double quota, period;
    if (!read_file_in(folder, "cpu.max", text, sizeof text) ||
        sscanf(text, "%lf %lf", &quota, &period) != 2)
        return UINT64_MAX; /* "max 100000" too */
    return whole_cpus(quota, period);
}

static uint64_t cpus_v1(const char *folder) {
    char quota[64], period[64];
    if (!read_file_in(folder, "cpu.cfs_quota_us", quota, sizeof quota) ||
        !read_file_in(folder, "cpu.cfs_period_us", period, sizeof period))
        return UINT64_MAX;
    return whole_cpus(strtod(quota, NULL), strtod(period, NULL)); /* -1: no quota */
}

static uint64_t memory_in(const char *folder, const char *name) {
    char text[64];
    uint64_t bytes;
    if (!read_file_in(folder, name, text, sizeof text))
        return UINT64_MAX;
    text[strcspn(text, "\n")] = '\0';
    return text_parse_u64(text, 0, UINT64_MAX, &bytes) == 0 ? bytes : UINT64_MAX;
}

static uint64_t memory_v2(const char *folder) {
    return memory_in(folder, "memory.max");
}

static uint64_t memory_v1(const char *folder) {
    return memory_in(folder, "memory.limit_in_bytes");
}

/* The least limit from mount + path up to mount. */
static uint64_t least_upwards(const char *mount, const char *path, read_limit *read) {
    char folder[PATH_SIZE];
    uint64_t least = UINT64_MAX;
    size_t top = strlen(mount);
    if (snprintf(folder, sizeof folder, "%s%s", mount, path) >= (int)sizeof folder)
        return least;
    for (;;) {
        least = size_min(least, read(folder));
        char *slash = strrchr(folder, '/');
        if (!slash || (size_t)(slash - folder) < top)
            return least;
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

/* Walks /proc/self/cgroup, whose lines are "number:controllers:path" (version 2: no controllers).
 */
static uint64_t least_of_groups(const char *root, const char *controller, read_limit *read_v1,
                                read_limit *read_v2) {
    char groups[PATH_SIZE], file[PATH_SIZE], mount[PATH_SIZE];
    uint64_t least = UINT64_MAX;
    snprintf(file, sizeof file, "%s/proc/self/cgroup", root);
    if (text_read_file(file, groups, sizeof groups) < 0)
        return least;
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
        if (length == 0) {
            snprintf(mount, sizeof mount, "%s/sys/fs/cgroup", root);
            least = size_min(least, least_upwards(mount, path, read_v2));
        } else if (has_controller(controllers, length, controller)) {
            snprintf(mount, sizeof mount, "%s/sys/fs/cgroup/%s", root, controller);
            least = size_min(least, least_upwards(mount, path, read_v1));
        }
    }
    return least;
}

uint64_t limits_cgroup_cpus(const char *root) {
    return least_of_groups(root, "cpu", cpus_v1, cpus_v2);
}

uint64_t limits_cgroup_memory(const char *root) {
    return least_of_groups(root, "memory", memory_v1, memory_v2);
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
