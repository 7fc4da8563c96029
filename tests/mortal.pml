/* What the models here share: processes that may be killed between any two steps, the kernel that
 * cleans up behind them, robust locks, and conditions as src/mp/condition.c has them. A model
 * defines WORKERS (numbers), KILLS (at most so many) and LOCKS, and includes this.
 *
 * A step here is a step of the program that others can see: a store, a compare-and-swap, a system
 * call. What a process does under a lock without changing anything is one step with taking it. */

#define PROCESSES 4 /* > WORKERS; `me` is a process: it has its number, unless the model says else */
#define NOBODY    255

bool die[PROCESSES];  /* SIGKILL has come: the process takes no further step */
bool gone[PROCESSES]; /* it has ended, and waitid would tell */
byte kills;

/* ---- locks: the kernel frees a dead owner's, and there is nothing to repair ---- */

byte owner[LOCKS] = NOBODY;

#define IS_FREE(lock) (owner[lock] == NOBODY)
#define RELEASE(lock) owner[lock] = NOBODY

/* ---- conditions ---- */

mtype = { AWAKE, REGISTERED, ASLEEP };
mtype waiting[PROCESSES] = AWAKE;
byte at[PROCESSES]; /* the condition that it waits for, from 1 */

/* REGISTER, with the lock, which it releases; then SLEEP. In between a notification changes the
 * sequence that the process has read, so that the futex does not let it sleep. */
#define REGISTER(condition) at[me] = condition; waiting[me] = REGISTERED
#define SLEEP                                                                                      \
    if                                                                                             \
    :: d_step { waiting[me] == REGISTERED -> waiting[me] = ASLEEP }; waiting[me] == AWAKE          \
    :: waiting[me] == AWAKE                                                                        \
    fi

#define WAKE(p) waiting[p] = AWAKE; at[p] = 0
#define STIR(p, condition)                                                                         \
    if :: at[p] == condition && waiting[p] == REGISTERED -> WAKE(p) :: else fi
#define SLEEPS(p, condition) (at[p] == condition && waiting[p] == ASLEEP)
#define ROUSE(p, condition) if :: at[p] == condition -> WAKE(p) :: else fi

/* Wakes one of those who sleep: any, where the kernel takes the first. */
#define NOTIFY(condition)                                                                          \
    atomic {                                                                                       \
        STIR(0, condition); STIR(1, condition); STIR(2, condition); STIR(3, condition);            \
        if                                                                                         \
        :: SLEEPS(0, condition) -> WAKE(0)                                                         \
        :: SLEEPS(1, condition) -> WAKE(1)                                                         \
        :: SLEEPS(2, condition) -> WAKE(2)                                                         \
        :: SLEEPS(3, condition) -> WAKE(3)                                                         \
        :: else                                                                                    \
        fi                                                                                         \
    }

#define NOTIFY_ALL(condition)                                                                      \
    d_step {                                                                                       \
        ROUSE(0, condition); ROUSE(1, condition); ROUSE(2, condition); ROUSE(3, condition)         \
    }

/* ---- the bell: wakes the original process, which polls ---- */

bool armed, rung;

#define RING_IF(condition) rung = rung || (armed && (condition))

/* ---- ends ---- */

/* A process is { its life } MORTAL; CORPSE; and again, if the supervisor has it replaced. */
#define MORTAL unless { die[me] }

/* What the kernel does for a process that has ended. */
#define CORPSE                                                                                     \
    d_step {                                                                                       \
        byte l;                                                                                    \
        for (l : 0 .. LOCKS - 1) {                                                                 \
            if :: owner[l] == me -> owner[l] = NOBODY :: else fi                                   \
        }                                                                                          \
        l = 0;                                                                                     \
        WAKE(me);                                                                                  \
        gone[me] = true                                                                            \
    }

#define START(p) d_step { die[p] = false; gone[p] = false }

/* kill -9, of anybody, at any time, so many times at most. It works when it works, not when it is
 * sent; but between the two nobody may draw any conclusion, so that it does not matter. */
#ifdef REPLACE_BEFORE_WAIT
bool sent[PROCESSES];
#define SEND(p) sent[p] = true }; atomic { sent[p] = false
#else
#define SEND(p)
#endif
#define KILL(p)                                                                                    \
    atomic { kills < KILLS && !die[p] && !gone[p] -> kills++; SEND(p); die[p] = true }

active proctype killer() {
end:
    do
    :: KILL(0)
    :: KILL(1)
#if WORKERS > 2
    :: KILL(2)
#endif
    od
}
