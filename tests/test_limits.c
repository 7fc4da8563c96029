/* Proves base/limits.h: quotas and memory limits of control groups, versions 1 and 2, on trees of
 * files made for the purpose, and that this machine's own limits make sense. */
#include "tests/helpers.h"

#include "base/limits.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <unistd.h>

#define NONE UINT64_MAX

static void put_groups(const char *root, const char *lines) {
    folder_put(root, "proc/self/cgroup", lines);
}

static void assert_cpus(const char *root, uint64_t cpus) {
    uint64_t got = limits_cgroup_cpus(root);
    if (got != cpus)
        fail_msg("%" PRIu64 " CPUs, want %" PRIu64, got, cpus);
}

static void assert_memory(const char *root, uint64_t bytes) {
    uint64_t got = limits_cgroup_memory(root);
    if (got != bytes)
        fail_msg("%" PRIu64 " bytes, want %" PRIu64, got, bytes);
}

static void nothing_means_no_limit(void **state) {
    assert_cpus(*state, NONE);
    assert_memory(*state, NONE);
    put_groups(*state, "");
    assert_cpus(*state, NONE);
    put_groups(*state, "no colons here\n:\n0:\n");
    assert_cpus(*state, NONE);
    put_groups(*state, "0::/gone\n4:cpu:/gone\n5:memory:/gone\n");
    assert_cpus(*state, NONE);
    assert_memory(*state, NONE);
}

static void v2_quotas_are_whole_cpus(void **state) {
    static const struct {
        const char *text;
        uint64_t cpus;
    } cases[] = {
        {"100000 100000\n", 1}, {"250000 100000\n", 2},
        {"299999 100000\n", 2}, {"50000 100000\n", 1},
        {"1000 1000000\n", 1},  {"6400000 50000\n", 128},
        {"400000 100000", 4},   {"max 100000\n", NONE},
        {"max\n", NONE},        {"", NONE},
        {"garbage\n", NONE},    {"100000\n", NONE},
        {"100000 0\n", NONE},   {"-1 100000\n", NONE},
        {"0 100000\n", NONE},   {"nan 100000\n", NONE},
        {"100000 nan\n", NONE}, {"inf 100000\n", NONE},
        {"1e300 1\n", NONE},
    };
    put_groups(*state, "0::/job\n");
    for (size_t i = 0; i < LENGTH(cases); i++) {
        folder_put(*state, "sys/fs/cgroup/job/cpu.max", cases[i].text);
        uint64_t got = limits_cgroup_cpus(*state);
        if (got != cases[i].cpus)
            fail_msg("\"%s\": %" PRIu64 " CPUs, want %" PRIu64, cases[i].text, got, cases[i].cpus);
    }
}

static void v2_takes_the_tightest_parent(void **state) {
    put_groups(*state, "0::/a/b/c\n");
    folder_put(*state, "sys/fs/cgroup/a/b/c/cpu.max", "800000 100000\n");
    assert_cpus(*state, 8);
    folder_put(*state, "sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    assert_cpus(*state, 8);
    folder_put(*state, "sys/fs/cgroup/a/cpu.max", "300000 100000\n");
    assert_cpus(*state, 3);
    folder_put(*state, "sys/fs/cgroup/a/b/cpu.max", "200000 100000\n");
    assert_cpus(*state, 2);
    folder_put(*state, "sys/fs/cgroup/a/b/c/cpu.max", "100000 100000\n");
    assert_cpus(*state, 1);
}

static void v2_ignores_neighbours(void **state) {
    put_groups(*state, "0::/a/b\n");
    folder_put(*state, "sys/fs/cgroup/a/b/cpu.max", "700000 100000\n");
    folder_put(*state, "sys/fs/cgroup/a/other/cpu.max", "100000 100000\n");
    folder_put(*state, "sys/fs/cgroup/a/b/below/cpu.max", "100000 100000\n");
    folder_put(*state, "sys/fs/cpu.max", "100000 100000\n");
    assert_cpus(*state, 7);
}

/* A container that sees its own group as the top of the mount, but the machine's path to it. */
static void v2_containers_have_their_group_at_the_top(void **state) {
    put_groups(*state, "0::/system.slice/container-1234.scope\n");
    folder_put(*state, "sys/fs/cgroup/cpu.max", "200000 100000\n");
    folder_put(*state, "sys/fs/cgroup/memory.max", "1073741824\n");
    assert_cpus(*state, 2);
    assert_memory(*state, 1073741824);
}

static void v2_namespaces_have_a_bare_slash(void **state) {
    put_groups(*state, "0::/\n");
    assert_cpus(*state, NONE);
    folder_put(*state, "sys/fs/cgroup/cpu.max", "500000 100000\n");
    folder_put(*state, "sys/fs/cgroup/memory.max", "4096\n");
    assert_cpus(*state, 5);
    assert_memory(*state, 4096);
}

static void v1_quotas_are_whole_cpus(void **state) {
    static const struct {
        const char *quota, *period;
        uint64_t cpus;
    } cases[] = {
        {"100000\n", "100000\n", 1}, {"350000\n", "100000\n", 3}, {"20000\n", "100000\n", 1},
        {"-1\n", "100000\n", NONE},  {"0\n", "100000\n", NONE},   {"100000\n", "0\n", NONE},
        {"100000\n", "", NONE},      {"", "100000\n", NONE},
    };
    put_groups(*state, "12:pids:/job\n4:cpu,cpuacct:/job\n1:name=systemd:/job\n");
    for (size_t i = 0; i < LENGTH(cases); i++) {
        folder_put(*state, "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", cases[i].quota);
        folder_put(*state, "sys/fs/cgroup/cpu/job/cpu.cfs_period_us", cases[i].period);
        uint64_t got = limits_cgroup_cpus(*state);
        if (got != cases[i].cpus)
            fail_msg("\"%s\" / \"%s\": %" PRIu64 " CPUs, want %" PRIu64, cases[i].quota,
                     cases[i].period, got, cases[i].cpus);
    }
}

static void put_v1_quota(const char *root, const char *group, const char *quota) {
    char name[128];
    snprintf(name, sizeof name, "sys/fs/cgroup/cpu%s/cpu.cfs_quota_us", group);
    folder_put(root, name, quota);
    snprintf(name, sizeof name, "sys/fs/cgroup/cpu%s/cpu.cfs_period_us", group);
    folder_put(root, name, "100000\n");
}

static void v1_takes_the_tightest_parent(void **state) {
    put_groups(*state, "4:cpuacct,cpu:/a/b\n");
    put_v1_quota(*state, "/a/b", "600000\n");
    assert_cpus(*state, 6);
    put_v1_quota(*state, "/a", "200000\n");
    assert_cpus(*state, 2);
    put_v1_quota(*state, "", "-1\n");
    assert_cpus(*state, 2);
    put_v1_quota(*state, "/a/b", "-1\n");
    assert_cpus(*state, 2);
    put_v1_quota(*state, "", "100000\n");
    assert_cpus(*state, 1);
}

static void v1_containers_have_their_group_at_the_top(void **state) {
    put_groups(*state, "7:memory:/docker/1234\n4:cpu,cpuacct:/docker/1234\n");
    put_v1_quota(*state, "", "300000\n");
    folder_put(*state, "sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n");
    assert_cpus(*state, 3);
    assert_memory(*state, 536870912);
}

static void v1_controllers_are_not_confused(void **state) {
    put_groups(*state, "3:cpuset:/set\n5:cpuacct:/acct\n6:memory:/mem\n");
    put_v1_quota(*state, "/set", "100000\n");
    put_v1_quota(*state, "/acct", "100000\n");
    put_v1_quota(*state, "/mem", "100000\n");
    assert_cpus(*state, NONE);
    folder_put(*state, "sys/fs/cgroup/memory/set/memory.limit_in_bytes", "1\n");
    assert_memory(*state, NONE);
}

static void mixed_versions_give_the_tighter(void **state) {
    put_groups(*state, "4:cpu,cpuacct:/old\n0::/new\n");
    put_v1_quota(*state, "/old", "400000\n");
    folder_put(*state, "sys/fs/cgroup/new/cpu.max", "600000 100000\n");
    assert_cpus(*state, 4);
    folder_put(*state, "sys/fs/cgroup/new/cpu.max", "200000 100000\n");
    assert_cpus(*state, 2);
}

static void v2_memory_limits_are_read(void **state) {
    static const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {
        {"1073741824\n", 1073741824},
        {"4096", 4096},
        {"max\n", NONE},
        {"\n", NONE},
        {"-1\n", NONE},
        {"12 34\n", NONE},
        {"18446744073709551616\n", NONE},
    };
    put_groups(*state, "0::/job\n");
    for (size_t i = 0; i < LENGTH(cases); i++) {
        folder_put(*state, "sys/fs/cgroup/job/memory.max", cases[i].text);
        uint64_t got = limits_cgroup_memory(*state);
        if (got != cases[i].bytes)
            fail_msg("\"%s\": %" PRIu64 " bytes, want %" PRIu64, cases[i].text, got,
                     cases[i].bytes);
    }
}

static void memory_takes_the_tightest_parent(void **state) {
    put_groups(*state, "0::/a/b\n9:memory:/x/y\n");
    folder_put(*state, "sys/fs/cgroup/a/b/memory.max", "8000\n");
    assert_memory(*state, 8000);
    folder_put(*state, "sys/fs/cgroup/a/memory.max", "7000\n");
    assert_memory(*state, 7000);
    folder_put(*state, "sys/fs/cgroup/memory.max", "max\n");
    assert_memory(*state, 7000);
    folder_put(*state, "sys/fs/cgroup/memory/x/y/memory.limit_in_bytes", "9223372036854771712\n");
    assert_memory(*state, 7000);
    folder_put(*state, "sys/fs/cgroup/memory/x/memory.limit_in_bytes", "6000\n");
    assert_memory(*state, 6000);
}

static void quotas_and_memory_do_not_mix(void **state) {
    put_groups(*state, "0::/job\n");
    folder_put(*state, "sys/fs/cgroup/job/memory.max", "4096\n");
    assert_cpus(*state, NONE);
    folder_put(*state, "sys/fs/cgroup/job/cpu.max", "300000 100000\n");
    assert_memory(*state, 4096);
    assert_cpus(*state, 3);
}

static void assert_throttled(const char *root, double seconds) {
    double got = limits_cgroup_throttled_s(root);
    if (!(fabs(got - seconds) < 1e-12))
        fail_msg("throttled for %.17g s, want %.17g", got, seconds);
}

static void throttling_is_summed_over_groups(void **state) {
    put_groups(*state, "0::/a/b\n4:cpu,cpuacct:/x\n");
    assert_true(isnan(limits_cgroup_throttled_s(*state)));
    folder_put(*state, "sys/fs/cgroup/a/b/cpu.stat", "usage_usec 9\nnr_throttled 3\n");
    assert_true(isnan(limits_cgroup_throttled_s(*state)));
    folder_put(*state, "sys/fs/cgroup/a/cpu.stat", "nr_throttled 3\nthrottled_usec 1500000\n");
    assert_throttled(*state, 1.5);
    folder_put(*state, "sys/fs/cgroup/a/b/cpu.stat", "throttled_usec 250000\nnr_bursts 0\n");
    assert_throttled(*state, 1.75);
    folder_put(*state, "sys/fs/cgroup/cpu/x/cpu.stat", "nr_periods 1\nthrottled_time 1000000000\n");
    assert_throttled(*state, 2.75);
    folder_put(*state, "sys/fs/cgroup/cpu/x/cpu.stat", "throttled_time -1\n");
    assert_throttled(*state, 1.75);
}

/* Hybrid systems mount version 2 beside the controllers of version 1. */
static void v2_may_lie_aside(void **state) {
    put_groups(*state, "0::/job\n");
    folder_put(*state, "sys/fs/cgroup/unified/job/cpu.max", "300000 100000\n");
    assert_cpus(*state, 3);
    folder_put(*state, "sys/fs/cgroup/unified/job/cpu.stat", "throttled_usec 5\n");
    assert_throttled(*state, 5e-6);
}

static void a_path_too_long_is_no_crash(void **state) {
    char line[3000] = "0::";
    for (size_t at = 3; at + 2 < sizeof line; at += 2)
        memcpy(line + at, "/d", 2);
    memcpy(line + sizeof line - 2, "\n", 2);
    put_groups(*state, line);
    folder_put(*state, "sys/fs/cgroup/cpu.max", "200000 100000\n");
    assert_cpus(*state, 2);
}

static void this_machine_has_cpus(void **state) {
    (void)state;
    cpu_set_t set;
    unsigned cpus = limits_usable_cpus();
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    assert_in_range(cpus, 1, CPU_COUNT(&set));
    uint64_t quota = limits_cgroup_cpus("");
    assert_true(quota >= cpus);
    assert_true(cpus == quota || cpus == (unsigned)CPU_COUNT(&set));
}

static void affinity_is_a_limit(void **state) {
    (void)state;
    cpu_set_t before, one;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    CPU_ZERO(&one);
    for (size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; cpu++)
        if (CPU_ISSET(cpu, &before))
            CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    unsigned cpus = limits_usable_cpus();
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    assert_int_equal(cpus, 1);
}

static void this_machine_has_memory(void **state) {
    (void)state;
    uint64_t bytes = limits_memory_bytes();
    uint64_t installed = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    assert_true(bytes >= 16 << 20);
    assert_true(bytes <= limits_cgroup_memory(""));
    assert_true(bytes < UINT64_C(1) << 56); /* a number, not "none" */
    if (limits_cgroup_memory("") >= installed * 2 && bytes < installed / 2)
        fail_msg("%" PRIu64 " bytes, but %" PRIu64 " are installed", bytes, installed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(nothing_means_no_limit),
        IN_FOLDER(v2_quotas_are_whole_cpus),
        IN_FOLDER(v2_takes_the_tightest_parent),
        IN_FOLDER(v2_ignores_neighbours),
        IN_FOLDER(v2_containers_have_their_group_at_the_top),
        IN_FOLDER(v2_namespaces_have_a_bare_slash),
        IN_FOLDER(v1_quotas_are_whole_cpus),
        IN_FOLDER(v1_takes_the_tightest_parent),
        IN_FOLDER(v1_containers_have_their_group_at_the_top),
        IN_FOLDER(v1_controllers_are_not_confused),
        IN_FOLDER(mixed_versions_give_the_tighter),
        IN_FOLDER(v2_memory_limits_are_read),
        IN_FOLDER(memory_takes_the_tightest_parent),
        IN_FOLDER(quotas_and_memory_do_not_mix),
        IN_FOLDER(throttling_is_summed_over_groups),
        IN_FOLDER(v2_may_lie_aside),
        IN_FOLDER(a_path_too_long_is_no_crash),
        cmocka_unit_test(this_machine_has_cpus),
        cmocka_unit_test(affinity_is_a_limit),
        cmocka_unit_test(this_machine_has_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
