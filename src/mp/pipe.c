/* Whole messages over a socket pair; contracts in pipe.h. A message is its length in 8 bytes, then
 * itself. */
#include "mp/pipe.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

int pipe_open(struct pipe *pipe) {
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        return -errno;
    pipe->ends[0] = (struct pipe_end){.fd = fds[0]};
    pipe->ends[1] = (struct pipe_end){.fd = fds[1]};
    return 0;
}

void pipe_close(struct pipe_end *end) {
    if (end->fd >= 0)
        close(end->fd);
    *end = (struct pipe_end){.fd = -1};
}

/* Waits until the descriptor is ready for `events`, or gone wrong. */
static int wait_for(int fd, short events, uint64_t deadline_ns) {
    struct pollfd ready = {.fd = fd, .events = events};
    int count;
    do
        count = poll(&ready, 1, clock_poll_ms(deadline_ns));
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return -errno;
    return count == 0 ? -ETIMEDOUT : 0;
}

/* Is the last call's failure one that waiting cures? */
static bool would_block(void) {
    return errno == EAGAIN || errno == EWOULDBLOCK;
}

/* A message that has begun waits beyond its deadline, but not for an end that itself waits for us.
 */
#define STALLED_NS UINT64_C(1000000000)

static int wait_to_finish(int fd, uint64_t deadline_ns) {
    uint64_t now_ns = clock_now_ns();
    uint64_t rest_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
    uint64_t patience_ns = deadline_ns == CLOCK_NEVER ? CLOCK_NEVER : rest_ns + STALLED_NS;
    for (;;) {
        int err = wait_for(fd, POLLOUT, clock_after_ns(patience_ns));
        if (err != -ETIMEDOUT)
            return err;
        if (wait_for(fd, POLLIN, 0) == 0) {
            shutdown(fd, SHUT_RDWR); /* the other end must not wait for the rest */
            return -EDEADLK;
        }
        patience_ns = STALLED_NS;
    }
}

/* Moves the vectors past `bytes` that have been sent. */
static void advance(struct iovec *vectors, size_t bytes) {
    for (int i = 0; i < 2; i++) {
        size_t here = bytes < vectors[i].iov_len ? bytes : vectors[i].iov_len;
        vectors[i].iov_base = (char *)vectors[i].iov_base + here;
        vectors[i].iov_len -= here;
        bytes -= here;
    }
}

int pipe_send(struct pipe_end *end, const void *message, size_t bytes) {
    return pipe_send_until(end, message, bytes, CLOCK_NEVER);
}

int pipe_send_until(struct pipe_end *end, const void *message, size_t bytes, uint64_t deadline_ns) {
    uint64_t length = bytes;
    struct iovec vectors[2] = {{&length, sizeof length}, {(void *)(uintptr_t)message, bytes}};
    struct msghdr header = {.msg_iov = vectors, .msg_iovlen = 2};
    bool begun = false;
    if (bytes == 0 || bytes > SIZE_MAX / 2)
        return -EMSGSIZE;
    while (vectors[0].iov_len + vectors[1].iov_len > 0) {
        ssize_t sent = sendmsg(end->fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) {
            advance(vectors, (size_t)sent);
            begun = true;
            continue;
        }
        if (errno == EINTR)
            continue;
        if (!would_block())
            return errno == ECONNRESET ? -EPIPE : -errno;
        int err =
            begun ? wait_to_finish(end->fd, deadline_ns) : wait_for(end->fd, POLLOUT, deadline_ns);
        if (err)
            return err;
    }
    return 0;
}

/* Reads exactly `size` bytes. The deadline counts until the first. */
static int read_all(struct pipe_end *end, void *buffer, size_t size, uint64_t deadline_ns) {
    for (size_t got = 0; got < size;) {
        ssize_t more = recv(end->fd, (char *)buffer + got, size - got, MSG_DONTWAIT);
        if (more > 0) {
            got += (size_t)more;
            deadline_ns = CLOCK_NEVER;
            continue;
        }
        if (more == 0)
            return -EPIPE;
        if (errno == EINTR)
            continue;
        if (!would_block())
            return errno == ECONNRESET ? -EPIPE : -errno;
        int err = wait_for(end->fd, POLLIN, deadline_ns);
        if (err)
            return err;
    }
    return 0;
}

long pipe_length(struct pipe_end *end, uint64_t deadline_ns) {
    if (!end->announced) {
        int err = read_all(end, &end->pending, sizeof end->pending, deadline_ns);
        if (err)
            return err;
        end->announced = true;
    }
    return (long)end->pending;
}

long pipe_receive(struct pipe_end *end, void *buffer, size_t size) {
    return pipe_receive_until(end, buffer, size, CLOCK_NEVER);
}

long pipe_receive_until(struct pipe_end *end, void *buffer, size_t size, uint64_t deadline_ns) {
    long length = pipe_length(end, deadline_ns);
    if (length < 0)
        return length;
    if ((uint64_t)length > size)
        return -EMSGSIZE;
    int err = read_all(end, buffer, (size_t)length, CLOCK_NEVER);
    end->announced = false; /* also when the rest of it will never come */
    return err ? err : length;
}
