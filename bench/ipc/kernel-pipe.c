/* Transport kernel-pipe: pipe(2), a stream of bytes. It knows no messages: both sides count bytes,
 * and write and read on until a whole one is through. */
#include "bench/ipc/fds.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int kernel_pipe_open(struct channel *channel) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -errno;
    return fds_keep(channel, (struct fds){.receive = ends[0], .send = ends[1]});
}

static int kernel_pipe_send(struct channel *channel, const void *message) {
    int fd = fds_of(channel).send;
    for (size_t sent = 0; sent < channel->bytes;) {
        ssize_t more = write(fd, (const char *)message + sent, channel->bytes - sent);
        if (more < 0 && errno != EINTR)
            return -errno;
        sent += more > 0 ? (size_t)more : 0;
    }
    return 0;
}

static int kernel_pipe_receive(struct channel *channel, void *message) {
    int fd = fds_of(channel).receive;
    for (size_t got = 0; got < channel->bytes;) {
        ssize_t more = read(fd, (char *)message + got, channel->bytes - got);
        if (more < 0 && errno != EINTR)
            return -errno;
        if (more == 0)
            return -EPIPE;
        got += more > 0 ? (size_t)more : 0;
    }
    return 0;
}

const struct transport transport_kernel_pipe = {
    .name = "kernel-pipe",
    .summary = "pipe(2), a stream of bytes",
    .open = kernel_pipe_open,
    .send = kernel_pipe_send,
    .receive = kernel_pipe_receive,
    .close = fds_close,
};
