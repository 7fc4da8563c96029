/* Starting, watching and ending workers; contracts in supervisor.h. */
#include "mp/supervisor.h"

#include "base/clock.h"
#include "base/size.h"
#include "mp/stopped.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

/* What an epoll event stands for: a worker's number, a watched descriptor's number and this bit, or
 * one of these. */
#define TOKEN_WATCHED (UINT64_C(1) << 32)
#define TOKEN_BELL    UINT64_MAX
#define TOKEN_STOP    (UINT64_MAX - 1)
#define TOKEN_SPARE   (UINT64_MAX - 2)

static int watch(struct supervisor *supervisor, int fd, uint64_t token) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = token};
    return epoll_ctl(supervisor->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

int supervisor_open(struct supervisor *supervisor, struct arena *arena, unsigned capacity,
                    int stop_fd) {
    void *piece;
    *supervisor = (struct supervisor){.epoll_fd = -1, .capacity = capacity, .stop_fd = stop_fd};
    supervisor_keep_spares(supervisor, (struct supervisor_spares){.after_ns = CLOCK_NEVER});
    int err = arena_take(arena, sizeof *supervisor->bell, &piece);
    if (err)
        return err;
    err = bell_open(piece);
    if (err)
        return err;
    supervisor->bell = piece;
    supervisor->workers = calloc(capacity, sizeof *supervisor->workers);
    supervisor->ends = calloc(capacity, sizeof *supervisor->ends);
    supervisor->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!supervisor->workers || !supervisor->ends)
        err = -ENOMEM;
    else if (supervisor->epoll_fd < 0)
        err = -errno;
    if (!err)
        err = watch(supervisor, supervisor->bell->fd, TOKEN_BELL);
    if (!err && stop_fd >= 0)
        err = watch(supervisor, stop_fd, TOKEN_STOP);
    if (err)
        supervisor_close(supervisor);
    return err;
}

int supervisor_lease(struct supervisor *supervisor, uint64_t lease_ns) {
    supervisor->lease_ns = lease_ns;
    return stopped_watch(supervisor);
}

int supervisor_start(struct supervisor *supervisor, enum worker_kind kind, const char *name,
                     worker_main *main, void *argument) {
    if (supervisor->count == supervisor->capacity)
        return -ENOSPC;
    struct worker *worker = &supervisor->workers[supervisor->count];
    int err = worker_start(worker, kind, name, supervisor->count, main, argument);
    if (err)
        return err;
    supervisor->count++;
    stopped_look(worker);
    return kind == WORKER_PROCESS ? watch(supervisor, worker->pidfd, worker->number) : 0;
}

/* ---- the spare ---- */

void supervisor_keep_spares(struct supervisor *supervisor, struct supervisor_spares spares) {
    supervisor->spares = spares;
    supervisor->spare_ns = CLOCK_NEVER;
    supervisor->spare_due = true;
}

/* In a while, if nobody stands by. */
static void expect_spare(struct supervisor *supervisor) {
    supervisor->spare_due = false;
    if (!spare_stands_by(&supervisor->spare))
        supervisor->spare_ns = clock_after_ns(supervisor->spares.after_ns);
}

static void dismiss_spare(struct supervisor *supervisor) {
    if (spare_stands_by(&supervisor->spare))
        epoll_ctl(supervisor->epoll_fd, EPOLL_CTL_DEL, supervisor->spare.worker.pidfd, NULL);
    spare_dismiss(&supervisor->spare);
    supervisor->spare_ns = CLOCK_NEVER;
}

/* Without one it goes on as well, if the system refuses. */
static void start_spare(struct supervisor *supervisor) {
    const struct supervisor_spares *spares = &supervisor->spares;
    const struct worker *model = &supervisor->workers[0];
    supervisor->spare_ns = CLOCK_NEVER;
    if (supervisor->count == 0 || model->kind != WORKER_PROCESS ||
        (spares->comes && spares->comes(spares->context) != 0) ||
        spare_start(&supervisor->spare, model, spares->prepares, spares->context) != 0)
        return;
    if (watch(supervisor, supervisor->spare.worker.pidfd, TOKEN_SPARE) != 0)
        dismiss_spare(supervisor);
}

/* Starts it when its time has come. Until when there is time to wait for anything else. */
static uint64_t see_to_spare(struct supervisor *supervisor, uint64_t deadline_ns) {
    if (deadline_ns == 0)
        return deadline_ns;
    if (supervisor->spare_due)
        expect_spare(supervisor);
    if (supervisor->spare_ns == CLOCK_NEVER)
        return deadline_ns;
    if (clock_now_ns() < supervisor->spare_ns)
        return size_min(deadline_ns, supervisor->spare_ns);
    start_spare(supervisor);
    return deadline_ns;
}

static int let_spare_step_in(struct supervisor *supervisor, struct worker *ended) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = ended->number};
    spare_step_in(&supervisor->spare, ended);
    expect_spare(supervisor);
    stopped_look(ended);
    return epoll_ctl(supervisor->epoll_fd, EPOLL_CTL_MOD, ended->pidfd, &event) == 0 ? 0 : -errno;
}

/* ---- the dead ---- */

/* Lets some time pass, but not when a stop is asked for. */
static void back_off(const struct supervisor *supervisor) {
    struct pollfd stop = {.fd = supervisor->stop_fd, .events = POLLIN};
    unsigned beyond = supervisor->barren - supervisor->capacity; /* each may have died at once */
    if (supervisor->barren > supervisor->capacity)
        poll(&stop, 1, 1 << (beyond < 8 ? beyond : 8));
}

/* One more without progress: 0 after a while, or it is one too many. */
static int bear(struct supervisor *supervisor) {
    if (++supervisor->barren > supervisor->capacity + SUPERVISOR_BARREN_MOST)
        return -EOWNERDEAD;
    back_off(supervisor);
    return 0;
}

/* Starts anew whoever ended; when the system refuses, it may have more to give in a moment. */
static int start_anew(struct supervisor *supervisor, struct worker *ended) {
    const struct worker old = *ended;
    int err;
    if (spare_serves(&supervisor->spare, ended))
        return let_spare_step_in(supervisor, ended);
    do {
        err = worker_start(ended, old.kind, old.name, old.number, old.main, old.argument);
        if (err)
            dismiss_spare(supervisor); /* what it takes may be what was missing */
    } while (err && bear(supervisor) == 0);
    if (err) {
        *ended = old; /* it has still ended */
        return err;
    }
    ended->blamed = old.blamed;
    ended->deaths = old.deaths;
    stopped_look(ended);
    expect_spare(supervisor);
    return old.kind == WORKER_PROCESS ? watch(supervisor, ended->pidfd, old.number) : 0;
}

int supervisor_replace(struct supervisor *supervisor, struct worker *dead) {
    int err = bear(supervisor);
    return err ? err : start_anew(supervisor, dead);
}

int supervisor_renew(struct supervisor *supervisor, struct worker *ended) {
    return start_anew(supervisor, ended);
}

unsigned supervisor_blame(struct worker *dead, uint64_t task) {
    dead->deaths = dead->blamed == task ? dead->deaths + 1 : 1;
    dead->blamed = task;
    return dead->deaths;
}

int supervisor_watch(struct supervisor *supervisor, int fd, unsigned number) {
    return watch(supervisor, fd, TOKEN_WATCHED | number);
}

void supervisor_unwatch(struct supervisor *supervisor, int fd) {
    epoll_ctl(supervisor->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

/* A worker's end: reaps it. */
static int reap(struct supervisor *supervisor, struct worker *dead) {
    /* By hand: workers that were started later hold copies of this pidfd, so closing ours would
     * not. */
    epoll_ctl(supervisor->epoll_fd, EPOLL_CTL_DEL, dead->pidfd, NULL);
    int err = worker_join(dead);
    return err ? err : SUPERVISOR_DEATH;
}

/* 1 and an event; 0 at the deadline; or -errno. Of the spare nobody else hears. */
static int await_event(struct supervisor *supervisor, uint64_t deadline_ns,
                       struct epoll_event *event) {
    for (;;) {
        uint64_t until_ns = see_to_spare(supervisor, deadline_ns);
        int ready = epoll_wait(supervisor->epoll_fd, event, 1, clock_poll_ms(until_ns));
        if (ready < 0 && errno != EINTR)
            return -errno;
        if (ready > 0 && event->data.u64 == TOKEN_SPARE)
            dismiss_spare(supervisor); /* it died */
        else if (ready > 0 || (ready == 0 && until_ns == deadline_ns))
            return ready;
    }
}

int supervisor_wait(struct supervisor *supervisor, uint64_t deadline_ns, struct worker **dead) {
    struct epoll_event event;
    int ready = await_event(supervisor, deadline_ns, &event);
    bell_disarm(supervisor->bell);
    if (ready < 0)
        return ready;
    if (ready == 0)
        return SUPERVISOR_NOTHING;
    if (event.data.u64 == TOKEN_BELL)
        return SUPERVISOR_BELL;
    if (event.data.u64 == TOKEN_STOP)
        return SUPERVISOR_STOP;
    if (event.data.u64 & TOKEN_WATCHED) {
        supervisor->readable = (unsigned)event.data.u64;
        return SUPERVISOR_READY;
    }
    *dead = &supervisor->workers[event.data.u64];
    return reap(supervisor, *dead);
}

/* Of a worker that still runs. */
static bool is_running(const struct worker *worker) {
    return worker->started && worker->exitcode == WORKER_RUNNING;
}

/* Which of the processes that `ends` stands for has ended. */
static struct worker *whose_end(struct supervisor *supervisor, nfds_t running) {
    nfds_t i = 0;
    while (i < running && !supervisor->ends[i].revents)
        i++;
    struct worker *worker = supervisor->workers;
    while (i < running && worker->pidfd != supervisor->ends[i].fd)
        worker++;
    return worker;
}

int supervisor_join_next(struct supervisor *supervisor, unsigned count, uint64_t deadline_ns,
                         struct worker **ended) {
    nfds_t running = 0;
    dismiss_spare(supervisor);
    for (unsigned i = 0; i < count; i++) {
        struct worker *worker = *ended = &supervisor->workers[i];
        if (is_running(worker) && worker->kind == WORKER_THREAD)
            return worker_join_until(worker, deadline_ns);
        if (is_running(worker))
            supervisor->ends[running++] = (struct pollfd){.fd = worker->pidfd, .events = POLLIN};
    }
    if (running == 0)
        return -ECHILD;
    int ready;
    do
        ready = poll(supervisor->ends, running, clock_poll_ms(deadline_ns));
    while (ready < 0 && errno == EINTR);
    if (ready <= 0)
        return ready == 0 ? -ETIMEDOUT : -errno;
    *ended = whose_end(supervisor, running);
    return worker_join(*ended);
}

/* The first worker that has not ended. */
static struct worker *first_running(struct supervisor *supervisor) {
    struct worker *worker = supervisor->workers;
    while (!is_running(worker))
        worker++;
    return worker;
}

int supervisor_join_until(struct supervisor *supervisor, struct worker **bad,
                          uint64_t deadline_ns) {
    struct worker *ended;
    int result = 0, err;
    while (!(err = supervisor_join_next(supervisor, supervisor->count, deadline_ns, &ended)))
        if (ended->exitcode != 0 && !result) {
            result = -EOWNERDEAD;
            *bad = ended;
        }
    if (err == -ECHILD || result)
        return result;
    *bad = err == -ETIMEDOUT ? first_running(supervisor) : ended;
    return err;
}

int supervisor_join(struct supervisor *supervisor, struct worker **bad) {
    return supervisor_join_until(supervisor, bad, CLOCK_NEVER);
}

void supervisor_close(struct supervisor *supervisor) {
    stopped_forget(supervisor);
    spare_dismiss(&supervisor->spare);
    for (unsigned i = 0; i < supervisor->count; i++)
        worker_kill(&supervisor->workers[i]);
    for (unsigned i = 0; i < supervisor->count; i++)
        worker_join(&supervisor->workers[i]);
    free(supervisor->workers);
    free(supervisor->ends);
    if (supervisor->bell) {
        bell_close(supervisor->bell);
        if (supervisor->epoll_fd >= 0)
            close(supervisor->epoll_fd);
    }
    *supervisor = (struct supervisor){0};
}
