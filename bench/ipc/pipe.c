/* Transport pipe: our pipe of whole messages of any length (mp/pipe.h), on a stream socket pair. */
#include "mp/pipe.h"
#include "bench/ipc/transport.h"

#include <errno.h>
#include <stdlib.h>

static int pipe_channel_open(struct channel *channel) {
    struct pipe *pipe = malloc(sizeof *pipe);
    if (!pipe)
        return -ENOMEM;
    int err = pipe_open(pipe);
    if (err) {
        free(pipe);
        return err;
    }
    channel->state = pipe;
    channel->capacity = 0;
    return 0;
}

static int pipe_channel_send(struct channel *channel, const void *message) {
    struct pipe *pipe = channel->state;
    return pipe_send(&pipe->ends[0], message, channel->bytes);
}

static int pipe_channel_receive(struct channel *channel, void *message) {
    struct pipe *pipe = channel->state;
    long bytes = pipe_receive(&pipe->ends[1], message, channel->bytes);
    return bytes < 0 ? (int)bytes : 0;
}

static void pipe_channel_close(struct channel *channel) {
    struct pipe *pipe = channel->state;
    pipe_close(&pipe->ends[0]);
    pipe_close(&pipe->ends[1]);
    free(pipe);
}

const struct transport transport_pipe = {
    .name = "pipe",
    .summary = "ours: whole messages of any length over a stream socket pair",
    .ours = true,
    .open = pipe_channel_open,
    .send = pipe_channel_send,
    .receive = pipe_channel_receive,
    .close = pipe_channel_close,
};
