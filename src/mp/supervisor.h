/* Supervisor: the original process's side of its workers. It starts them, waits for whatever they
 * have to say (their bell, or descriptors of their own), for their deaths (the kernel's word: a
 * pidfd) and for a request to stop, all in one place, and never leaves one behind. Used by one
 * process and one thread only. */
#ifndef MP_SUPERVISOR_H
#define MP_SUPERVISOR_H

#include "mp/arena.h"
#include "mp/bell.h"
#include "mp/spare.h"
#include "mp/worker.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* How spares (mp/spare.h) are kept. */
struct supervisor_spares {
    uint64_t after_ns;               /* CLOCK_NEVER: none */
    int (*comes)(void *context);     /* the supervisor, before each start; -errno: not this time */
    void (*prepares)(void *context); /* the spare itself, at once; both may be NULL */
    void *context;
};

struct supervisor {
    int epoll_fd;
    struct bell *bell;      /* in arena pages: workers ring it */
    struct worker *workers; /* `capacity` of them, the first `count` were started */
    struct pollfd *ends;    /* as many: the pidfds of those that are being joined */
    unsigned count, capacity;
    unsigned readable; /* after SUPERVISOR_READY: which */
    unsigned barren;   /* deaths since the last progress */
    int stop_fd;
    uint64_t lease_ns;  /* of a stopped worker */
    uint64_t looked_ns; /* when its workers were last looked at (mp/stopped.h) */
    struct supervisor *next_watched;
    struct spare spare;
    struct supervisor_spares spares;
    uint64_t spare_ns; /* when the next is to be started, or CLOCK_NEVER; */
    bool spare_due;    /* or so long from the next wait on */
};

/* What woke the supervisor. */
enum supervisor_news {
    SUPERVISOR_BELL,   /* look at the shared state */
    SUPERVISOR_READY,  /* a watched descriptor, `readable`, can be read, or has come to its end */
    SUPERVISOR_DEATH,  /* a worker ended; it has been reaped */
    SUPERVISOR_STOP,   /* stop_fd became readable */
    SUPERVISOR_NOTHING /* the deadline passed */
};

/* For up to `capacity` workers. stop_fd (borrowed; -1: none) is watched too. 0 or -errno, and
 * nothing to close after a failure. Its heap memory: `workers` and `ends`. */
int supervisor_open(struct supervisor *supervisor, struct arena *arena, unsigned capacity,
                    int stop_fd);

/* From now on a process that has been stopped (SIGSTOP) for lease_ns is killed (mp/stopped.h). One
 * that merely runs long is left alone. 0 or -errno. */
int supervisor_lease(struct supervisor *supervisor, uint64_t lease_ns);

/* From now on a spare stands by for the first worker and those like it, if they are processes.
 * supervisor_wait starts it, but not before after_ns have passed since it was called next, or since
 * the last one stepped in: brief work never pays for it. One that dies while it stands by is not
 * started again until a worker had to be replaced without. */
void supervisor_keep_spares(struct supervisor *supervisor, struct supervisor_spares spares);

/* Starts one more worker; its number is its index. 0 or -errno. */
int supervisor_start(struct supervisor *supervisor, enum worker_kind kind, const char *name,
                     worker_main *main, void *argument);

/* Starts a worker that died anew, or lets the spare step in, in its place and under its number:
 * what was leased to it is its successor's. It waits first, longer and longer as long as there is
 * no progress, up to a quarter of a second, or until a stop is asked for; and when
 * SUPERVISOR_BARREN_MOST more deaths than there are workers followed each other without any, it
 * refuses. A refusal of the system counts as a death. 0; -EOWNERDEAD: refused; or -errno.
 * supervisor_renew: one whose end was planned, and is no death. */
#define SUPERVISOR_BARREN_MOST 16
int supervisor_replace(struct supervisor *supervisor, struct worker *dead);
int supervisor_renew(struct supervisor *supervisor, struct worker *ended);

/* Says over which task a worker died, by a number that is no other task's. What is leased to a
 * number stays with it, so a deadly task kills one replacement after the other: how many died over
 * this one, in a row. SUPERVISOR_DEATHS are enough: the task is to blame, and nobody should have it
 * again. Deaths over no task in particular do not count. */
#define SUPERVISOR_DEATHS 3
unsigned supervisor_blame(struct worker *dead, uint64_t task);

/* Says that work came home: deaths before it do not count any more. */
static inline void supervisor_progress(struct supervisor *supervisor) {
    supervisor->barren = 0;
}

/* Watches one more descriptor (borrowed), which is called `number` in the news. 0 or -errno. Before
 * it is closed it must be unwatched: workers hold copies, which would keep it in. */
int supervisor_watch(struct supervisor *supervisor, int fd, unsigned number);
void supervisor_unwatch(struct supervisor *supervisor, int fd);

/* Blocks until there is news (at the earliest after bell_arm(supervisor->bell) and a last look) or
 * the deadline. The news, ≥ 0, and for a death the worker; or -errno. Disarms the bell. What lasts
 * (a descriptor that is still readable, a request to stop) is told again and again, all in turn. */
int supervisor_wait(struct supervisor *supervisor, uint64_t deadline_ns, struct worker **dead);

/* Joins the next of the first `count` workers to end, all of which must have been told to; *ended
 * is the one. If its exit code is not 0 it may leave others waiting for what it was to do: wake
 * them. The spare is dismissed first: what it inherited may keep others from their end. 0; -ECHILD:
 * all have been joined; -ETIMEDOUT at the deadline; or -errno. */
int supervisor_join_next(struct supervisor *supervisor, unsigned count, uint64_t deadline_ns,
                         struct worker **ended);

/* Joins all workers, which must have been told to end. 0; -EOWNERDEAD and the first that did not
 * end with exit code 0; or -errno. The timed twin: -ETIMEDOUT, and the first that had not ended at
 * the deadline; it may be called again. */
int supervisor_join(struct supervisor *supervisor, struct worker **bad);
int supervisor_join_until(struct supervisor *supervisor, struct worker **bad, uint64_t deadline_ns);

/* Kills the processes that still run, reaps everything, frees. Threads must have been told to end:
 * they are joined. Accepts a zeroed struct. */
void supervisor_close(struct supervisor *supervisor);

#endif
