/* Transport seqpacket: a socket pair that keeps messages apart (AF_UNIX, SOCK_SEQPACKET). */
#include "bench/ipc/fds.h"

#include <errno.h>
#include <sys/socket.h>

static int seqpacket_open(struct channel *channel) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return -errno;
    return fds_keep(channel, (struct fds){.receive = ends[0], .send = ends[1]});
}

static int seqpacket_send(struct channel *channel, const void *message) {
    while (send(fds_of(channel).send, message, channel->bytes, MSG_NOSIGNAL) < 0)
        if (errno != EINTR)
            return -errno;
    return 0;
}

static int seqpacket_receive(struct channel *channel, void *message) {
    ssize_t bytes;
    do
        bytes = recv(fds_of(channel).receive, message, channel->bytes, 0);
    while (bytes < 0 && errno == EINTR);
    if (bytes <= 0)
        return bytes < 0 ? -errno : -EPIPE;
    return (size_t)bytes == channel->bytes ? 0 : -EILSEQ;
}

const struct transport transport_seqpacket = {
    .name = "seqpacket",
    .summary = "socketpair(2) of local sequenced packets",
    .open = seqpacket_open,
    .send = seqpacket_send,
    .receive = seqpacket_receive,
    .close = fds_close,
};
