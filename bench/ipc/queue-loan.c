/* Transport queue-loan: our bounded queue as the backends and the pool use it for results: a
 * message is made in a slot on loan (queue_borrow) and taken where it lies (queue_front), so that
 * nobody copies under the lock. Only who finds nothing, and must sleep, gets a copy. */
#include "bench/ipc/transport.h"
#include "mp/queue.h"

#include <errno.h>
#include <string.h>

struct lane {
    struct queue *queue;
    void *slot; /* the sender's; it borrows before the fork, and nobody else does */
};

static int queue_loan_open(struct channel *channel) {
    void *piece = NULL;
    int err = arena_take(channel->arena, sizeof(struct lane), &piece);
    struct lane *lane = channel->state = piece;
    if (!err)
        err =
            queue_open_lending(channel->arena, channel->capacity, channel->bytes, 1, &lane->queue);
    return err ? err : queue_borrow(lane->queue, 0, &lane->slot);
}

static int queue_loan_send(struct channel *channel, const void *message) {
    struct lane *lane = channel->state;
    memcpy(lane->slot, message, channel->bytes);
    return queue_put_borrowed(lane->queue, 0, &lane->slot, channel->bytes);
}

static int queue_loan_receive(struct channel *channel, void *message) {
    struct queue *queue = ((struct lane *)channel->state)->queue;
    const void *there = NULL;
    long bytes = queue_front(queue, &there);
    if (bytes == -EAGAIN)
        bytes = queue_get(queue, message, channel->bytes);
    if (bytes < 0)
        return (int)bytes;
    if (!there)
        return 0;
    memcpy(message, there, channel->bytes);
    queue_drop(queue);
    return 0;
}

static void queue_loan_close(struct channel *channel) {
    (void)channel; /* its pages are the arena's */
}

const struct transport transport_queue_loan = {
    .name = "queue-loan",
    .summary = "ours: the same, made and taken where it lies",
    .ours = true,
    .open = queue_loan_open,
    .send = queue_loan_send,
    .receive = queue_loan_receive,
    .close = queue_loan_close,
};
