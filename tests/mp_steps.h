/* A worker, a process, that is stepped through its instructions and killed after any of them: so
 * tests reach kill points that random instants would not meet in years. */
#ifndef TESTS_MP_STEPS_H
#define TESTS_MP_STEPS_H

#include "tests/mp_helpers.h"

#include <sched.h>
#include <sys/ptrace.h>

/* Elsewhere a step may break the exclusive access that is stepped through, for ever; and what a
 * sanitizer adds takes too long. */
#if defined __x86_64__ && !SANITIZED
#define STEPS_POSSIBLE 1
#else
#define STEPS_POSSIBLE 0
#endif

static inline int ask_to_be_stepped(void *argument, unsigned number) {
    (void)argument;
    (void)number;
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : 1;
}

/* Some containers forbid it. */
static inline bool can_step(void) {
    struct worker worker;
    if (!STEPS_POSSIBLE)
        return false;
    assert_int_equal(worker_start(&worker, WORKER_PROCESS, "probe", 0, ask_to_be_stepped, NULL), 0);
    join_in_time(&worker);
    return worker.exitcode == 0;
}

/* Until the process has stopped. False: it has ended, or sleeps. */
static inline bool await_step(pid_t pid) {
    uint64_t deadline = clock_after_ns(500 * MS);
    siginfo_t info = {0};
    while (waitid(P_PID, (id_t)pid, &info, WSTOPPED | WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0 && clock_now_ns() < deadline)
        sched_yield(); /* to it, if there is a single CPU */
    return info.si_pid == pid && info.si_code == CLD_TRAPPED;
}

/* Stops a process that sleeps, or is about to. */
static inline bool steps_begin(pid_t pid) {
    return ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0 &&
           ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0 && await_step(pid);
}

/* So many of its instructions; false if it ended or fell asleep before. */
static inline bool steps_go(pid_t pid, unsigned instructions) {
    for (unsigned i = 0; i < instructions; i++)
        if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0 || !await_step(pid))
            return false;
    return true;
}

#endif
