/* Futex: sleeping on a word of shared memory, between processes and between threads. The two system
 * calls under every blocking verb here. Deadlines are absolute nanoseconds of CLOCK_MONOTONIC
 * (base/clock.h). */
#ifndef MP_FUTEX_H
#define MP_FUTEX_H

#include <stdatomic.h>
#include <stdint.h>

/* Sleeps while *word == expected, until a wake or the deadline. 0 after a wake, a change, a signal
 * or for no reason: the caller looks again. -ETIMEDOUT when the deadline has passed. */
int futex_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t deadline_ns);

/* Wakes up to `count` sleepers; FUTEX_ALL for all. Never blocks. */
#define FUTEX_ALL INT32_MAX
void futex_wake(_Atomic uint32_t *word, int count);

#endif
