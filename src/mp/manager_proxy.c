/* The clients' side of a manager; contracts in manager.h. A client makes its own pipe and hands the
 * server the other end through the door, a socket that all processes inherit; so nobody else ever
 * holds either end, and each shows when the other has gone. */
#include "mp/manager_wire.h"

#include "base/clock.h"
#include "base/size.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int manager_bytes_reserve(struct manager_bytes *bytes, size_t room) {
    if (room <= bytes->room)
        return 0;
    room = (size_t)size_max(room, bytes->room + bytes->room / 2);
    unsigned char *at = realloc(bytes->at, room);
    if (!at)
        return -ENOMEM;
    bytes->at = at;
    bytes->room = room;
    return 0;
}

int manager_bytes_add(struct manager_bytes *bytes, const void *more, size_t length) {
    int err = manager_bytes_reserve(bytes, bytes->length + length);
    if (err)
        return err;
    if (length > 0)
        memcpy(bytes->at + bytes->length, more, length);
    bytes->length += length;
    return 0;
}

int manager_bytes_receive(struct manager_bytes *bytes, struct pipe_end *end, uint64_t deadline_ns) {
    long length = pipe_length(end, deadline_ns);
    if (length < 0)
        return (int)length;
    int err = manager_bytes_reserve(bytes, (size_t)length);
    if (err)
        return err;
    length = pipe_receive_part(end, bytes->at, bytes->room, deadline_ns);
    if (length < 0)
        return (int)length;
    bytes->length = (size_t)length;
    return 0;
}

/* Sends a descriptor, with one byte because something must be sent. */
static int pass_through(int door, int fd, uint64_t deadline_ns) {
    char byte = 0;
    struct iovec vector = {&byte, 1};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.room = {0}};
    struct msghdr message = {.msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control.room};
    control.header = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    for (;;) {
        if (sendmsg(door, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
            return 0;
        if (errno != EAGAIN && errno != EINTR)
            return errno == ECONNRESET ? -EPIPE : -errno;
        struct pollfd room = {.fd = door, .events = POLLOUT};
        if (poll(&room, 1, clock_poll_ms(deadline_ns)) == 0)
            return -ETIMEDOUT;
    }
}

int manager_connect(struct manager *manager, struct manager_proxy *proxy) {
    return manager_connect_until(manager, proxy, CLOCK_NEVER);
}

int manager_connect_until(struct manager *manager, struct manager_proxy *proxy,
                          uint64_t deadline_ns) {
    struct pipe pipe;
    *proxy = (struct manager_proxy){.pipe = {.fd = -1}, .patience_ns = CLOCK_NEVER};
    if (manager->doorstep >= 0) { /* only the server may hold it, or its end would not show */
        close(manager->doorstep);
        manager->doorstep = -1;
    }
    int err = pipe_open(&pipe);
    if (err)
        return err;
    err = pass_through(manager->door, pipe.ends[1].fd, deadline_ns);
    pipe_close(&pipe.ends[1]);
    proxy->pipe = pipe.ends[0];
    proxy->asked = true; /* to be let in */
    if (!err)
        err = (int)manager_answer_until(proxy, deadline_ns);
    if (err)
        manager_disconnect(proxy);
    return err == -EOWNERDEAD ? -EPIPE : err;
}

void manager_disconnect(struct manager_proxy *proxy) {
    if (proxy->pipe.fd > 0) /* 0: a zeroed struct */
        pipe_close(&proxy->pipe);
    free(proxy->request.at);
    free(proxy->reply.at);
    *proxy = (struct manager_proxy){.pipe = {.fd = -1}};
}

void *manager_room(struct manager_proxy *proxy, size_t bytes) {
    if (bytes > SIZE_MAX / 4 ||
        manager_bytes_reserve(&proxy->request, sizeof(struct manager_request) + bytes) != 0)
        return NULL;
    return ((struct manager_request *)proxy->request.at)->bytes;
}

int manager_ask(struct manager_proxy *proxy, uint32_t object, uint32_t verb, size_t bytes,
                uint64_t deadline_ns) {
    if (proxy->asked)
        return -EBUSY;
    if (!manager_room(proxy, bytes))
        return -ENOMEM;
    struct manager_request *request = (struct manager_request *)proxy->request.at;
    *request = (struct manager_request){.deadline_ns = deadline_ns, .object = object, .verb = verb};
    int err = pipe_send(&proxy->pipe, request, sizeof *request + bytes);
    proxy->asked = err == 0;
    return err;
}

int64_t manager_answer_until(struct manager_proxy *proxy, uint64_t deadline_ns) {
    if (!proxy->asked)
        return -EINVAL;
    proxy->reply.length = 0;
    int err = manager_bytes_receive(&proxy->reply, &proxy->pipe, deadline_ns);
    proxy->asked = err && err != -EPIPE;
    if (err)
        return err == -EPIPE ? -EOWNERDEAD : err;
    return ((const struct manager_reply *)proxy->reply.at)->status;
}

int64_t manager_answer(struct manager_proxy *proxy) {
    return manager_answer_until(proxy, CLOCK_NEVER);
}

const void *manager_reply(const struct manager_proxy *proxy, size_t *bytes) {
    const struct manager_reply *reply = (const struct manager_reply *)proxy->reply.at;
    if (bytes)
        *bytes = proxy->reply.length - sizeof *reply;
    return reply->bytes;
}

int64_t manager_call(struct manager_proxy *proxy, uint32_t object, uint32_t verb,
                     const void *request, size_t bytes) {
    void *room = manager_room(proxy, bytes);
    if (!room)
        return -ENOMEM;
    if (bytes > 0)
        memcpy(room, request, bytes);
    int err = manager_ask(proxy, object, verb, bytes, CLOCK_NEVER);
    return err ? err : manager_answer_until(proxy, clock_after_ns(proxy->patience_ns));
}

int manager_end(struct manager_proxy *proxy) {
    return (int)manager_call(proxy, MANAGER_SERVER, MANAGER_END, NULL, 0);
}
