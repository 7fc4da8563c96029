/* The lease protocol (src/mp/lease.h) where tasks travel through queues, as in producer_consumer.c:
 *
 *   producer ──tasks──▶ consumers ──results──▶ collector, which is the supervisor too
 *
 * Consumers and the producer may be killed between any two steps. To be shown: each task gets into
 * the frame exactly once, no two live processes compute the same one, nobody waits for ever.
 *
 * The producer puts as many tasks at once as there is room for, and the collector drops the results
 * that it has taken together, now or later.
 *
 * Each of these makes it wrong, and Spin finds out how:
 *   -DCLAIM_AFTER_REMOVAL    a task is leased only when its message has left the queue
 *   -DREPLACE_BEFORE_WAIT    a replacement starts when the kill is sent, not when it has worked
 *   -DFORGET_INHERITANCE     a replacement does not look for what its number holds
 *   -DNO_WAKE_AFTER_DEATH    the supervisor wakes nobody
 *   -DCOMMIT_WITHOUT_LEASE   the collector takes every result
 *   -DDEAL_ONCE              the producer's replacement deals nothing
 *   -DNO_BELL_WHEN_EMPTY     a consumer without work does not tell the collector
 *   -DDROP_LATER             the collector may sleep before it has dropped what it has taken */

#ifndef TASKS
#define TASKS 2
#endif
#ifndef KILLS
#define KILLS 2
#endif
#ifndef TASKS_QUEUED
#define TASKS_QUEUED 1
#endif
#ifndef RESULTS_QUEUED
#define RESULTS_QUEUED 1
#endif
#define CONSUMERS 2
#define PRODUCER  CONSUMERS /* its number */
#define WORKERS   (CONSUMERS + 1)
#define LOCKS     3

#include "mortal.pml"

/* Locks. */
#define OF_TASKS   0
#define OF_RESULTS 1
#define OF_ROUND   2

/* Conditions. */
#define TASKS_NOT_EMPTY  1
#define TASKS_NOT_FULL   2
#define RESULTS_NOT_FULL 3
#define ROUND_BEGUN      4

mtype = { FREE, LEASED, DONE };
mtype lease[TASKS] = FREE;
byte holder[TASKS]; /* a number */

chan tasks = [TASKS_QUEUED] of { byte };           /* a task */
chan results = [RESULTS_QUEUED] of { byte, byte }; /* a task, and the number of who did it */
bool closed, over;                                 /* both queues; the round */

byte busy[TASKS]; /* live processes that compute it */
bool in_frame[TASKS];
byte left = TASKS;
byte taken; /* results that the collector has seen, and not yet dropped: they take up room */

#define HOLDS(task) (lease[task] == LEASED && holder[task] == number)

/* A getter wakes putters when so few messages are left. */
#define IS_LOW(length, capacity) (length <= (capacity - 1) / 2)

#define RESULTS (len(results) + taken)

/* queue_put of a task's result; computing it ends with the call. */
inline compute_and_send(task) {
    atomic { busy[task]++; works = true; assert(busy[task] == 1) };
    do
    :: atomic { IS_FREE(OF_RESULTS) && closed -> break }
    :: atomic { IS_FREE(OF_RESULTS) && !closed && RESULTS < RESULTS_QUEUED -> owner[OF_RESULTS] = me };
        results!task, number; /* the store that commits */
        RELEASE(OF_RESULTS);
        RING_IF(RESULTS >= (RESULTS_QUEUED + 1) / 2);
        break
    :: atomic { IS_FREE(OF_RESULTS) && !closed && RESULTS == RESULTS_QUEUED -> REGISTER(RESULTS_NOT_FULL) };
        SLEEP
    od;
    atomic { busy[task]--; works = false; task = 0 }
}

proctype consumer(byte me; byte number) {
    byte task;
    bool works, ours;
life:
    {
#ifndef FORGET_INHERITANCE
        do
        :: atomic { task < TASKS && !HOLDS(task) -> task++ }
        :: atomic { task < TASKS && HOLDS(task) -> skip }; compute_and_send(task)
        :: atomic { task == TASKS -> task = 0; break }
        od;
#endif
        do /* queue_get_claimed */
        :: atomic { IS_FREE(OF_TASKS) && empty(tasks) && closed -> break }
        :: atomic { IS_FREE(OF_TASKS) && empty(tasks) && !closed ->
#ifndef NO_BELL_WHEN_EMPTY
            RING_IF(true);
#endif
            REGISTER(TASKS_NOT_EMPTY) };
            SLEEP
        :: atomic { IS_FREE(OF_TASKS) && nempty(tasks) -> owner[OF_TASKS] = me };
#ifdef CLAIM_AFTER_REMOVAL
            tasks?task;
#else
            tasks?<task>;
#endif
            d_step { /* lease_claim */
                ours = lease[task] == FREE;
                if :: ours -> lease[task] = LEASED; holder[task] = number :: else -> task = 0 fi
            };
#ifndef CLAIM_AFTER_REMOVAL
            tasks?_; /* the store that commits */
#endif
            RELEASE(OF_TASKS);
            if :: IS_LOW(len(tasks), TASKS_QUEUED) -> NOTIFY_ALL(TASKS_NOT_FULL) :: else fi;
            if :: atomic { ours -> ours = false }; compute_and_send(task) :: else fi
        od
    } MORTAL;
    atomic { if :: works -> busy[task]-- :: else fi; works = false; ours = false; task = 0 };
    CORPSE;
end:
    !gone[me] -> goto life
}

proctype producer(byte me) {
    byte task, put;
life:
    {
#ifdef DEAL_ONCE
        if :: kills > 0 -> task = TASKS :: else fi;
#endif
        do
        :: atomic { task < TASKS && lease[task] != FREE -> task++ }
        :: atomic { task < TASKS && lease[task] == FREE -> skip };
            do /* queue_put_some */
            :: atomic { IS_FREE(OF_TASKS) && nfull(tasks) -> owner[OF_TASKS] = me };
                d_step { /* the store that commits */
                    do
                    :: nfull(tasks) && task < TASKS ->
                        if :: lease[task] == FREE -> tasks!task; put++ :: else fi;
                        task++
                    :: else -> break
                    od
                };
                RELEASE(OF_TASKS);
                do
                :: atomic { put > 0 -> put-- }; NOTIFY(TASKS_NOT_EMPTY)
                :: atomic { put == 0 -> break }
                od;
                break
            :: atomic { IS_FREE(OF_TASKS) && full(tasks) && closed -> task = TASKS; break }
            :: atomic { IS_FREE(OF_TASKS) && full(tasks) && !closed -> REGISTER(TASKS_NOT_FULL) };
                SLEEP
            od
        :: atomic { task == TASKS -> break }
        od;
        do /* round_await: there is no other */
        :: atomic { IS_FREE(OF_ROUND) && over -> break }
        :: atomic { IS_FREE(OF_ROUND) && !over -> REGISTER(ROUND_BEGUN) }; SLEEP
        od
    } MORTAL;
    atomic { task = 0; put = 0 };
    CORPSE;
end:
    !gone[me] -> goto life
}

/* ---- the original process: nobody kills it, for all would die with it ---- */

/* A death, heard of: everybody looks again, and the number gets a new process. */
#ifdef NO_WAKE_AFTER_DEATH
#define MEND(number) START(number)
#else
#define MEND(number)                                                                               \
    atomic {                                                                                       \
        NOTIFY_ALL(TASKS_NOT_EMPTY);                                                               \
        NOTIFY_ALL(TASKS_NOT_FULL);                                                                \
        NOTIFY_ALL(RESULTS_NOT_FULL);                                                              \
        NOTIFY_ALL(ROUND_BEGUN);                                                                   \
        START(number)                                                                              \
    }
#endif

active proctype original() {
    byte task, number;
    atomic { run consumer(0, 0); run consumer(1, 1); run producer(PRODUCER) };
    do
    :: atomic { left == 0 -> break }
    :: atomic { left > 0 && nempty(results) -> skip };
        atomic { /* queue_peek and crew_commit */
            results?task, number;
            taken++;
#ifndef COMMIT_WITHOUT_LEASE
            if
            :: HOLDS(task) ->
#endif
                assert(!in_frame[task]);
                in_frame[task] = true;
                lease[task] = DONE;
                left--;
#ifndef COMMIT_WITHOUT_LEASE
            :: else
            fi;
#endif
            task = 0;
            number = 0
        };
        if
        :: nempty(results) /* it takes that, too */
#ifdef DROP_LATER
        :: empty(results)
#endif
        :: atomic { IS_FREE(OF_RESULTS) -> taken = 0 }; /* queue_drop_some */
            if :: IS_LOW(RESULTS, RESULTS_QUEUED) -> NOTIFY_ALL(RESULTS_NOT_FULL) :: else fi
        fi
    :: atomic { left > 0 && empty(results) -> armed = true };
        if
        :: nempty(results)
        :: empty(results) ->
            if /* poll */
            :: rung
            :: gone[0] -> MEND(0)
            :: gone[1] -> MEND(1)
            :: gone[PRODUCER] -> MEND(PRODUCER)
#ifdef REPLACE_BEFORE_WAIT
            :: atomic { sent[0] -> sent[0] = false; run consumer(WORKERS, 0) }
#endif
            fi
        fi;
        d_step { armed = false; rung = false }
    od;
    /* The end: everybody is told once, and joined. Who dies now is not replaced. */
    atomic { IS_FREE(OF_ROUND) -> over = true };
    NOTIFY_ALL(ROUND_BEGUN);
    atomic { IS_FREE(OF_TASKS) && IS_FREE(OF_RESULTS) -> closed = true };
    atomic { NOTIFY_ALL(TASKS_NOT_EMPTY); NOTIFY_ALL(TASKS_NOT_FULL) };
    NOTIFY_ALL(RESULTS_NOT_FULL);
    atomic { gone[0] && gone[1] && gone[PRODUCER] -> skip };
    for (task : 0 .. TASKS - 1) {
        assert(in_frame[task])
    }
}
