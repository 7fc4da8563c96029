/* Transport sem: two POSIX semaphores, which count the free slots and the full ones (Dijkstra's
 * bounded buffer; with one putter and one getter it needs no lock). */
#include "bench/ipc/slots.h"

#include <errno.h>
#include <limits.h>
#include <semaphore.h>

struct buffer {
    sem_t free, full;
    struct slots *slots;
};

static int sem_channel_open(struct channel *channel) {
    void *piece;
    if (channel->capacity > SEM_VALUE_MAX)
        return -EINVAL;
    int err = arena_take(channel->arena, sizeof(struct buffer), &piece);
    if (err)
        return err;
    struct buffer *buffer = channel->state = piece;
    if (sem_init(&buffer->free, 1, (unsigned)channel->capacity) != 0 ||
        sem_init(&buffer->full, 1, 0) != 0)
        return -errno;
    return slots_open(channel, &buffer->slots);
}

static int take(sem_t *semaphore) {
    while (sem_wait(semaphore) != 0)
        if (errno != EINTR)
            return -errno;
    return 0;
}

static int give(sem_t *semaphore) {
    return sem_post(semaphore) == 0 ? 0 : -errno;
}

static int sem_channel_send(struct channel *channel, const void *message) {
    struct buffer *buffer = channel->state;
    int err = take(&buffer->free);
    if (err)
        return err;
    return slots_put(buffer->slots, message) ? give(&buffer->full) : -EILSEQ;
}

static int sem_channel_receive(struct channel *channel, void *message) {
    struct buffer *buffer = channel->state;
    int err = take(&buffer->full);
    if (err)
        return err;
    return slots_get(buffer->slots, message) ? give(&buffer->free) : -EILSEQ;
}

static void sem_channel_close(struct channel *channel) {
    struct buffer *buffer = channel->state;
    sem_destroy(&buffer->free);
    sem_destroy(&buffer->full);
}

const struct transport transport_sem = {
    .name = "sem",
    .summary = "slots counted by two POSIX semaphores",
    .open = sem_channel_open,
    .send = sem_channel_send,
    .receive = sem_channel_receive,
    .close = sem_channel_close,
};
