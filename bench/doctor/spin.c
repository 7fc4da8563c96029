/* Checks by trial: the same arithmetic again and again, on each CPU alone, then on all at once.
 * Threads keep to one CPU each, and nothing of it outlasts the check. */
#include "base/clock.h"
#include "base/size.h"
#include "bench/doctor/check.h"
#include "bench/stats/stats.h"
#include "mp/worker.h"

#include <math.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define CPUS_MAX     16  /* the first that we may use */
#define ROUNDS       60  /* of one trial, some 0.5 ms each */
#define SPREAD_MUCH  2.0 /* % */
#define TOGETHER_FEW 0.9 /* of its speed alone */

struct trial {
    unsigned cpu;
    atomic_uint *waiting; /* who has not come yet: all begin together */
    double round_s[ROUNDS];
    bool failed;
};

/* Eight chains fill a core's multipliers, so that two hardware threads of a core show: a single
 * chain would leave room for the other's. */
static uint64_t multiply(uint64_t seed) {
    uint64_t chain[8];
    for (unsigned i = 0; i < 8; i++)
        chain[i] = seed + i;
    for (unsigned step = 0; step < 400000; step++)
        for (unsigned i = 0; i < 8; i++)
            chain[i] = chain[i] * UINT64_C(6364136223846793005) + 1;
    return chain[0] ^ chain[1] ^ chain[2] ^ chain[3] ^ chain[4] ^ chain[5] ^ chain[6] ^ chain[7];
}

static int spin(void *argument, unsigned number) {
    struct trial *trial = argument;
    volatile uint64_t result = number;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(trial->cpu, &one);
    trial->failed = sched_setaffinity(0, sizeof one, &one) != 0;
    atomic_fetch_sub(trial->waiting, 1);
    while (atomic_load(trial->waiting))
        sched_yield();
    result = multiply(result); /* warms up */
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t start = clock_now_ns();
        result = multiply(result);
        trial->round_s[round] = clock_seconds(clock_now_ns() - start);
    }
    return 0;
}

/* Runs these trials at the same time. */
static bool run(struct trial *trials, unsigned count) {
    struct worker workers[CPUS_MAX] = {0};
    atomic_uint waiting = count;
    bool good = true;
    for (unsigned i = 0; i < count; i++) {
        trials[i].waiting = &waiting;
        if (worker_start(&workers[i], WORKER_THREAD, "spin", i, spin, &trials[i]) != 0) {
            good = false;
            atomic_fetch_sub(&waiting, 1);
        }
    }
    for (unsigned i = 0; i < count; i++) {
        worker_join(&workers[i]);
        good &= !trials[i].failed;
    }
    return good;
}

static unsigned choose_cpus(struct trial trials[CPUS_MAX]) {
    cpu_set_t cpus;
    unsigned count = 0;
    if (sched_getaffinity(0, sizeof cpus, &cpus) != 0)
        return 0;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE && count < CPUS_MAX; cpu++)
        if (CPU_ISSET(cpu, &cpus))
            trials[count++] = (struct trial){.cpu = cpu};
    return count;
}

/* Standard deviation / mean. */
static double variation_percent(const struct trial *trial) {
    double sum = 0, squares = 0;
    for (unsigned i = 0; i < ROUNDS; i++)
        sum += trial->round_s[i];
    double mean = sum / ROUNDS;
    for (unsigned i = 0; i < ROUNDS; i++)
        squares += (trial->round_s[i] - mean) * (trial->round_s[i] - mean);
    return 100 * sqrt(squares / (ROUNDS - 1)) / mean;
}

/* Every CPU by itself. false: unknown, and the finding says so. */
static bool run_alone(struct trial trials[CPUS_MAX], unsigned *count, struct finding *finding) {
    *count = choose_cpus(trials);
    for (unsigned i = 0; i < *count; i++)
        if (!run(&trials[i], 1))
            *count = 0;
    if (!*count)
        finding_is(finding, FINDING_UNKNOWN, "no thread could be kept on a CPU");
    return *count > 0;
}

static void look_spread(const char *root, struct finding *finding) {
    static struct trial trials[CPUS_MAX];
    char text[sizeof finding->value] = "";
    unsigned count;
    bool much = false;
    (void)root;
    if (!run_alone(trials, &count, finding))
        return;
    for (unsigned i = 0; i < count; i++) {
        double percent = variation_percent(&trials[i]);
        size_t used = strlen(text);
        much |= percent > SPREAD_MUCH;
        snprintf(text + used, sizeof text - used, "%sCPU %u %.1f %%", used ? ", " : "",
                 trials[i].cpu, percent);
    }
    finding_is(finding, much ? FINDING_WARN : FINDING_OK, "%s", text);
}

const struct check check_spread = {
    .name = "spread",
    .why = "the same arithmetic should always take the same time: standard deviation / mean",
    .look = look_spread,
};

static double median(const struct trial *trial) {
    double sorted[ROUNDS];
    memcpy(sorted, trial->round_s, sizeof sorted);
    stats_sort(sorted, ROUNDS);
    return stats_median(sorted, ROUNDS);
}

static void look_together(const char *root, struct finding *finding) {
    static struct trial trials[CPUS_MAX];
    double alone_s[CPUS_MAX], worst = 1;
    unsigned count;
    (void)root;
    if (!run_alone(trials, &count, finding))
        return;
    for (unsigned i = 0; i < count; i++)
        alone_s[i] = median(&trials[i]);
    if (!run(trials, count)) {
        finding_is(finding, FINDING_UNKNOWN, "%u threads could not be started", count);
        return;
    }
    for (unsigned i = 0; i < count; i++)
        worst = fmin(worst, alone_s[i] / median(&trials[i]));
    finding_is(finding, worst < TOGETHER_FEW ? FINDING_WARN : FINDING_OK,
               "%u CPUs at once, the slowest at %.0f %% of its speed alone", count, 100 * worst);
}

const struct check check_together = {
    .name = "together",
    .why = "CPUs that slow each other down share a core, a clock limit, or a host with others",
    .look = look_together,
};
