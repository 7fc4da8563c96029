/* A robust mutex as the C library (glibc's pthread_mutex_lock.c and _unlock.c, the robust kind) and
 * the kernel (exit_robust_list) make it, on one futex word: who owns it, and whether anybody may be
 * sleeping. Processes take it in turn and may be killed between any two steps. To be shown: no two
 * hold it, and nobody sleeps for ever on a lock that is free.
 *
 * The second takes more than the two of them do. Who was woken is killed, and somebody else has
 * meanwhile taken the lock, who knows of no sleepers: then the kernel passes the wake on to nobody,
 * and the one that still sleeps is not woken by the next release either. So a supervisor wakes, after
 * each death, those who sleep on locks too.
 *
 *   -DNO_LOCK_WAKE    it does not: Spin finds the sleeper
 *   -DNO_ROBUST_LIST  the kernel does nothing, as for a mutex that is not robust */

#ifndef KILLS
#define KILLS 2
#endif
#define CONTENDERS 3
#define NOBODY     255

/* The futex word. */
byte owner = NOBODY;
bool waiters, owner_died;

bool asleep[CONTENDERS];
bool pending[CONTENDERS]; /* list_op_pending, or the mutex is in the robust list */
bool die[CONTENDERS], gone[CONTENDERS], mourned[CONTENDERS];
byte kills, inside;

inline futex_wake_one() {
    if
    :: asleep[0] -> asleep[0] = false
    :: asleep[1] -> asleep[1] = false
    :: asleep[2] -> asleep[2] = false
    :: else
    fi
}

proctype contender(byte me) {
    bool holds, assume_waiters, saw_waiters;
    byte turn;
    {
        do
        :: turn < 2 ->
            pending[me] = true;
            do
            :: atomic { owner == NOBODY && !owner_died ->
                owner = me; waiters = assume_waiters; holds = true; inside++; break }
            :: atomic { owner_died -> /* EOWNERDEAD: ours, and we make it consistent */
                owner = me; owner_died = false; waiters = waiters || assume_waiters;
                holds = true; inside++; break }
            :: atomic { owner != NOBODY && !owner_died -> waiters = true; assume_waiters = true };
                /* futex_wait: only if the word has not changed */
                atomic {
                    if
                    :: owner != NOBODY && !owner_died && waiters -> asleep[me] = true
                    :: else
                    fi
                };
                !asleep[me]
            od;
            assume_waiters = false;
            assert(inside == 1);
            /* The word becomes 0, in one exchange; then whoever sleeps is woken. */
            atomic { inside--; holds = false; saw_waiters = waiters; owner = NOBODY; waiters = false };
            atomic { if :: saw_waiters -> futex_wake_one() :: else fi; saw_waiters = false };
            atomic { pending[me] = false; turn++ }
        :: else -> break
        od
    } unless { die[me] };
    atomic { /* the kernel, for what is pending or held */
        asleep[me] = false;
        if :: holds -> inside-- :: else fi;
#ifndef NO_ROBUST_LIST
        if
        :: pending[me] && owner == me ->
            owner = NOBODY; owner_died = true;
            if :: waiters -> futex_wake_one() :: else fi
        :: pending[me] && owner == NOBODY -> futex_wake_one()
        :: else
        fi;
#endif
        gone[me] = true
    }
}

#define KILL(p) atomic { kills < KILLS && !die[p] && !gone[p] -> kills++; die[p] = true }

active proctype killer() {
end:
    do
    :: KILL(0)
    :: KILL(1)
    :: KILL(2)
    od
}

/* Mourns each of them; here, all end once. */
active proctype supervisor() {
    byte p;
    atomic { for (p : 0 .. CONTENDERS - 1) { run contender(p) }; p = 0 };
    do
    :: p < CONTENDERS ->
        atomic {
            if
            :: gone[0] && !mourned[0] -> mourned[0] = true
            :: gone[1] && !mourned[1] -> mourned[1] = true
            :: gone[2] && !mourned[2] -> mourned[2] = true
            fi
        };
        atomic {
#ifndef NO_LOCK_WAKE
            if
            :: kills > 0 -> asleep[0] = false; asleep[1] = false; asleep[2] = false
            :: else
            fi;
#endif
            p++
        }
    :: else -> break
    od
}
