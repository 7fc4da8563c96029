/* Leases of stopped workers; contracts in stopped.h. */
#include "mp/stopped.h"

#include "base/clock.h"
#include "base/size.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

#define LOOK_NS UINT64_C(100000000)

static struct supervisor *watched; /* a list; changed with SIGCHLD blocked */
static timer_t timer;
static struct sigaction before;

/* WNOWAIT: it is asked again and again. */
static bool is_stopped(const struct worker *worker) {
    siginfo_t info = {0};
    return worker->kind == WORKER_PROCESS && worker->started && worker->pidfd >= 0 &&
           waitid(P_PIDFD, (id_t)worker->pidfd, &info, WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid != 0;
}

/* The time since the last look, but no more than lies between two: we may have been stopped
 * ourselves. News of other children make looks come sooner, which then count for less. */
static uint64_t since_last_look(struct supervisor *supervisor) {
    uint64_t now_ns = clock_now_ns(), last_ns = supervisor->looked_ns;
    supervisor->looked_ns = now_ns;
    return size_min(now_ns - last_ns, LOOK_NS);
}

/* Looks at one supervisor's workers; whether any of them is stopped. */
static bool look_at(struct supervisor *supervisor) {
    uint64_t since_ns = since_last_look(supervisor);
    bool any = false;
    for (unsigned i = 0; i < supervisor->count; i++) {
        struct worker *worker = &supervisor->workers[i];
        if (!is_stopped(worker)) {
            worker->stopped_ns = 0;
            continue;
        }
        any = true;
        worker->stopped_ns += worker->stopped_ns > 0 ? since_ns : 1; /* found for the first time */
        worker->overdue = worker->stopped_ns > supervisor->lease_ns;
        if (worker->overdue)
            worker_kill(worker);
    }
    return any;
}

static void on_child(int signal_number) {
    int saved = errno;
    bool any = false;
    (void)signal_number;
    for (struct supervisor *one = watched; one; one = one->next_watched)
        any |= look_at(one);
    if (any)
        timer_settime(timer, 0, &(struct itimerspec){.it_value.tv_nsec = LOOK_NS}, NULL);
    errno = saved;
}

static void block_child(sigset_t *old) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &child, old);
}

/* The looks that follow a first one come from a timer, by the same signal. */
static int install(void) {
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGCHLD};
    struct sigaction act = {.sa_handler = on_child, .sa_flags = SA_RESTART};
    sigset_t child;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
        return -errno;
    sigaction(SIGCHLD, &act, &before);
    sigemptyset(&child); /* whoever started this program may have blocked it */
    sigaddset(&child, SIGCHLD);
    pthread_sigmask(SIG_UNBLOCK, &child, NULL);
    return 0;
}

int stopped_watch(struct supervisor *supervisor) {
    sigset_t old;
    int err = watched ? 0 : install();
    if (err)
        return err;
    block_child(&old);
    supervisor->next_watched = watched;
    watched = supervisor;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return 0;
}

void stopped_forget(struct supervisor *supervisor) {
    sigset_t old;
    struct supervisor **at = &watched;
    while (*at && *at != supervisor)
        at = &(*at)->next_watched;
    if (!*at)
        return;
    block_child(&old);
    *at = supervisor->next_watched;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (watched)
        return;
    sigaction(SIGCHLD, &before, NULL);
    timer_delete(timer);
}

void stopped_look(const struct worker *worker) {
    sigset_t old;
    if (!watched || !is_stopped(worker))
        return;
    block_child(&old);
    on_child(SIGCHLD);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* The kernel has reset the timer, and worker_start resets the handler. */
void stopped_reset_in_child(void) {
    watched = NULL;
}
