/* Wake hints through an eventfd; contracts in bell.h.
 * The two fences are Dekker's: either the ringer sees `armed`, or the listener sees the change. */
#include "mp/bell.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

int bell_open(struct bell *bell) {
    atomic_store_explicit(&bell->armed, 0, memory_order_relaxed);
    bell->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return bell->fd < 0 ? -errno : 0;
}

void bell_close(struct bell *bell) {
    if (bell->fd >= 0)
        close(bell->fd);
    bell->fd = -1;
}

/* A sequentially consistent exchange is the fence that ThreadSanitizer understands too. */
void bell_arm(struct bell *bell) {
    atomic_exchange_explicit(&bell->armed, 1, memory_order_seq_cst);
}

void bell_disarm(struct bell *bell) {
    uint64_t rung;
    atomic_store_explicit(&bell->armed, 0, memory_order_relaxed);
    ssize_t ignored = read(bell->fd, &rung, sizeof rung);
    (void)ignored;
}

void bell_ring(struct bell *bell) {
    uint64_t one = 1;
    if (atomic_fetch_add_explicit(&bell->armed, 0, memory_order_seq_cst) == 0)
        return;
    ssize_t ignored = write(bell->fd, &one, sizeof one);
    (void)ignored;
}
