/* Transport queue: our bounded queue (mp/queue.h): a ring under one robust lock, sleeping on futex
 * words; wakes only those who sleep. */
#include "mp/queue.h"
#include "bench/ipc/transport.h"

static int queue_channel_open(struct channel *channel) {
    struct queue *queue = NULL;
    int err = queue_open(channel->arena, channel->capacity, channel->bytes, &queue);
    channel->state = queue;
    return err;
}

static int queue_channel_send(struct channel *channel, const void *message) {
    return queue_put(channel->state, message, channel->bytes);
}

static int queue_channel_receive(struct channel *channel, void *message) {
    long bytes = queue_get(channel->state, message, channel->bytes);
    return bytes < 0 ? (int)bytes : 0;
}

static void queue_channel_close(struct channel *channel) {
    (void)channel; /* its pages are the arena's */
}

const struct transport transport_queue = {
    .name = "queue",
    .summary = "ours: a ring under a robust lock, with futexes",
    .ours = true,
    .open = queue_channel_open,
    .send = queue_channel_send,
    .receive = queue_channel_receive,
    .close = queue_channel_close,
};
