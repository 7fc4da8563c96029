/* Robust process-shared mutexes; contracts in lock.h. */
#include "mp/lock.h"

#include "base/clock.h"
#include "base/size.h"
#include "mp/futex.h"

#include <errno.h>
#include <sched.h>

int lock_open(struct lock *lock) {
    pthread_mutexattr_t attributes;
    int err = pthread_mutexattr_init(&attributes);
    if (err)
        return -err;
    err = pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    if (!err)
        err = pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    if (!err)
        err = pthread_mutex_init(&lock->mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return -err;
}

/* What a mutex call returned, as this module says it. */
static int acquired(struct lock *lock, int err) {
    if (err != EOWNERDEAD)
        return -err;
    err = pthread_mutex_consistent(&lock->mutex);
    return err ? -err : LOCK_RECOVERED;
}

#ifdef __SANITIZE_THREAD__
/* GCC 12's thread sanitizer does not know pthread_mutex_clocklock, and would take the lock for a
 * free one; and in pthread_mutex_lock it lets no signal handler run, not even the one that ends a
 * stopped owner. */
static int clocklock(pthread_mutex_t *mutex, uint64_t deadline_ns) {
    for (;;) {
        int err = pthread_mutex_trylock(mutex);
        if (err != EBUSY)
            return err;
        if (clock_now_ns() >= deadline_ns)
            return ETIMEDOUT;
        sched_yield();
    }
}
#else
static int clocklock(pthread_mutex_t *mutex, uint64_t deadline_ns) {
    if (deadline_ns == CLOCK_NEVER)
        return pthread_mutex_lock(mutex);
    struct timespec deadline = clock_timespec(deadline_ns);
    return pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &deadline);
}
#endif

int lock_acquire(struct lock *lock) {
    return lock_acquire_until(lock, CLOCK_NEVER);
}

int lock_acquire_until(struct lock *lock, uint64_t deadline_ns) {
    return acquired(lock, clocklock(&lock->mutex, deadline_ns));
}

int lock_acquire_within(struct lock *lock, uint64_t deadline_ns) {
    if (deadline_ns == CLOCK_NEVER)
        return lock_acquire(lock);
    int err = pthread_mutex_trylock(&lock->mutex);
    if (err != EBUSY)
        return acquired(lock, err);
    return lock_acquire_until(lock, size_max(deadline_ns, clock_after_ns(LOCK_GRACE_NS)));
}

void lock_release(struct lock *lock) {
    pthread_mutex_unlock(&lock->mutex);
}

/* The word that glibc's mutex sleeps on. */
void lock_wake(struct lock *lock) {
    futex_wake((_Atomic uint32_t *)(void *)&lock->mutex.__data.__lock, FUTEX_ALL);
}

void lock_close(struct lock *lock) {
    pthread_mutex_destroy(&lock->mutex);
}
