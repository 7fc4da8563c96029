/* Starting, watching and ending workers; contracts in supervisor.h. */
#include "mp/supervisor.h"

#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

/* What an epoll event stands for: a worker's number, a watched descriptor's number and this bit, or
 * one of these. */
#define TOKEN_WATCHED (UINT64_C(1) << 32)
#define TOKEN_BELL    UINT64_MAX
#define TOKEN_STOP    (UINT64_MAX - 1)

static int watch(struct supervisor *supervisor, int fd, uint64_t token) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = token};
    return epoll_ctl(supervisor->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

int supervisor_open(struct supervisor *supervisor, struct arena *arena, unsigned capacity,
                    int stop_fd) {
    void *piece;
    *supervisor = (struct supervisor){.epoll_fd = -1, .capacity = capacity};
    int err = arena_take(arena, sizeof *supervisor->bell, &piece);
    if (err)
        return err;
    err = bell_open(piece);
    if (err)
        return err;
    supervisor->bell = piece;
    supervisor->workers = calloc(capacity, sizeof *supervisor->workers);
    supervisor->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!supervisor->workers)
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

int supervisor_start(struct supervisor *supervisor, enum worker_kind kind, const char *name,
                     worker_main *main, void *argument) {
    if (supervisor->count == supervisor->capacity)
        return -ENOSPC;
    struct worker *worker = &supervisor->workers[supervisor->count];
    int err = worker_start(worker, kind, name, supervisor->count, main, argument);
    if (err)
        return err;
    supervisor->count++;
    return kind == WORKER_PROCESS ? watch(supervisor, worker->pidfd, worker->number) : 0;
}

int supervisor_watch(struct supervisor *supervisor, int fd, unsigned number) {
    return watch(supervisor, fd, TOKEN_WATCHED | number);
}

/* A worker's end: reaps it. */
static int reap(struct supervisor *supervisor, struct worker *dead) {
    /* By hand: workers that were started later hold copies of this pidfd, so closing ours would
     * not. */
    epoll_ctl(supervisor->epoll_fd, EPOLL_CTL_DEL, dead->pidfd, NULL);
    int err = worker_join(dead);
    return err ? err : SUPERVISOR_DEATH;
}

int supervisor_wait(struct supervisor *supervisor, uint64_t deadline_ns, struct worker **dead) {
    struct epoll_event event;
    int ready;
    do
        ready = epoll_wait(supervisor->epoll_fd, &event, 1, clock_poll_ms(deadline_ns));
    while (ready < 0 && errno == EINTR);
    int err = ready < 0 ? -errno : 0;
    bell_disarm(supervisor->bell);
    if (err)
        return err;
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

int supervisor_join(struct supervisor *supervisor, struct worker **bad) {
    int result = 0;
    for (unsigned i = 0; i < supervisor->count; i++) {
        struct worker *worker = &supervisor->workers[i];
        int err = worker_join(worker);
        if (!err && worker->exitcode != 0)
            err = -EOWNERDEAD;
        if (err && !result) {
            result = err;
            *bad = worker;
        }
    }
    return result;
}

void supervisor_close(struct supervisor *supervisor) {
    for (unsigned i = 0; i < supervisor->count; i++)
        worker_kill(&supervisor->workers[i]);
    for (unsigned i = 0; i < supervisor->count; i++)
        worker_join(&supervisor->workers[i]);
    free(supervisor->workers);
    if (supervisor->bell) {
        bell_close(supervisor->bell);
        if (supervisor->epoll_fd >= 0)
            close(supervisor->epoll_fd);
    }
    *supervisor = (struct supervisor){0};
}
