/* Bell: how workers wake a process that waits in poll or epoll, for example for their deaths too. A
 * hint without an owner: whoever is woken looks at the shared state itself, and a ringer that dies
 * before it rang is noticed by its death. */
#ifndef MP_BELL_H
#define MP_BELL_H

#include <stdatomic.h>
#include <stdint.h>

/* Lives in arena pages. */
struct bell {
    _Atomic uint32_t armed; /* only the listener changes it */
    int fd;                 /* an eventfd that every worker inherits */
};

/* 0 or -errno. The listener bell_closes it. */
int bell_open(struct bell *bell);
void bell_close(struct bell *bell);

/* The listener, before it sleeps: arm, look at the shared state once more, then poll bell->fd for
 * reading; afterwards, or instead, disarm. */
void bell_arm(struct bell *bell);
void bell_disarm(struct bell *bell);

/* Anybody, after changing the shared state: a system call only if the listener is about to sleep.
 */
void bell_ring(struct bell *bell);

#endif
