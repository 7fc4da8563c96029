/* Worker: a process or a thread that runs one function. The rest of mp does not know which it is.
 */
#ifndef MP_WORKER_H
#define MP_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum worker_kind { WORKER_PROCESS, WORKER_THREAD };

/* Runs in the worker; its result, 0 … 255, is the worker's exit code. */
typedef int worker_main(void *argument, unsigned number);

/* How a worker ended, as Python's exitcode: ≥ 0 what its main returned, < 0 minus the signal that
 * killed it. */
#define WORKER_RUNNING INT32_MIN

struct worker {
    enum worker_kind kind;
    char name[16];    /* as ps and /proc show it; longer names are cut */
    unsigned number;  /* handed to its main */
    pid_t pid;        /* process: its id, valid until joined */
    int pidfd;        /* process: readable when it has ended; -1 when there is none */
    pthread_t thread; /* thread only */
    worker_main *main;
    void *argument;
    int exitcode;        /* WORKER_RUNNING until joined */
    uint64_t stopped_ns; /* for so long it has been found stopped (mp/stopped.h) */
    uint64_t blamed;     /* over this task (mp/supervisor.h) so many of its number died in a row: */
    unsigned deaths;
    bool started;
    bool overdue; /* it was killed because it had been stopped for too long */
};

/* Starts a worker. A process shares arenas and descriptors with its parent, owns a copy of
 * everything else, ignores SIGINT and SIGTERM (its parent decides), and is killed by
 * the kernel when the thread that started it dies. Never start a process after a thread, or after
 * an OpenMP region. 0 or -errno; on failure nothing runs. The struct must stay where it is until
 * joined. */
int worker_start(struct worker *worker, enum worker_kind kind, const char *name, unsigned number,
                 worker_main *main, void *argument);

/* Blocks until the worker has ended, and reaps it. 0 and worker->exitcode; -errno. The timed twin
 * gives up at the deadline with -ETIMEDOUT. Joining again, or one that was never started, returns 0
 * at once. */
int worker_join(struct worker *worker);
int worker_join_until(struct worker *worker, uint64_t deadline_ns);

/* Lets a process that has just been started begin on that CPU, if it waits for another one. Where
 * it runs then is up to the scheduler, as for all. Does nothing for a thread, nor if it may not. */
void worker_begin_on(const struct worker *worker, unsigned cpu);

bool worker_is_alive(struct worker *worker);

/* Ends a process wherever it is, by SIGTERM (its exit code; it takes that only from its parent, by
 * this call) or by SIGKILL, also if it is stopped; it must still be joined. Nothing of it runs any
 * more, so what it was doing stays half done: only what holds its data under robust locks and
 * leases, as all here does, goes on. -EOPNOTSUPP for a thread: nothing can end one. */
int worker_terminate(struct worker *worker);
int worker_kill(struct worker *worker);

#endif
