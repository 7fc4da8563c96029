/* Proves bench/doctor: what each check says of machines made of files for the purpose, with the
 * settings that spoil measurements and without, and the form of what all say of this one. */
#include "tests/helpers.h"

#include "bench/doctor/check.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CPU "sys/devices/system/cpu/"

static struct finding look(const char *root, const char *name) {
    const struct check *check = check_find(name);
    struct finding finding = {0};
    assert_non_null(check);
    check->look(root, &finding);
    return finding;
}

/* A setting, what is to be found, and what the command must speak of ("" when there is none). */
struct setting {
    const char *check, *file, *text;
    enum finding_state state;
    const char *command;
};

static const struct setting settings[] = {
    {"governor", CPU "cpu0/cpufreq/scaling_governor", "powersave\n", FINDING_WARN, "performance"},
    {"governor", CPU "cpu0/cpufreq/scaling_governor", "performance\n", FINDING_OK, ""},
    {"boost", CPU "cpufreq/boost", "1\n", FINDING_WARN, "echo 0 | sudo tee /" CPU "cpufreq/boost"},
    {"boost", CPU "cpufreq/boost", "0\n", FINDING_OK, ""},
    {"boost", CPU "intel_pstate/no_turbo", "0\n", FINDING_WARN, "echo 1 | sudo tee /" CPU},
    {"boost", CPU "intel_pstate/no_turbo", "1\n", FINDING_OK, ""},
    {"smt", CPU "smt/active", "1\n", FINDING_WARN, "smt/control"},
    {"smt", CPU "smt/active", "0\n", FINDING_OK, ""},
    {"thp", "sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n", FINDING_WARN,
     "echo madvise"},
    {"thp", "sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n", FINDING_OK,
     ""},
    {"aslr", "proc/sys/kernel/randomize_va_space", "0\n", FINDING_WARN, "randomize_va_space=2"},
    {"aslr", "proc/sys/kernel/randomize_va_space", "2\n", FINDING_OK, ""},
    {"perf", "proc/sys/kernel/perf_event_paranoid", "4\n", FINDING_WARN, "perf_event_paranoid=2"},
    {"perf", "proc/sys/kernel/perf_event_paranoid", "-1\n", FINDING_OK, ""},
    {"ptrace", "proc/sys/kernel/yama/ptrace_scope", "3\n", FINDING_WARN, "ptrace_scope=1"},
    {"ptrace", "proc/sys/kernel/yama/ptrace_scope", "1\n", FINDING_OK, ""},
    {"overcommit", "proc/sys/vm/overcommit_memory", "2\n", FINDING_WARN, "overcommit_memory=0"},
    {"overcommit", "proc/sys/vm/overcommit_memory", "1\n", FINDING_OK, ""},
    {"autogroup", "proc/sys/kernel/sched_autogroup_enabled", "1\n", FINDING_WARN, "autogroup"},
    {"autogroup", "proc/sys/kernel/sched_autogroup_enabled", "0\n", FINDING_OK, ""},
    {"swap", "proc/meminfo", "SwapTotal: 4096 kB\nSwapFree: 1024 kB\n", FINDING_WARN, "swapoff"},
    {"swap", "proc/meminfo", "SwapTotal: 4096 kB\nSwapFree: 4096 kB\n", FINDING_OK, ""},
    {"pressure", "proc/pressure/cpu", "some avg10=40.00 avg60=1\n", FINDING_WARN, ""},
    {"pressure", "proc/pressure/cpu", "some avg10=0.12 avg60=1\n", FINDING_OK, ""},
    {"load", "proc/loadavg", "99.00 1 1\n", FINDING_WARN, ""},
    {"load", "proc/loadavg", "0.00 0 0\n", FINDING_OK, ""},
    {"virtual", "proc/cpuinfo", "flags : fpu hypervisor sse\n", FINDING_WARN, ""},
    {"virtual", "proc/cpuinfo", "flags : fpu sse\n", FINDING_OK, ""},
    {"steal", "proc/stat", "cpu 10 0 0 80 0 0 0 10 0 0\n", FINDING_WARN, ""},
    {"steal", "proc/stat", "cpu 10 0 0 90 0 0 0 0 0 0\n", FINDING_OK, ""},
};

static void each_setting_is_found(void **state) {
    for (size_t i = 0; i < LENGTH(settings); i++) {
        const struct setting *setting = &settings[i];
        folder_put(*state, setting->file, setting->text);
        struct finding finding = look(*state, setting->check);
        bool advised = *setting->command ? strstr(finding.command, setting->command) != NULL
                                         : !*finding.command;
        if (finding.state != setting->state || !advised)
            fail_msg("%s, %s: state %d, '%s', '%s'", setting->file, setting->text, finding.state,
                     finding.value, finding.command);
        assert_int_equal(unlink(path_in(*state, setting->file).text), 0);
    }
}

/* What a kernel does not show is unknown or not there; it is never a warning. */
static void nothing_shown_is_no_warning(void **state) {
    for (size_t i = 0; i < LENGTH(settings); i++)
        if (look(*state, settings[i].check).state == FINDING_WARN)
            fail_msg("%s warns of a machine without %s", settings[i].check, settings[i].file);
}

static void a_quota_and_its_stops_are_found(void **state) {
    assert_int_equal(look(*state, "quota").state, FINDING_OK);
    folder_put(*state, "proc/self/cgroup", "0::/job\n");
    folder_put(*state, "sys/fs/cgroup/job/cpu.max", "300000 100000\n");
    folder_put(*state, "sys/fs/cgroup/job/cpu.stat", "throttled_usec 1250000\n");
    struct finding finding = look(*state, "quota");
    assert_int_equal(finding.state, FINDING_WARN);
    assert_string_equal(finding.value, "3 whole CPUs, has stopped us for 1.250 s so far");
}

static void another_clock_is_advised_only_where_there_is_one(void **state) {
    static const char folder[] = "sys/devices/system/clocksource/clocksource0/";
    char current[96], available[96];
    snprintf(current, sizeof current, "%scurrent_clocksource", folder);
    snprintf(available, sizeof available, "%savailable_clocksource", folder);
    folder_put(*state, current, "tsc\n");
    assert_int_equal(look(*state, "clocksource").state, FINDING_OK);
    folder_put(*state, current, "hpet\n");
    folder_put(*state, available, "hpet acpi_pm\n");
    struct finding finding = look(*state, "clocksource");
    assert_int_equal(finding.state, FINDING_WARN);
    assert_string_equal(finding.command, "");
    folder_put(*state, available, "tsc hpet acpi_pm\n");
    assert_non_null(strstr(look(*state, "clocksource").command, "echo tsc"));
}

static void balancing_matters_only_between_nodes(void **state) {
    folder_put(*state, "proc/sys/kernel/numa_balancing", "1\n");
    folder_put(*state, "sys/devices/system/node/online", "0\n");
    assert_int_equal(look(*state, "numa").state, FINDING_OK);
    folder_put(*state, "sys/devices/system/node/online", "0-1\n");
    assert_int_equal(look(*state, "numa").state, FINDING_WARN);
}

static pid_t compute_for_ever(void) {
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME, "a\tb\n(c)");
        for (volatile unsigned long forever = 0;; forever++)
            continue;
    }
    assert_true(pid > 0);
    return pid;
}

static bool is_named(const struct finding *finding, pid_t pid) {
    char name[64];
    snprintf(name, sizeof name, "a?b?(c) (%ld) ", (long)pid);
    return strstr(finding->value, name) != NULL;
}

/* Some that compute while they are looked at, under a name that would break the list. It has room
 * for a few, and others may be as busy, so that it takes one of ours at one of some looks; but
 * somebody is busy at all of them. */
static void who_is_busy_is_named(void **state) {
    pid_t pids[4];
    struct finding finding;
    bool named = false;
    (void)state;
    for (size_t i = 0; i < LENGTH(pids); i++)
        pids[i] = compute_for_ever();
    usleep(50000);
    for (int looks = 0; !named && looks < 20; looks++) {
        finding = look("", "busy");
        assert_int_equal(finding.state, FINDING_WARN);
        for (size_t i = 0; i < LENGTH(pids); i++)
            named |= is_named(&finding, pids[i]);
    }
    for (size_t i = 0; i < LENGTH(pids); i++) {
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
    }
    if (!named)
        fail_msg("'%s' names none that is called a?b?(c)", finding.value);
}

static void every_finding_fits_a_line(void **state) {
    unsigned count;
    const struct check *const *checks = check_list(&count);
    (void)state;
    for (unsigned i = 0; i < count; i++) {
        struct finding finding = look("", checks[i]->name);
        assert_true(*checks[i]->why && *finding.value);
        assert_null(strpbrk(finding.value, "\t\n"));
        assert_null(strpbrk(finding.command, "\t\n"));
        if (finding.state == FINDING_OK && *finding.command)
            fail_msg("%s is fine, but advises '%s'", checks[i]->name, finding.command);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(each_setting_is_found),
        IN_FOLDER(nothing_shown_is_no_warning),
        IN_FOLDER(a_quota_and_its_stops_are_found),
        IN_FOLDER(another_clock_is_advised_only_where_there_is_one),
        IN_FOLDER(balancing_matters_only_between_nodes),
        cmocka_unit_test(who_is_busy_is_named),
        cmocka_unit_test(every_finding_fits_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
