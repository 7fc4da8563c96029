/* The backend bands (src/backends/bands.c): an event starts a render, a barrier with seats
 * (src/mp/barrier.h) ends it, and whoever is killed is replaced by one that has the same band and
 * the same seat, and may arrive once more. To be shown: when the original process goes on, each band
 * of this render is in the frame; no band is computed by two at once; nobody waits for ever, not
 * after the last render either.
 *
 * The barrier is passed by one store, of `rounds`, in whoever finds that all have arrived. Its action
 * clears the event before that; if somebody dies in between, it is done again, and that is harmless
 * only as long as nobody can have begun the next render. So nobody may learn of the end but from
 * `rounds`.
 *
 *   -DACTION_TELLS         the action itself tells the original process that the render is over
 *   -DNO_WAKE_AFTER_DEATH  the supervisor wakes nobody
 *   -DNO_WAKE_AT_END       nor does it wake those at the barrier when there are no more renders
 *   -DCOUNT_ARRIVALS       the barrier counts arrivals and has no seats
 *   -DLAST_ONE_PASSES      only the last to arrive passes the barrier, not whoever finds all there */

#ifndef RENDERS
#define RENDERS 2
#endif
#ifndef KILLS
#define KILLS 2
#endif
#define WORKERS 2
#define LOCKS   1 /* the barrier's; what the event's guards is one store each time */

#include "mortal.pml"

#define OF_BARRIER 0
#define ORIGINAL   WORKERS /* as a process */

/* Conditions. */
#define STARTED 1
#define PASSED  2

/* Renders count from 1 here, so that 0 is none. */
bool start, frame;
byte render, told;
byte rounds;         /* how often the barrier has been passed: the last render that is over */
byte seats[WORKERS]; /* the render that it has arrived for */
byte arrived;        /* -DCOUNT_ARRIVALS */

byte table;          /* the lease table's round */
byte done[WORKERS];  /* of each band: the last round that it was done in */
byte pixel[WORKERS]; /* the round that it was written in, after the frame had been cleared */
byte busy[WORKERS];  /* live processes that compute it */

#ifdef COUNT_ARRIVALS
#define ARRIVE      arrived++
#define ALL_ARRIVED (arrived == WORKERS)
#else
#define ARRIVE      seats[me] = mine
#define ALL_ARRIVED (seats[0] == rounds + 1 && seats[1] == rounds + 1)
#endif

#ifdef ACTION_TELLS
#define IS_OVER (told == render)
#else
#define IS_OVER (rounds == render)
#endif

/* With the lock: the action, then the store that commits. */
inline pass() {
    start = false;
    told = rounds + 1;
    d_step { rounds++; arrived = 0 }
}

proctype worker(byte me) {
    byte mine; /* the render that it works for */
    bool works, last;
life:
    {
        do
        :: atomic { !start -> REGISTER(STARTED) }; SLEEP /* event_wait */
        :: atomic { start -> skip };
            if
            :: !frame -> break
            :: frame -> mine = render
            fi;
            /* compute_band: a band of one batch */
            if
            :: atomic { done[me] != table -> works = true; busy[me]++; assert(busy[me] == 1) };
                d_step { pixel[me] = table; works = false; busy[me]-- };
                done[me] = table
            :: atomic { done[me] == table -> skip }
            fi;
            /* barrier_wait_at */
            atomic { IS_FREE(OF_BARRIER) -> owner[OF_BARRIER] = me };
            if
            :: rounds + 1 == mine ->
                ARRIVE;
                last = ALL_ARRIVED
            :: else
            fi;
            do
            :: atomic { rounds + 1 != mine -> RELEASE(OF_BARRIER); break }
#ifdef LAST_ONE_PASSES
            :: atomic { rounds + 1 == mine && last -> skip };
#else
            :: atomic { rounds + 1 == mine && ALL_ARRIVED -> skip };
#endif
                pass();
                RELEASE(OF_BARRIER);
                NOTIFY_ALL(PASSED);
                RING_IF(true);
                break
#ifdef LAST_ONE_PASSES
            :: atomic { rounds + 1 == mine && !last -> REGISTER(PASSED); RELEASE(OF_BARRIER) };
#else
            :: atomic { rounds + 1 == mine && !ALL_ARRIVED -> REGISTER(PASSED); RELEASE(OF_BARRIER) };
#endif
                SLEEP;
                atomic { IS_FREE(OF_BARRIER) -> owner[OF_BARRIER] = me }
            od;
            atomic { mine = 0; last = false }
        od
    } MORTAL;
    atomic { if :: works -> busy[me]-- :: else fi; works = false; last = false; mine = 0 };
    CORPSE;
end:
    !gone[me] -> goto life
}

/* barrier_wake: passes it if the dead was about to, and has everybody look again. */
inline wake_barrier() {
    atomic { IS_FREE(OF_BARRIER) -> owner[OF_BARRIER] = ORIGINAL };
#ifndef LAST_ONE_PASSES
    if :: ALL_ARRIVED -> pass() :: else fi;
#endif
    RELEASE(OF_BARRIER);
    NOTIFY_ALL(PASSED)
}

inline mend(number) {
#ifndef NO_WAKE_AFTER_DEATH
    NOTIFY_ALL(STARTED);
    wake_barrier();
#endif
    START(number)
}

inline set_start() {
    start = true;
    NOTIFY_ALL(STARTED)
}

active proctype original() {
    atomic { run worker(0); run worker(1) };
    do
    :: render < RENDERS ->
        table++;
        if /* one may have died since the last render */
        :: gone[0] -> mend(0)
        :: gone[1] -> mend(1)
        :: true
        fi;
        atomic { frame = true; render++ };
        set_start();
        do
        :: atomic { IS_OVER -> break }
        :: atomic { !IS_OVER -> armed = true };
            if
            :: IS_OVER
            :: !IS_OVER ->
                if /* poll */
                :: rung
                :: gone[0] -> mend(0)
                :: gone[1] -> mend(1)
                fi
            fi;
            d_step { armed = false; rung = false }
        od;
        assert(pixel[0] == table && pixel[1] == table)
    :: else -> break
    od;
    /* The end: everybody is told once, and joined. Who dies now is not replaced. */
    frame = false;
    set_start();
#ifndef NO_WAKE_AT_END
    wake_barrier();
#endif
    gone[0] && gone[1]
}
