/* Account: where a worker's or a coordinator's time went. While recording is on, each change of
 * phase reads the clock once and adds the phase that ends to the sums of whoever it was, in shared
 * pages; so the sums of a live one always add up to all of its time, and nothing is measured twice.
 *
 * Time off the CPU. A phase that is meant to be all work (compute, collect, dispatch) lasts longer
 * when somebody else has the core; that difference, wall time less CPU time, is a sum of its own.
 * The CPU clock (CLOCK_THREAD_CPUTIME_ID) is a system call of some 200 ns, the monotonic one costs
 * 25 ns and none. So it is read only where a phase of work ends at least 50 µs after it was read
 * last: at most 1 % of the time, and always behind a phase that was interrupted, since whoever
 * loses its core loses it for longer than that; most often in that very call, in which the
 * scheduler looks whose turn it is. Between two readings, time off the CPU is the wall time of the
 * work less all CPU time. CPU time of waiting and sending lies in that too: it makes the difference
 * too small by some microseconds where there is one, and never invents one. (schedstat's run delay
 * would count what a worker waits for a core after it was woken, which is waiting for work, and is
 * a file to read each time.)
 *
 * A second opinion. Who is timed also tells by which clock of the kernel others can read its CPU
 * time (account_cpu); the harness reads it when a render begins and ends. Work that is claimed
 * beyond that, or CPU time beyond all that is claimed, is what the two disagree about: a residual.
 *
 * A death tears only what it interrupted. The supervisor begins the phases of the replacement; what
 * the dead was at since its last change is in no sum, and shows as a residual. */
#ifndef BACKENDS_ACCOUNT_H
#define BACKENDS_ACCOUNT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum phase {
    PHASE_START,    /* it is being started */
    PHASE_WAIT,     /* a worker gets its next batch: waits for it, or deals it to itself */
    PHASE_COMPUTE,  /* a worker computes a batch */
    PHASE_SEND,     /* a worker sends counts home */
    PHASE_DISPATCH, /* a coordinator hands batches out */
    PHASE_COLLECT,  /* a coordinator takes counts home */
    PHASE_IDLE      /* a coordinator waits */
};
#define PHASES (PHASE_IDLE + 1)

/* Time by phase, of one or of several; in nanoseconds. Signed: a difference may be just below 0. */
struct account_sums {
    int64_t phase_ns[PHASES]; /* on the CPU, for phases of work */
    int64_t off_ns;           /* in phases of work, off the CPU */
};

/* One track: a worker's or a coordinator's sums, in shared pages. Only whom it is about writes it,
 * while `changes` is odd; all atomics that the harness reads, with release and acquire. */
struct account {
    _Alignas(64) _Atomic uint64_t changes;
    _Atomic int phase;                             /* under way */
    _Atomic uint64_t since_ns;                     /* it began */
    _Atomic uint64_t phase_ns[PHASES], off_ns;     /* of all phases that have ended */
    _Atomic uint64_t first_ns;                     /* when it first computed in this render, or 0 */
    _Atomic uint64_t cpu_ns, cpu_read_ns, work_ns; /* its CPU time, read when; work since then */
    _Atomic int harness;                           /* the process that reads, */
    _Atomic int clock;                             /* its clock for that, once it has worked */
    _Atomic uint64_t joined_ns;                    /* its CPU time then */
    _Atomic uint64_t lives;                        /* how many have been this track so far */
};

/* CPU time of a track at an instant, as the kernel tells the harness. */
struct account_cpu {
    bool known;
    uint64_t lives, ns;
};

/* Starts the sums anew, at some instant, in a phase. By the harness while recording is off, or by
 * the supervisor for a replacement, which keeps the sums. */
void account_reset(struct account *account, uint64_t now_ns, enum phase phase);
void account_restart(struct account *account, uint64_t now_ns, enum phase phase);

/* Its owner enters a phase. When. */
uint64_t account_change(struct account *account, enum phase phase);

/* What the track's time until that instant was spent on, the phase under way included; its end may
 * lie a little before a change. *phase and *since_ns: what is under way. Any process. */
void account_read(const struct account *account, uint64_t now_ns, struct account_sums *sums,
                  enum phase *phase, uint64_t *since_ns);

/* What the kernel says of the track's CPU time, which its owner must still live for. By the harness
 * only. */
struct account_cpu account_cpu(const struct account *account);

/* Between two such readings, *used_ns. A track that had not worked before the first counts from
 * when it first did. false: not known, or it was somebody else meanwhile. */
bool account_cpu_between(const struct account *account, const struct account_cpu *before,
                         const struct account_cpu *after, uint64_t *used_ns);

/* sums += or -= others. */
void account_add(struct account_sums *sums, const struct account_sums *others);
void account_subtract(struct account_sums *sums, const struct account_sums *others);

#endif
