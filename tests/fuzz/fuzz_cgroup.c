/* Files of the kernel that say what may be used: /proc/self/cgroup and the limits of its groups. */
#include "base/limits.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const files[] = {
        "proc/self/cgroup",
        "sys/fs/cgroup/cpu.max",
        "sys/fs/cgroup/memory.max",
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us",
        "sys/fs/cgroup/memory/memory.limit_in_bytes",
        "sys/fs/cgroup/a/cpu.max",
    };
    struct fuzz_input input = {data, size};
    char root[512];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *text = fuzz_part(&input, FUZZ_NEXT);
        fuzz_keep(files[i], text);
        free(text);
    }
    snprintf(root, sizeof root, "%s", fuzz_path("proc"));
    *strrchr(root, '/') = '\0';
    uint64_t cpus = limits_cgroup_cpus(root);
    HOLDS(cpus >= 1 && (cpus < 1000000000 || cpus == UINT64_MAX));
    limits_cgroup_memory(root);
    return 0;
}
