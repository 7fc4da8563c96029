/* Processes and threads under one name; contracts in worker.h. */
#include "mp/worker.h"

#include "base/clock.h"
#include "base/stop.h"
#include "mp/stopped.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* The parent's word travels as a signal of its own: ordinary ones do not queue, so behind a SIGTERM
 * to the whole group, which is ignored, the parent's would be lost. */
#define SIGNAL_END SIGRTMIN

static void on_end(int signal_number, siginfo_t *info, void *context) {
    sigset_t terminate;
    (void)signal_number;
    (void)context;
    if (info->si_pid != getppid())
        return;
    sigemptyset(&terminate);
    sigaddset(&terminate, SIGTERM);
    signal(SIGTERM, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &terminate, NULL);
    raise(SIGTERM);
}

/* Whatever mask the parent has: it can always be heard. */
static void listen_to_parent(const sigset_t *mask) {
    sigset_t own = *mask;
    struct sigaction end = {.sa_sigaction = on_end, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigaction(SIGNAL_END, &end, NULL);
    sigdelset(&own, SIGNAL_END);
    sigprocmask(SIG_SETMASK, &own, NULL);
}

/* The child's side of a fork: never returns. */
static _Noreturn void run_process(struct worker *worker, pid_t parent, const sigset_t *mask) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it died before the line above */
        _exit(1);
    stop_reset_in_child();
    stopped_reset_in_child();
    signal(SIGCHLD, SIG_DFL);
    listen_to_parent(mask);
    prctl(PR_SET_NAME, worker->name);
    _exit(worker->main(worker->argument, worker->number));
}

static int start_process(struct worker *worker) {
    pid_t parent = getpid();
    sigset_t all, mask;
    fflush(NULL); /* or the child would write what is buffered once more */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &mask); /* no signal finds the child with our handlers */
    pid_t pid = fork();
    int refused = errno;
    if (pid == 0) /* which writes nothing into *worker: it may lie in shared pages */
        run_process(worker, parent, &mask);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    if (pid < 0)
        return -refused;
    worker->pid = pid;
    worker->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (worker->pidfd >= 0)
        return 0;
    int err = -errno;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return err;
}

static void *run_thread(void *argument) {
    struct worker *worker = argument;
    pthread_setname_np(pthread_self(), worker->name);
    return (void *)(intptr_t)worker->main(worker->argument, worker->number);
}

int worker_start(struct worker *worker, enum worker_kind kind, const char *name, unsigned number,
                 worker_main *main, void *argument) {
    *worker = (struct worker){
        .kind = kind,
        .number = number,
        .pidfd = -1,
        .main = main,
        .argument = argument,
        .exitcode = WORKER_RUNNING,
    };
    snprintf(worker->name, sizeof worker->name, "%s", name);
    int err = kind == WORKER_PROCESS ? start_process(worker)
                                     : -pthread_create(&worker->thread, NULL, run_thread, worker);
    worker->started = err == 0;
    return err;
}

void worker_begin_on(const struct worker *worker, unsigned cpu) {
    cpu_set_t own, one;
    if (worker->kind != WORKER_PROCESS || cpu >= CPU_SETSIZE ||
        sched_getaffinity(worker->pid, sizeof own, &own) != 0 || !CPU_ISSET(cpu, &own))
        return;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(worker->pid, sizeof one, &one); /* moves it, if it is elsewhere */
    sched_setaffinity(worker->pid, sizeof own, &own);
}

static int join_thread(struct worker *worker, uint64_t deadline_ns) {
    void *result;
    struct timespec deadline = clock_timespec(deadline_ns);
    int err = deadline_ns == CLOCK_NEVER
                  ? pthread_join(worker->thread, &result)
                  : pthread_clockjoin_np(worker->thread, &result, CLOCK_MONOTONIC, &deadline);
    if (err)
        return -err;
    worker->exitcode = (int)(intptr_t)result;
    return 0;
}

static int join_process(struct worker *worker, uint64_t deadline_ns) {
    struct pollfd ended = {.fd = worker->pidfd, .events = POLLIN};
    int ready;
    do
        ready = poll(&ended, 1, clock_poll_ms(deadline_ns));
    while (ready < 0 && errno == EINTR);
    if (ready < 0)
        return -errno;
    if (ready == 0)
        return -ETIMEDOUT;
    siginfo_t info = {0};
    if (waitid(P_PIDFD, (id_t)worker->pidfd, &info, WEXITED) != 0)
        return -errno;
    worker->exitcode = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
    close(worker->pidfd);
    worker->pidfd = -1;
    return 0;
}

int worker_join_until(struct worker *worker, uint64_t deadline_ns) {
    if (!worker->started || worker->exitcode != WORKER_RUNNING)
        return 0;
    return worker->kind == WORKER_PROCESS ? join_process(worker, deadline_ns)
                                          : join_thread(worker, deadline_ns);
}

int worker_join(struct worker *worker) {
    return worker_join_until(worker, CLOCK_NEVER);
}

bool worker_is_alive(struct worker *worker) {
    return worker->started && worker_join_until(worker, 0) == -ETIMEDOUT;
}

static int send_signal(struct worker *worker, int signal_number) {
    if (worker->kind == WORKER_THREAD)
        return -EOPNOTSUPP;
    if (worker->pidfd < 0)
        return 0;
    return syscall(SYS_pidfd_send_signal, worker->pidfd, signal_number, NULL, 0) == 0 ? 0 : -errno;
}

/* A stopped process takes no signal before it is continued. */
int worker_terminate(struct worker *worker) {
    int err = send_signal(worker, SIGNAL_END);
    return err || worker->pidfd < 0 ? err : send_signal(worker, SIGCONT);
}

int worker_kill(struct worker *worker) {
    return send_signal(worker, SIGKILL);
}
