/* Transport eventfd: two eventfds, which count the free slots and the full ones. A write adds one;
 * a read takes the whole count, so a side that has fallen behind reads once for many messages. */
#include "bench/ipc/slots.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Who counts down what a descriptor has counted up. The sender's and the receiver's lie on cache
 * lines of their own, since threads share this. */
struct count {
    _Alignas(64) int fd;
    uint64_t left; /* read from fd, not yet used */
};

struct buffer {
    struct count free; /* the sender's */
    struct count full; /* the receiver's */
    struct slots *slots;
};

static int open_counts(struct buffer *buffer, unsigned capacity) {
    buffer->free = (struct count){.fd = eventfd(capacity, EFD_CLOEXEC)};
    if (buffer->free.fd < 0)
        return -errno;
    buffer->full = (struct count){.fd = eventfd(0, EFD_CLOEXEC)};
    if (buffer->full.fd >= 0)
        return 0;
    int err = -errno;
    close(buffer->free.fd);
    return err;
}

static int eventfd_open(struct channel *channel) {
    if (channel->capacity > UINT_MAX)
        return -EINVAL;
    struct buffer *buffer = aligned_alloc(_Alignof(struct buffer), sizeof *buffer);
    if (!buffer)
        return -ENOMEM;
    int err = slots_open(channel, &buffer->slots);
    if (!err)
        err = open_counts(buffer, (unsigned)channel->capacity);
    if (err)
        free(buffer);
    else
        channel->state = buffer;
    return err;
}

static int take(struct count *count) {
    while (count->left == 0)
        if (read(count->fd, &count->left, sizeof count->left) < 0 && errno != EINTR)
            return -errno;
    count->left--;
    return 0;
}

static int give(const struct count *count) {
    uint64_t one = 1;
    while (write(count->fd, &one, sizeof one) < 0)
        if (errno != EINTR)
            return -errno;
    return 0;
}

static int eventfd_send(struct channel *channel, const void *message) {
    struct buffer *buffer = channel->state;
    int err = take(&buffer->free);
    if (err)
        return err;
    return slots_put(buffer->slots, message) ? give(&buffer->full) : -EILSEQ;
}

static int eventfd_receive(struct channel *channel, void *message) {
    struct buffer *buffer = channel->state;
    int err = take(&buffer->full);
    if (err)
        return err;
    return slots_get(buffer->slots, message) ? give(&buffer->free) : -EILSEQ;
}

static void eventfd_close(struct channel *channel) {
    struct buffer *buffer = channel->state;
    close(buffer->free.fd);
    close(buffer->full.fd);
    free(buffer);
}

const struct transport transport_eventfd = {
    .name = "eventfd",
    .summary = "slots counted by two eventfds",
    .open = eventfd_open,
    .send = eventfd_send,
    .receive = eventfd_receive,
    .close = eventfd_close,
};
