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

int pipe_send_part(struct pipe_end *end, const void *message, size_t bytes, size_t *sent) {
    uint64_t length = bytes;
    struct iovec vectors[2] = {{&length, sizeof length}, {(void *)(uintptr_t)message, bytes}};
    struct msghdr header = {.msg_iov = vectors, .msg_iovlen = 2};
    if (bytes == 0 || bytes > SIZE_MAX / 2)
        return -EMSGSIZE;
    advance(vectors, *sent);
    while (vectors[0].iov_len + vectors[1].iov_len > 0) {
        ssize_t more = sendmsg(end->fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (more >= 0) {
            advance(vectors, (size_t)more);
            *sent += (size_t)more;
            continue;
        }
        if (errno == EINTR)
            continue;
        if (would_block())
            return -EAGAIN;
        return errno == ECONNRESET ? -EPIPE : -errno;
    }
    return 0;
}

int pipe_send_until(struct pipe_end *end, const void *message, size_t bytes, uint64_t deadline_ns) {
    size_t sent = 0;
    for (;;) {
        int err = pipe_send_part(end, message, bytes, &sent);
        if (err != -EAGAIN)
            return err;
        err = sent > 0 ? wait_to_finish(end->fd, deadline_ns)
                       : wait_for(end->fd, POLLOUT, deadline_ns);
        if (err)
            return err;
    }
}

int pipe_send(struct pipe_end *end, const void *message, size_t bytes) {
    return pipe_send_until(end, message, bytes, CLOCK_NEVER);
}

/* Reads what is there, from *got on, until there are `size` bytes: 0, or -EAGAIN. */
static int read_part(int fd, void *buffer, uint64_t size, uint64_t *got) {
    while (*got < size) {
        ssize_t more = recv(fd, (char *)buffer + *got, size - *got, MSG_DONTWAIT);
        if (more > 0)
            *got += (uint64_t)more;
        else if (more == 0)
            return -EPIPE;
        else if (would_block())
            return -EAGAIN;
        else if (errno != EINTR)
            return errno == ECONNRESET ? -EPIPE : -errno;
    }
    return 0;
}

/* Reads exactly `size` bytes. The first deadline counts until the first, then the other. */
static int read_all(int fd, void *buffer, uint64_t size, uint64_t *got, uint64_t first_ns,
                    uint64_t rest_ns) {
    for (;;) {
        int err = read_part(fd, buffer, size, got);
        if (err != -EAGAIN)
            return err;
        err = wait_for(fd, POLLIN, *got > 0 ? rest_ns : first_ns);
        if (err)
            return err;
    }
}

/* The sender begins with the length, in one call, so the rest of it is there or on its way. */
long pipe_length(struct pipe_end *end, uint64_t deadline_ns) {
    uint64_t got = 0;
    if (!end->announced) {
        int err =
            read_all(end->fd, &end->pending, sizeof end->pending, &got, deadline_ns, CLOCK_NEVER);
        if (err)
            return err;
        end->announced = true;
        end->got = 0;
    }
    return (long)end->pending;
}

static long receive(struct pipe_end *end, void *buffer, size_t size, uint64_t deadline_ns,
                    uint64_t rest_ns) {
    long length = pipe_length(end, deadline_ns);
    if (length < 0)
        return length;
    if ((uint64_t)length > size)
        return -EMSGSIZE;
    int err = read_all(end->fd, buffer, (uint64_t)length, &end->got, rest_ns, rest_ns);
    end->announced = err == -ETIMEDOUT; /* not when the rest of it will never come */
    return err ? err : length;
}

long pipe_receive_part(struct pipe_end *end, void *buffer, size_t size, uint64_t deadline_ns) {
    return receive(end, buffer, size, deadline_ns, deadline_ns);
}

long pipe_receive_until(struct pipe_end *end, void *buffer, size_t size, uint64_t deadline_ns) {
    return receive(end, buffer, size, deadline_ns, CLOCK_NEVER);
}

long pipe_receive(struct pipe_end *end, void *buffer, size_t size) {
    return pipe_receive_until(end, buffer, size, CLOCK_NEVER);
}
