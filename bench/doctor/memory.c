/* Checks of memory: how pages are given and moved, and whether there are enough. */
#include "base/limits.h"
#include "base/text.h"
#include "bench/doctor/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#define MEMORY_FEW_BYTES (UINT64_C(1) << 30)
#define SHM_FEW_BYTES    (UINT64_C(64) << 20)

static void look_thp(const char *root, struct finding *finding) {
    char line[64];
    if (!check_line(root, "sys/kernel/mm/transparent_hugepage/enabled", line, sizeof line)) {
        finding_is(finding, FINDING_OK, "not built in");
        return;
    }
    bool always = strstr(line, "[always]");
    finding_is(finding, always ? FINDING_WARN : FINDING_OK, "%s", line);
    if (always)
        finding_advise(finding,
                       "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled");
}

const struct check check_thp = {
    .name = "thp",
    .why = "pages that are merged in the background make some runs faster than others",
    .look = look_thp,
};

static void look_numa(const char *root, struct finding *finding) {
    uint64_t balancing = 0;
    char nodes[128] = "0";
    check_line(root, "sys/devices/system/node/online", nodes, sizeof nodes);
    check_number(root, "proc/sys/kernel/numa_balancing", &balancing);
    bool moves = balancing && strcmp(nodes, "0") != 0;
    finding_is(finding, moves ? FINDING_WARN : FINDING_OK, "nodes %s, balancing %s", nodes,
               balancing ? "on" : "off");
    if (moves)
        finding_advise(finding, "sudo sysctl kernel.numa_balancing=0");
}

const struct check check_numa = {
    .name = "numa",
    .why = "balancing unmaps pages and moves them between nodes while they are measured",
    .look = look_numa,
};

/* A line "KEY: NUMBER kB" of /proc/meminfo. */
static bool find_kib(const char *text, const char *key, uint64_t *kib) {
    char value[32];
    if (!text_find_value(text, key, value, sizeof value))
        return false;
    value[strcspn(value, " ")] = '\0';
    return text_parse_u64(value, 0, UINT64_MAX, kib) == 0;
}

static void look_swap(const char *root, struct finding *finding) {
    char path[1024], text[8192];
    uint64_t all, unused;
    snprintf(path, sizeof path, "%.700s/proc/meminfo", root);
    if (text_read_file(path, text, sizeof text) <= 0 || !find_kib(text, "SwapTotal", &all) ||
        !find_kib(text, "SwapFree", &unused) || unused > all) {
        finding_is(finding, FINDING_UNKNOWN, "the kernel does not say");
        return;
    }
    finding_is(finding, unused < all ? FINDING_WARN : FINDING_OK,
               "%" PRIu64 " of %" PRIu64 " MiB used", (all - unused) / 1024, all / 1024);
    if (unused < all)
        finding_advise(finding, "sudo swapoff -a");
}

const struct check check_swap = {
    .name = "swap",
    .why = "a page that has to come back from a disk costs as much as a whole render",
    .look = look_swap,
};

static void look_overcommit(const char *root, struct finding *finding) {
    uint64_t mode;
    if (!check_number(root, "proc/sys/vm/overcommit_memory", &mode)) {
        finding_is(finding, FINDING_UNKNOWN, "the kernel does not say");
        return;
    }
    finding_is(finding, mode == 2 ? FINDING_WARN : FINDING_OK, "%" PRIu64, mode);
    if (mode == 2)
        finding_advise(finding, "sudo sysctl vm.overcommit_memory=0");
}

const struct check check_overcommit = {
    .name = "overcommit",
    .why = "with 2 each worker's copy of the parent is charged in full, and a fork may be refused",
    .look = look_overcommit,
};

static void look_memory(const char *root, struct finding *finding) {
    char text[TEXT_BYTES_SIZE];
    uint64_t bytes = limits_memory_bytes(), group = limits_cgroup_memory(root);
    if (group < bytes)
        bytes = group;
    finding_is(finding, bytes < MEMORY_FEW_BYTES ? FINDING_WARN : FINDING_OK, "%s",
               text_bytes(bytes, text));
    if (group == bytes && bytes < MEMORY_FEW_BYTES)
        finding_advise(finding, "give the container or service more memory (memory.max)");
}

const struct check check_memory = {
    .name = "memory",
    .why = "large pictures and many workers need it, and reclaiming takes time from renders",
    .look = look_memory,
};

static void look_shm(const char *root, struct finding *finding) {
    char path[1024], text[TEXT_BYTES_SIZE];
    struct statvfs room;
    snprintf(path, sizeof path, "%.700s/dev/shm", root);
    if (statvfs(path, &room) != 0) {
        finding_is(finding, FINDING_WARN, "there is no /dev/shm");
        return;
    }
    uint64_t bytes = (uint64_t)room.f_bavail * room.f_frsize;
    finding_is(finding, bytes < SHM_FEW_BYTES ? FINDING_WARN : FINDING_OK, "%s free",
               text_bytes(bytes, text));
    if (bytes < SHM_FEW_BYTES)
        finding_advise(finding, "sudo mount -o remount,size=1G /dev/shm");
}

const struct check check_shm = {
    .name = "shm",
    .why = "OpenMP's run-time and other programs keep shared memory there; our frames do not",
    .look = look_shm,
};
