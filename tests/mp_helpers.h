/* What the tests of mp share: time limits, teams of workers, counts that shrink under sanitizers.
 * Asserts belong to the test's own thread; a worker says by its exit code that something is wrong.
 */
#ifndef TESTS_MP_HELPERS_H
#define TESTS_MP_HELPERS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "mp/arena.h"
#include "mp/worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined __SANITIZE_THREAD__ || defined __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

/* GCC 12's thread sanitizer does not know pthread_clockjoin_np: it takes a thread so joined for a
 * lost one. (What it does not know of locks mp/lock.c does otherwise then.) */
#if defined __SANITIZE_THREAD__
#define TIMED_CALLS_MISREAD 1
#else
#define TIMED_CALLS_MISREAD 0
#endif

/* A count for a plain build, a tenth of it under a sanitizer. */
#define ROUNDS(count) (SANITIZED ? (count) / 10 : (count))

/* A hang is a failure: of one test after LIMIT_S, of one wait inside it a little earlier. */
#define LIMIT_S     60u
#define PATIENCE_NS UINT64_C(20000000000)
#define MS          UINT64_C(1000000)

static unsigned teams_used;

static inline int limit_time(void **state) {
    (void)state;
    teams_used = 0;
    alarm(LIMIT_S);
    return 0;
}

/* Ends what a failed test left behind, so that it fails alone. */
static inline void end_children(void) {
    long pid;
    FILE *children = fopen("/proc/thread-self/children", "r");
    if (!children)
        return;
    while (fscanf(children, "%ld", &pid) == 1) {
        kill((pid_t)pid, SIGKILL);
        waitpid((pid_t)pid, NULL, 0);
    }
    fclose(children);
}

static inline int limit_over(void **state) {
    (void)state;
    end_children();
    alarm(0);
    return 0;
}

static enum worker_kind processes = WORKER_PROCESS;
static enum worker_kind threads __attribute__((unused)) =
    WORKER_THREAD; /* not all tests know any */

/* A test for the list of main; one that is run with processes and with threads (its state points to
 * the kind). */
#define TEST(name)                                                                                 \
    { #name, name, limit_time, limit_over, &processes }
#define TEST_BOTH(name)                                                                            \
    {#name "_processes", name, limit_time, limit_over, &processes}, {                              \
#name "_threads", name, limit_time, limit_over, &threads                                   \
    }

static inline enum worker_kind kind_of(void **state) {
    return *(enum worker_kind *)*state;
}

static inline _Noreturn void pause_for_ever(void) {
    for (;;)
        pause();
}

static inline void sleep_ms(uint64_t ms) {
    struct timespec time = clock_timespec(ms * MS);
    nanosleep(&time, NULL);
}

/* Shared zeroed pages. */
static inline void *take(struct arena *arena, size_t bytes) {
    void *piece = NULL;
    assert_int_equal(arena_take(arena, bytes, &piece), 0);
    return piece;
}

/* Looks until *word has come to `least`; false when patience ends. */
static inline bool reaches(_Atomic uint32_t *word, uint32_t least) {
    uint64_t deadline = clock_after_ns(PATIENCE_NS);
    while (atomic_load(word) < least) {
        if (clock_now_ns() > deadline)
            return false;
        sleep_ms(1);
    }
    return true;
}

/* Workers with one main each. Static, so that a failed test leaves them valid, and not shared: a
 * worker's struct is its parent's own. */
#define TEAM_MAX  16
#define TEAMS_MAX 256 /* of one test */
struct team {
    unsigned count;
    struct worker workers[TEAM_MAX];
};

static struct team teams[TEAMS_MAX];

static inline struct team *team_new(void) {
    assert_true(teams_used < TEAMS_MAX);
    struct team *team = &teams[teams_used++];
    team->count = 0;
    return team;
}

static inline void team_add(struct team *team, enum worker_kind kind, worker_main *main,
                            void *argument) {
    assert_true(team->count < TEAM_MAX);
    struct worker *worker = &team->workers[team->count];
    assert_int_equal(worker_start(worker, kind, "test worker", team->count, main, argument), 0);
    team->count++;
}

static inline struct team *team_start(enum worker_kind kind, unsigned count, worker_main *main,
                                      void *argument) {
    struct team *team = team_new();
    while (team->count < count)
        team_add(team, kind, main, argument);
    return team;
}

/* A thread's hang is the test's hang, which LIMIT_S ends. */
static inline void join_in_time(struct worker *worker) {
    uint64_t patience_ns = worker->kind == WORKER_PROCESS ? PATIENCE_NS : CLOCK_NEVER;
    assert_int_equal(worker_join_until(worker, clock_after_ns(patience_ns)), 0);
}

/* All have ended in time, and with exit code 0. */
static inline void team_join(struct team *team) {
    for (unsigned i = 0; i < team->count; i++) {
        join_in_time(&team->workers[i]);
        if (team->workers[i].exitcode != 0)
            fail_msg("worker %u ended with %d", i, team->workers[i].exitcode);
    }
}

static inline void kill_and_join(struct worker *worker) {
    assert_int_equal(worker_kill(worker), 0);
    join_in_time(worker);
    assert_int_equal(worker->exitcode, -SIGKILL);
}

/* Until the kernel says that it is stopped. */
static inline void stop_and_see(const struct worker *worker) {
    siginfo_t info = {0};
    assert_int_equal(kill(worker->pid, SIGSTOP), 0);
    assert_int_equal(waitid(P_PID, (id_t)worker->pid, &info, WSTOPPED | WNOWAIT), 0);
    assert_int_equal(info.si_code, CLD_STOPPED);
}

static inline void assert_no_children(void) {
    errno = 0;
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

/* xorshift: numbers that look random and are the same in each run. */
static inline uint32_t random_next(uint32_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

#endif
