/* The futex system calls; contracts in futex.h. FUTEX_WAIT_BITSET because its time-out is absolute.
 */
#include "mp/futex.h"

#include "base/clock.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

int futex_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t deadline_ns) {
    struct timespec deadline = clock_timespec(deadline_ns);
    long slept =
        syscall(SYS_futex, word, FUTEX_WAIT_BITSET, expected,
                deadline_ns == CLOCK_NEVER ? NULL : &deadline, NULL, FUTEX_BITSET_MATCH_ANY);
    return slept != 0 && errno == ETIMEDOUT ? -ETIMEDOUT : 0;
}

void futex_wake(_Atomic uint32_t *word, int count) {
    syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);
}
