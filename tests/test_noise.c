/* Proves bench/measure: the parsers of /proc and /sys, cores behind CPUs, the accounts of threads
 * that really wait, and the rule that calls a sample noisy. */
#include "tests/helpers.h"

#include "bench/measure/machine.h"
#include "bench/measure/noise.h"
#include "bench/measure/pace.h"
#include "bench/measure/proc.h"
#include "bench/measure/tasks.h"
#include "bench/measure/topology.h"
#include "mp/worker.h"

#include <math.h>
#include <stdatomic.h>
#include <unistd.h>

static void schedstat_is_three_numbers(void **state) {
    static const char *const bad[] = {
        "", "1", "1 ", "x 2 3", "1 -2 3", "-1 2 3", "1 18446744073709551616 3"};
    uint64_t run = 7, delay = 8;
    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++)
        if (proc_schedstat(bad[i], &run, &delay))
            fail_msg("was accepted: \"%s\"", bad[i]);
    assert_int_equal(run, 7);
    assert_int_equal(delay, 8);
    assert_true(proc_schedstat("117085 17020 2\n", &run, &delay));
    assert_int_equal(run, 117085);
    assert_int_equal(delay, 17020);
}

static void migrations_are_found_among_the_rest(void **state) {
    uint64_t migrations;
    (void)state;
    assert_true(proc_migrations("cat (9630, #threads: 1)\n---\nse.exec_start   :  1.5\n"
                                "se.nr_migrations      :      42\nprio : 120\n",
                                &migrations));
    assert_int_equal(migrations, 42);
    assert_false(proc_migrations("nr_switches : 1\n", &migrations));
    assert_false(proc_migrations("se.nr_migrations : 1.5\n", &migrations));
    assert_false(proc_migrations("", &migrations));
}

static void ticks_are_sorted_by_who_had_them(void **state) {
    struct proc_ticks ticks;
    (void)state;
    assert_true(
        proc_ticks("cpu  1 20 300 4000 50000 600000 7000000 80000000 9 9\ncpu0 1\n", &ticks));
    assert_int_equal(ticks.busy, 1 + 20 + 300 + 600000 + 7000000);
    assert_int_equal(ticks.idle, 54000);
    assert_int_equal(ticks.steal, 80000000);
    assert_false(proc_ticks("cpu0 1 2 3 4 5 6 7 8\n", &ticks));
    assert_false(proc_ticks("cpu 1 2 3 4 5 6 7\n", &ticks)); /* before Linux 2.6.11 */
    assert_false(proc_ticks("cpu 1 2 3 4 5 6 7 18446744073709551615\n", &ticks));
}

static void pressure_is_of_some(void **state) {
    uint64_t us;
    (void)state;
    assert_true(proc_pressure("some avg10=13.47 avg60=19.19 avg300=15.20 total=6963454903\n"
                              "full avg10=0.00 avg60=0.00 avg300=0.00 total=1\n",
                              &us));
    assert_int_equal(us, 6963454903);
    assert_false(proc_pressure("full avg10=0.00 avg60=0.00 avg300=0.00 total=1\n", &us));
    assert_false(proc_pressure("some avg10=0.00\n", &us));
    assert_false(proc_pressure("some total=-1\n", &us));
}

static void mhz_is_believed_only_when_measured(void **state) {
    static const char cpus[] =
        "processor\t: 0\ncpu MHz\t\t: 2596.124\nflags\t\t: fpu aperfmperf\n\n"
        "processor\t: 1\ncpu MHz\t\t: 4001.000\nflags\t\t: fpu aperfmperf\n";
    (void)state;
    assert_true(proc_mhz(cpus, 0) == 2596.124);
    assert_true(proc_mhz(cpus, 1) == 4001);
    assert_true(isnan(proc_mhz(cpus, 2)));
    assert_true(isnan(proc_mhz("processor\t: 0\ncpu MHz\t\t: 2596.124\nflags\t\t: fpu\n", 0)));
    assert_true(isnan(proc_mhz("processor\t: 0\ncpu MHz\t\t: 0\nflags : aperfmperf\n", 0)));
    assert_true(isnan(proc_mhz("", 0)));
}

static void processes_may_have_any_name(void **state) {
    static const char rest[] = " S 1 2 3 4 5 6 7 8 9 10 110 22 0 0\n";
    static const char *const names[] = {"cat", "a) R (b", "", " ", "\n)"};
    char text[128], name[32];
    uint64_t ticks;
    (void)state;
    for (size_t i = 0; i < LENGTH(names); i++) {
        snprintf(text, sizeof text, "12 (%s)%s", names[i], rest);
        assert_true(proc_process(text, name, sizeof name, &ticks));
        assert_string_equal(name, names[i]);
        assert_int_equal(ticks, 132);
    }
    assert_false(proc_process("12 cat S 1", name, sizeof name, &ticks));
    assert_false(proc_process("12 )(", name, sizeof name, &ticks));
    assert_false(proc_process("12 (cat) S 1 2 3 4 5 6 7 8 9 10 110", name, sizeof name, &ticks));
}

static void append(void *text, unsigned cpu) {
    snprintf((char *)text + strlen(text), 8, "%u ", cpu);
}

static void cpu_lists_are_ranges(void **state) {
    static const struct {
        const char *list, *cpus;
    } good[] = {{"0-3,7\n", "0 1 2 3 7 "}, {"5", "5 "}, {"0,2-2,4\n", "0 2 4 "}};
    static const char *const bad[] = {"",    "\n", "0-",  "-3",   "3-1",     "0,,2", "0-3,2",
                                      "1,1", "a",  "0 1", "0-3x", "1048576", ",",    "0,"};
    (void)state;
    for (size_t i = 0; i < LENGTH(good); i++) {
        char cpus[64] = "";
        assert_true(proc_cpu_list(good[i].list, append, cpus));
        assert_string_equal(cpus, good[i].cpus);
    }
    for (size_t i = 0; i < LENGTH(bad); i++) {
        char cpus[64] = "";
        if (proc_cpu_list(bad[i], append, cpus))
            fail_msg("was accepted: \"%s\"", bad[i]);
    }
}

static void put_siblings(const char *root, unsigned cpu, const char *list) {
    char name[96];
    snprintf(name, sizeof name, "sys/devices/system/cpu/cpu%u/topology/thread_siblings_list", cpu);
    folder_put(root, name, list);
}

static void siblings_are_one_core(void **state) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    for (unsigned cpu = 0; cpu < 4; cpu++)
        CPU_SET(cpu, &cpus);
    assert_int_equal(topology_cores(*state, &cpus), 0); /* nobody says */
    for (unsigned cpu = 0; cpu < 4; cpu++)
        put_siblings(*state, cpu, cpu % 2 ? "1,3\n" : "0,2\n");
    assert_int_equal(topology_cores(*state, &cpus), 2);
    CPU_CLR(0, &cpus); /* the rest of a core is a core */
    CPU_CLR(1, &cpus);
    assert_int_equal(topology_cores(*state, &cpus), 2);
    CPU_CLR(3, &cpus);
    assert_int_equal(topology_cores(*state, &cpus), 1);
    put_siblings(*state, 2, "garbage");
    assert_int_equal(topology_cores(*state, &cpus), 0);
}

static void this_machine_has_cores(void **state) {
    struct machine machine;
    (void)state;
    machine_describe(&machine);
    assert_in_range(machine.physical_cores, 0, machine.cpus_online);
}

static void spin_ms(uint64_t ms) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t end = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 + ms;
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while ((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 < end);
}

static atomic_bool may_end;

/* Two that compute on one CPU for as long: each waits while the other runs. */
static int compete(void *argument, unsigned number) {
    cpu_set_t *cpus = argument;
    (void)number;
    sched_setaffinity(0, sizeof *cpus, cpus);
    spin_ms(200);
    while (!atomic_load(&may_end))
        usleep(1000);
    return 0;
}

static void waiting_for_a_cpu_is_seen(enum worker_kind kind) {
    struct worker workers[2] = {0};
    struct tasks before, after;
    cpu_set_t all, one;
    atomic_store(&may_end, false);
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    CPU_ZERO(&one);
    for (unsigned cpu = 0; CPU_COUNT(&one) == 0; cpu++)
        if (CPU_ISSET(cpu, &all))
            CPU_SET(cpu, &one);
    tasks_now(&before);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(worker_start(&workers[i], kind, "compete", i, compete, &one), 0);
    usleep(300000);
    tasks_now(&after);
    struct tasks between = tasks_between(&before, &after);
    atomic_store(&may_end, true);
    for (unsigned i = 0; i < 2; i++) {
        worker_kill(&workers[i]); /* a process has a flag of its own */
        worker_join(&workers[i]);
    }
#ifdef __SANITIZE_THREAD__ /* which has threads of its own */
    assert_true(between.count >= before.count + 2);
#else
    assert_int_equal(between.count, before.count + 2);
#endif
    if (!between.delay_known) /* a kernel that keeps no such accounts */
        return;
    if (between.delay_ns < 100000000)
        fail_msg("two on one CPU for 200 ms waited for %" PRIu64 " ns", between.delay_ns);
}

/* Nobody can tell how long a thread had waited that has ended. */
static void an_end_in_between_is_unknown(void **state) {
    const struct tasks before = {3, true, true, 100, 5, true, 70},
                       more = {4, true, true, 150, 5, true, 90};
    (void)state;
    struct tasks between = tasks_between(&before, &more);
    assert_true(between.delay_known && between.migrations_known);
    assert_true(between.others_known);
    assert_int_equal(between.others_ns, 20);
    assert_int_equal(between.delay_ns, 50);
    assert_int_equal(between.migrations, 0);
    between = tasks_between(&before, &(struct tasks){2, true, true, 150, 5, true, 70});
    assert_false(between.delay_known || between.migrations_known);
    between = tasks_between(&before, &(struct tasks){3, true, true, 99, 5, true, 70});
    assert_false(between.delay_known || between.migrations_known);
    between = tasks_between(&before, &(struct tasks){3, false, true, 0, 6, false, 0});
    assert_false(between.delay_known || between.others_known);
}

static void waiting_processes_are_seen(void **state) {
    (void)state;
    waiting_for_a_cpu_is_seen(WORKER_PROCESS);
}

static void waiting_threads_are_seen(void **state) {
    (void)state;
    waiting_for_a_cpu_is_seen(WORKER_THREAD);
}

/* A quiet sample of 0.25 s, with shared-array and one worker on two CPUs. */
static struct raw_row quiet(void) {
    struct raw_row row;
    csv_clear(raw_columns, raw_column_count, &row);
    snprintf(row.backend, sizeof row.backend, "shared-array");
    row.workers = 1;
    row.usable_cpus = 2;
    row.sample_s = 0.25;
    row.run_delay_s = 0.001;
    row.other_cpu_s = 0.01;
    row.steal_s = 0.01;
    row.throttled_s = 0;
    row.majflt = 3;
    return row;
}

static void each_disturbance_makes_a_sample_noisy(void **state) {
    struct raw_row row = quiet();
    (void)state;
    assert_int_equal(noise_judge(&row), CSV_FALSE);
    row.run_delay_s = 0.013;
    assert_int_equal(noise_judge(&row), CSV_TRUE);
    row = quiet(), row.other_cpu_s = 0.026;
    assert_int_equal(noise_judge(&row), CSV_TRUE);
    row = quiet(), row.steal_s = 0.02;
    assert_int_equal(noise_judge(&row), CSV_TRUE);
    row = quiet(), row.throttled_s = 0.001;
    assert_int_equal(noise_judge(&row), CSV_TRUE);
    row = quiet(), row.majflt = 7;
    assert_int_equal(noise_judge(&row), CSV_TRUE);
}

static void noise_is_a_share_of_the_sample(void **state) {
    struct raw_row row = quiet();
    (void)state;
    row.run_delay_s = 0.013;
    row.sample_s = 1;
    assert_int_equal(noise_judge(&row), CSV_FALSE);
    row = quiet();
    row.other_cpu_s = 0.04;
    row.usable_cpus = 64;
    assert_int_equal(noise_judge(&row), CSV_FALSE);
}

/* On two CPUs: who waits for its own kind is not disturbed. */
static void own_delay_is_no_noise(void **state) {
    static const struct {
        const char *backend;
        unsigned workers;
        enum csv_bool noisy;
        uint64_t coordinators, usable_cpus; /* 0: not known; as quiet() has it */
    } cases[] = {
        {"serial", 1, CSV_TRUE, 0, 0},        {"openmp", 2, CSV_TRUE, 0, 0},
        {"openmp", 3, CSV_FALSE, 0, 0},       {"shared-array", 1, CSV_TRUE, 0, 0},
        {"shared-array", 2, CSV_FALSE, 0, 0}, {"pipe", 1, CSV_TRUE, 0, 0},
        {"pipe", 2, CSV_FALSE, 0, 0},         {"threads", 2, CSV_FALSE, 0, 0},
        {"fork-queue", 2, CSV_TRUE, 2, 4},    {"fork-queue", 2, CSV_FALSE, 2, 3},
        {"manager", 1, CSV_TRUE, 2, 3},       {"manager", 2, CSV_FALSE, 2, 3},
        {"pool", 2, CSV_TRUE, 1, 3},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct raw_row row = quiet();
        snprintf(row.backend, sizeof row.backend, "%s", cases[i].backend);
        row.workers = cases[i].workers;
        row.run_delay_s = 0.2;
        if (cases[i].coordinators)
            row.coordinators = cases[i].coordinators;
        if (cases[i].usable_cpus)
            row.usable_cpus = cases[i].usable_cpus;
        if (noise_judge(&row) != cases[i].noisy)
            fail_msg("%s with %u workers: noisy is %d", cases[i].backend, cases[i].workers,
                     noise_judge(&row));
    }
}

/* A slower clock than usual disturbs, at either end; a faster one, or one that nobody knows the
 * usual of, does not. */
static void a_slow_clock_is_noise(void **state) {
    static const struct {
        double start, end, usual;
        enum csv_bool noisy;
    } cases[] = {
        {3000, 3000, 3000, CSV_FALSE}, {2900, 2900, 3000, CSV_FALSE}, {2800, 3000, 3000, CSV_TRUE},
        {3000, 2800, 3000, CSV_TRUE},  {4000, 4000, 3000, CSV_FALSE}, {1000, 1000, NAN, CSV_FALSE},
        {NAN, NAN, 3000, CSV_FALSE},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct raw_row row = quiet();
        row.pace_start_mhz = cases[i].start;
        row.pace_end_mhz = cases[i].end;
        row.pace_usual_mhz = cases[i].usual;
        if (noise_judge(&row) != cases[i].noisy)
            fail_msg("case %zu: noisy is %d", i, noise_judge(&row));
    }
}

/* The stopwatch repeats: the best of some readings is that of some others. */
static void the_pace_is_a_clock(void **state) {
    double best[2] = {0, 0};
    (void)state;
    for (int i = 0; i < 400; i++)
        best[i % 2] = fmax(best[i % 2], pace_mhz());
    assert_true(best[0] > 100 && best[0] < 10000);
    assert_true(fabs(best[0] / best[1] - 1) < 0.1);
}

static void what_is_unknown_is_not_judged(void **state) {
    struct raw_row row = quiet();
    (void)state;
    row.run_delay_s = row.other_cpu_s = row.steal_s = row.throttled_s = NAN;
    assert_int_equal(noise_judge(&row), CSV_NO_BOOL);
    row.majflt = CSV_NO_WHOLE;
    assert_int_equal(noise_judge(&row), CSV_NO_BOOL);
    row.steal_s = 0;
    assert_int_equal(noise_judge(&row), CSV_FALSE);
    row.sample_s = NAN;
    assert_int_equal(noise_judge(&row), CSV_FALSE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedstat_is_three_numbers),
        cmocka_unit_test(migrations_are_found_among_the_rest),
        cmocka_unit_test(ticks_are_sorted_by_who_had_them),
        cmocka_unit_test(pressure_is_of_some),
        cmocka_unit_test(mhz_is_believed_only_when_measured),
        cmocka_unit_test(processes_may_have_any_name),
        cmocka_unit_test(cpu_lists_are_ranges),
        IN_FOLDER(siblings_are_one_core),
        cmocka_unit_test(this_machine_has_cores),
        cmocka_unit_test(waiting_processes_are_seen),
        cmocka_unit_test(waiting_threads_are_seen),
        cmocka_unit_test(an_end_in_between_is_unknown),
        cmocka_unit_test(each_disturbance_makes_a_sample_noisy),
        cmocka_unit_test(noise_is_a_share_of_the_sample),
        cmocka_unit_test(own_delay_is_no_noise),
        cmocka_unit_test(a_slow_clock_is_noise),
        cmocka_unit_test(the_pace_is_a_clock),
        cmocka_unit_test(what_is_unknown_is_not_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
