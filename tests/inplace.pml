/* The lease protocol (src/mp/lease.h) in place, as in shared-array.c: a shared value deals tasks, and
 * whoever deals itself one claims it before the value moves on. Results are written where they
 * belong; that a worker found nothing left to deal is one word for each. To be shown: when the
 * original process goes on, each task of this round is done; no two live processes do the same one;
 * nobody waits for ever. No worker wakes another here, so the dead take no wake with them, and there
 * is nothing that the supervisor had to make up for.
 *
 *   -DMOVE_BEFORE_CLAIM    the value moves on first, as with a fetch-and-add
 *   -DFORGET_INHERITANCE   a replacement does not look for what its number holds
 *   -DDEATH_IS_NO_NEWS     the original process waits for the bell only */

#ifndef ROUNDS
#define ROUNDS 2
#endif
#ifndef TASKS
#define TASKS 2
#endif
#ifndef KILLS
#define KILLS 2
#endif
#define WORKERS 2
#define LOCKS   1 /* not held for more than one step here */

#include "mortal.pml"

#define BEGUN 1 /* the condition: another round, or none any more */

byte round; /* told to the workers, from 1 */
bool over;
byte next = TASKS;
byte finished[WORKERS]; /* the last round whose dealing it saw end */

/* A lease: whose it is, in which round of the table; of an older round it is free. */
mtype = { LEASED, DONE };
byte table;
byte leased_in[TASKS], holder[TASKS];
mtype lease[TASKS];

byte busy[TASKS];
byte pixel[TASKS]; /* the round that it was written in, after the frame had been cleared */

#define IS_HELD(task) (leased_in[task] == table && lease[task] == LEASED && holder[task] == me)
#define ALL_FINISHED  (finished[0] == round && finished[1] == round)

inline do_in_place(task) {
    atomic { busy[task]++; works = true; assert(busy[task] == 1) };
    d_step { pixel[task] = table; busy[task]--; works = false };
    lease[task] = DONE
}

inline claim(task) {
    d_step {
        ours = leased_in[task] != table;
        if :: ours -> leased_in[task] = table; holder[task] = me; lease[task] = LEASED :: else fi
    }
}

proctype worker(byte me) {
    byte task, known;
    bool ours, works;
life:
    {
#ifndef FORGET_INHERITANCE
        do
        :: atomic { task < TASKS && !IS_HELD(task) -> task++ }
        :: atomic { task < TASKS && IS_HELD(task) -> skip }; do_in_place(task); task++
        :: atomic { task == TASKS -> task = 0; break }
        od;
#endif
        do
        :: atomic { round == known && !over -> REGISTER(BEGUN) }; SLEEP /* round_await */
        :: atomic { over -> break }
        :: atomic { round != known && !over -> known = round };
            do
            :: atomic { next == TASKS -> task = 0; break }
            :: atomic { next < TASKS -> task = next };
#ifdef MOVE_BEFORE_CLAIM
                d_step { if :: next == task -> next++ :: else fi };
                claim(task);
#else
                claim(task);
                d_step { if :: next == task -> next++ :: else fi }; /* or somebody else did it */
#endif
                if :: atomic { ours -> ours = false }; do_in_place(task) :: else fi
            od;
            finished[me] = known;
            if :: atomic { ALL_FINISHED -> RING_IF(true) } :: else fi
        od
    } MORTAL;
    atomic {
        if :: works -> busy[task]-- :: else fi;
        works = false; ours = false; task = 0; known = 0
    };
    CORPSE;
end:
    !gone[me] -> goto life
}

active proctype original() {
    byte task;
    atomic { run worker(0); run worker(1) };
    do
    :: round < ROUNDS ->
        table++; /* lease_begin */
        if /* one may have died since the last round */
        :: gone[0] -> START(0)
        :: gone[1] -> START(1)
        :: true
        fi;
        next = 0;
        round++; /* round_begin */
        NOTIFY_ALL(BEGUN);
        do
        :: atomic { ALL_FINISHED -> break }
        :: atomic { !ALL_FINISHED -> armed = true };
            if
            :: ALL_FINISHED
            :: !ALL_FINISHED ->
                if /* poll */
                :: rung
#ifndef DEATH_IS_NO_NEWS
                :: gone[0] -> START(0)
                :: gone[1] -> START(1)
#endif
                fi
            fi;
            d_step { armed = false; rung = false }
        od;
        atomic {
            for (task : 0 .. TASKS - 1) { assert(pixel[task] == round && lease[task] == DONE) };
            task = 0
        }
    :: else -> break
    od;
    over = true; /* everybody is told once, and joined; who dies now is not replaced */
    NOTIFY_ALL(BEGUN);
    gone[0] && gone[1]
}
