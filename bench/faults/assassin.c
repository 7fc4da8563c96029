/* Killing workers of a render; contracts in assassin.h. */
#include "bench/faults/assassin.h"

#include "base/clock.h"
#include "bench/stats/random.h"
#include "bench/stats/stats.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define GLANCE_NS 50000 /* between two looks at what comes soon */

struct past_kill {
    unsigned worker;
    uint64_t batch;
};

struct hunt {
    const struct assassin *assassin;
    uint64_t random;
    uint64_t late_ns; /* spent waiting for a victim: what is left moves on by as much */
    struct past_kill past[ASSASSIN_KILLS_MOST];
    unsigned kills;
};

static uint64_t start_of(const struct witness *witness) {
    return atomic_load_explicit(&witness->start_ns, memory_order_acquire);
}

static bool is_over(const struct witness *witness) {
    return atomic_load_explicit(&witness->end_ns, memory_order_acquire) != 0;
}

static void sleep_until(uint64_t ns) {
    struct timespec instant = clock_timespec(ns);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &instant, NULL);
}

static void await_start(const struct witness *witness) {
    while (!start_of(witness))
        sleep_until(clock_after_ns(GLANCE_NS));
}

static uint64_t batch_of(const struct hunt *hunt, unsigned worker) {
    const struct monitor *monitor = hunt->assassin->witness->monitor;
    return atomic_load_explicit(&monitor->workers[worker].batch, memory_order_relaxed);
}

/* Is the worker at the batch over which the last one of its number was killed? Then it is spared:
 * three in a row over one batch end a render, rightly, but that is not what is measured. */
static bool is_spared(const struct hunt *hunt, unsigned worker) {
    for (unsigned i = hunt->kills; i > 0; i--)
        if (hunt->past[i - 1].worker == worker)
            return hunt->past[i - 1].batch == batch_of(hunt, worker);
    return false;
}

/* A random worker that computes, or the next one that does; NULL: nobody. */
static struct witness_entry *choose(struct hunt *hunt) {
    unsigned workers = hunt->assassin->workers;
    unsigned wish = (unsigned)random_below(&hunt->random, workers);
    for (unsigned i = 0; i < workers; i++) {
        unsigned worker = (wish + i) % workers;
        struct witness_entry *entry = witness_find(hunt->assassin->witness, worker);
        if (entry && !entry->killed_ns && !is_spared(hunt, worker))
            return entry;
    }
    return NULL;
}

/* NULL: the render is over. */
static struct witness_entry *await_victim(struct hunt *hunt) {
    uint64_t from_ns = clock_now_ns();
    struct witness_entry *victim;
    while ((victim = choose(hunt)) == NULL && !is_over(hunt->assassin->witness))
        sleep_until(clock_after_ns(GLANCE_NS));
    hunt->late_ns += clock_now_ns() - from_ns;
    return victim;
}

/* A process whose render is not over when its descriptor is there has not been reaped, so the
 * descriptor is not of another that got its id later. */
static void strike(struct hunt *hunt, struct witness_entry *victim) {
    pid_t pid = atomic_load_explicit(&victim->pid, memory_order_relaxed);
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0)
        return; /* it ended by itself; the render will tell */
    if (!is_over(hunt->assassin->witness)) {
        hunt->past[hunt->kills++] =
            (struct past_kill){victim->worker, batch_of(hunt, victim->worker)};
        victim->killed_ns = clock_now_ns();
        syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    }
    close(pidfd);
}

int assassin_life(void *argument, unsigned number) {
    const struct assassin *assassin = argument;
    struct hunt hunt = {.assassin = assassin, .random = assassin->seed};
    double after_ns[ASSASSIN_KILLS_MOST];
    (void)number;
    for (unsigned i = 0; i < assassin->kills; i++)
        after_ns[i] = (double)random_below(&hunt.random, assassin->within_ns);
    stats_sort(after_ns, assassin->kills);
    await_start(assassin->witness);
    for (unsigned i = 0; i < assassin->kills; i++) {
        sleep_until(start_of(assassin->witness) + hunt.late_ns + (uint64_t)after_ns[i]);
        struct witness_entry *victim = await_victim(&hunt);
        if (!victim)
            break;
        strike(&hunt, victim);
    }
    for (;;)
        pause();
}
