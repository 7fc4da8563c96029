/* A manager's server and its clients; contracts in manager.h. One thread: it polls the door, where
 * clients hand in their pipes, and the pipes, and carries out one request of each that is ready
 * (manager_requests.c) before it polls again. */
#include "mp/manager_server.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void forget(struct manager_server *server, struct manager_client *client) {
    if (client->parked)
        manager_unpark(server, client);
    pipe_close(&client->pipe);
    free(client->request.at);
    free(client);
    server->clients--;
}

/* The pipe is readable: a request, a part of it, or the end. */
static void serve(struct manager_server *server, struct manager_client *client) {
    int err = manager_bytes_receive(&client->request, &client->pipe, 0);
    if (err == -ETIMEDOUT) /* the rest of it is still to come */
        return;
    if (err || client->request.length < sizeof(struct manager_request))
        forget(server, client);
    else
        manager_serve(server, client);
}

/* Room for one more client; never less, since run may be walking through them. */
static int grow_events(struct manager_server *server) {
    unsigned most = server->clients + 2;
    if (most <= server->events_most)
        return 0;
    struct epoll_event *events = realloc(server->events, most * sizeof *events);
    if (!events)
        return -ENOMEM;
    server->events = events;
    server->events_most = most;
    return 0;
}

static int add_client(struct manager_server *server, int fd) {
    struct manager_client *client = calloc(1, sizeof *client);
    if (!client)
        return -ENOMEM;
    client->pipe = (struct pipe_end){.fd = fd};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    if (epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        free(client);
        return -errno;
    }
    server->clients++;
    server->reply.length = sizeof(struct manager_reply);
    manager_answer_client(server, client, 0); /* welcome: it is waiting for that */
    return 0;
}

/* Somebody is at the door, or nobody will come any more. Who cannot be let in sees the end. */
static void let_in(struct manager_server *server) {
    char byte;
    struct iovec vector = {&byte, 1};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control.room};
    ssize_t got = recvmsg(server->doorstep, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got == 0) {
        epoll_ctl(server->epoll_fd, EPOLL_CTL_DEL, server->doorstep, NULL);
        server->open = false;
    }
    const struct cmsghdr *header = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    int fd;
    if (!header || header->cmsg_type != SCM_RIGHTS)
        return;
    memcpy(&fd, CMSG_DATA(header), sizeof fd);
    if (grow_events(server) != 0 || add_client(server, fd) != 0)
        close(fd);
}

/* ---- the server's life ---- */

/* First those that died while they waited, lest a message is spent on one of them. All a parked
 * client's pipe can bring is its end. */
static void forget_parked(struct manager_server *server, int ready) {
    for (int i = 0; i < ready; i++) {
        struct manager_client *client = server->events[i].data.ptr;
        if (!client || !client->parked)
            continue;
        forget(server, client);
        server->events[i].events = 0;
    }
}

/* Until somebody is ready, or a deadline passes: how many are, or -errno. */
static int wait_for_requests(struct manager_server *server, const struct manager *manager) {
    int timeout = clock_poll_ms(manager_expire(server)), most = (int)server->events_most;
    if (manager->waits)
        manager->waits(manager->waits_context, true);
    int ready = epoll_wait(server->epoll_fd, server->events, most, timeout);
    int err = ready < 0 ? -errno : 0;
    if (manager->waits)
        manager->waits(manager->waits_context, false);
    return err ? err : ready;
}

static int run(struct manager_server *server, const struct manager *manager) {
    while (!server->ended && (server->open || server->clients > 0)) {
        int ready = wait_for_requests(server, manager);
        if (ready < 0 && ready != -EINTR)
            return ready;
        forget_parked(server, ready);
        for (int i = 0; i < ready; i++) {
            const struct epoll_event event = server->events[i]; /* let_in may move them */
            struct manager_client *client = event.data.ptr;
            if (!client)
                let_in(server);
            else if (!event.events) /* forgotten */
                continue;
            else if (manager_is_taking(client))
                manager_answer_rest(server, client);
            else
                serve(server, client);
        }
    }
    return 0;
}

static int prepare(struct manager_server *server, const struct manager *manager) {
    struct epoll_event event = {.events = EPOLLIN};
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (server->epoll_fd < 0 ||
        epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, server->doorstep, &event) != 0)
        return -errno;
    int err = grow_events(server);
    if (!err)
        err = manager_bytes_reserve(&server->reply, MANAGER_SMALL_REPLY);
    for (uint32_t i = 0; !err && i < manager->count; i++)
        err = manager_object_add(server, &manager->objects[i]);
    return err;
}

/* What it inherited of its parent's own is in its way: the descriptors are many. */
static void close_supervisor(const struct supervisor *supervisor) {
    for (unsigned i = 0; i < supervisor->count; i++)
        if (supervisor->workers[i].pidfd >= 0)
            close(supervisor->workers[i].pidfd);
    close(supervisor->epoll_fd);
}

/* Who is taking a reply may finish; not for ever, since it may be stopped. */
static void finish_replies(struct manager_server *server) {
    uint64_t deadline_ns = clock_after_ns(MANAGER_GRACE_NS);
    while (server->taking) {
        struct pollfd ready = {.fd = server->taking->pipe.fd, .events = POLLOUT};
        if (poll(&ready, 1, clock_poll_ms(deadline_ns)) == 0)
            return;
        manager_answer_rest(server, server->taking);
    }
}

static int server_life(void *argument, unsigned number) {
    struct manager *manager = argument;
    struct manager_server server = {.doorstep = manager->doorstep, .open = true};
    (void)number;
    close(manager->door); /* or the end of all clients would not show */
    close_supervisor(manager->supervisor);
    int err = prepare(&server, manager);
    if (!err)
        err = run(&server, manager);
    /* What is left of its heap ends with the process. */
    for (struct manager_client *client; (client = server.parked);) {
        manager_unpark(&server, client);
        manager_answer_client(&server, client, -EPIPE);
    }
    finish_replies(&server);
    for (uint32_t id = 0; id < server.count; id++)
        manager_object_drop(&server, id);
    return err ? 1 : 0;
}

int manager_open(struct manager *manager, const struct manager_object *objects, uint32_t count) {
    int fds[2]; /* SEQPACKET: several may send at once, and the end shows */
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
        return -errno;
    *manager =
        (struct manager){.door = fds[0], .doorstep = fds[1], .objects = objects, .count = count};
    return 0;
}

int manager_start(struct manager *manager, struct supervisor *supervisor) {
    manager->supervisor = supervisor;
    int err = supervisor_start(supervisor, WORKER_PROCESS, "manager", server_life, manager);
    if (err)
        return err;
    close(manager->doorstep);
    manager->doorstep = -1;
    return 0;
}

void manager_close(struct manager *manager) {
    if (manager->door > 0) /* 0: a zeroed struct */
        close(manager->door);
    if (manager->doorstep > 0)
        close(manager->doorstep);
    *manager = (struct manager){.door = -1, .doorstep = -1};
}
