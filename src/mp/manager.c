/* A manager's server; contracts in manager.h. One thread: it polls the door, where clients hand in
 * their pipes, and the pipes, and carries out one request of each that is ready before it polls
 * again. A request that must wait is parked with its client, which sends no other meanwhile. */
#include "mp/manager.h"

#include "base/clock.h"
#include "mp/manager_wire.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Room for a reply that there always is, so that short ones never fail. */
#define SMALL_REPLY 4096

struct client {
    struct pipe_end pipe;
    struct manager_bytes request;
    bool parked;
    struct client *next; /* of those parked */
};

/* Lives in the server process alone. */
struct server {
    int epoll_fd, doorstep;
    bool open, ended; /* somebody may still come; manager_end was called */
    unsigned clients;
    struct epoll_event *events; /* on the heap: as many as could come at once */
    unsigned events_most;
    struct client *parked;          /* oldest first */
    struct manager_object *objects; /* on the heap; a dropped one has no call */
    uint32_t count;
    struct manager_bytes reply;
};

/* ---- objects ---- */

static int add_object(struct server *server, const struct manager_object *object) {
    struct manager_object *objects =
        realloc(server->objects, (server->count + 1) * sizeof *objects);
    if (!objects)
        return -ENOMEM;
    server->objects = objects;
    objects[server->count++] = *object;
    return 0;
}

static int64_t new_object(struct server *server, const void *request, size_t bytes) {
    struct manager_object object = {0};
    if (bytes != sizeof(struct manager_new))
        return -EINVAL;
    if (server->count >= INT32_MAX)
        return -ENOSPC;
    int err = manager_object_new(request, &object);
    if (err)
        return err;
    err = add_object(server, &object);
    if (err)
        object.close(object.context);
    return err ? err : (int64_t)server->count - 1;
}

static int64_t drop_object(struct server *server, uint32_t id) {
    if (id >= server->count || !server->objects[id].call)
        return -ENOENT;
    struct manager_object object = server->objects[id];
    server->objects[id] = (struct manager_object){0};
    if (object.close)
        object.close(object.context);
    return 0;
}

/* ---- requests ---- */

static const struct manager_request *request_of(const struct client *client) {
    return (const struct manager_request *)client->request.at;
}

/* The object that a request is about, also when it is to be dropped. */
static uint32_t object_of(const struct client *client) {
    const struct manager_request *request = request_of(client);
    uint32_t id = request->object;
    if (id == MANAGER_SERVER && request->verb == MANAGER_DROP &&
        client->request.length == sizeof *request + sizeof id)
        memcpy(&id, request->bytes, sizeof id);
    return id;
}

static int64_t own_verb(struct server *server, const struct client *client) {
    const struct manager_request *request = request_of(client);
    switch (request->verb) {
    case MANAGER_NEW:
        return new_object(server, request->bytes, client->request.length - sizeof *request);
    case MANAGER_DROP:
        return drop_object(server, object_of(client));
    case MANAGER_END:
        server->ended = true;
        return 0;
    default:
        return -ENOSYS;
    }
}

static int64_t carry_out(struct server *server, const struct client *client) {
    const struct manager_request *request = request_of(client);
    server->reply.length = sizeof(struct manager_reply);
    if (request->object == MANAGER_SERVER)
        return own_verb(server, client);
    if (request->object >= server->count || !server->objects[request->object].call)
        return -ENOENT;
    const struct manager_object *object = &server->objects[request->object];
    return object->call(object->context, request->verb, request->bytes,
                        client->request.length - sizeof *request, &server->reply);
}

/* A client that has died meanwhile shows by its pipe's end, later. */
static void answer(struct server *server, struct client *client, int64_t status) {
    struct manager_reply *reply = (struct manager_reply *)server->reply.at;
    *reply = (struct manager_reply){.status = status};
    pipe_send(&client->pipe, reply, status < 0 ? sizeof *reply : server->reply.length);
}

/* ---- requests that wait ---- */

static void park(struct server *server, struct client *client) {
    struct client **at = &server->parked;
    while (*at)
        at = &(*at)->next;
    *at = client;
    client->next = NULL;
    client->parked = true;
}

/* Takes the client at *at out of the list; *at is then the one behind it. */
static struct client *unpark(struct client **at) {
    struct client *client = *at;
    *at = client->next;
    client->parked = false;
    return client;
}

/* After a request to the object: those that waited for it, until none gets any further. */
static void retry(struct server *server, uint32_t id) {
    bool progress;
    do {
        progress = false;
        for (struct client **at = &server->parked; *at;) {
            int64_t status = -EAGAIN;
            if (object_of(*at) == id)
                status = carry_out(server, *at);
            if (status == -EAGAIN) {
                at = &(*at)->next;
                continue;
            }
            answer(server, unpark(at), status);
            progress = true;
        }
    } while (progress);
}

/* Answers those whose deadline has passed; the next deadline. */
static uint64_t expire(struct server *server) {
    uint64_t next = CLOCK_NEVER;
    for (struct client **at = &server->parked; *at;) {
        uint64_t deadline_ns = request_of(*at)->deadline_ns;
        if (deadline_ns != CLOCK_NEVER && deadline_ns <= clock_now_ns()) {
            answer(server, unpark(at), -ETIMEDOUT);
            continue;
        }
        next = deadline_ns < next ? deadline_ns : next;
        at = &(*at)->next;
    }
    return next;
}

/* ---- clients ---- */

static void forget(struct server *server, struct client *client) {
    struct client **at = &server->parked;
    while (client->parked && *at != client)
        at = &(*at)->next;
    if (client->parked)
        unpark(at);
    pipe_close(&client->pipe);
    free(client->request.at);
    free(client);
    server->clients--;
}

/* The pipe is readable: a request, or the end. */
static void serve(struct server *server, struct client *client) {
    if (manager_bytes_receive(&client->request, &client->pipe, CLOCK_NEVER) != 0 ||
        client->request.length < sizeof(struct manager_request)) {
        forget(server, client);
        return;
    }
    uint32_t object = object_of(client); /* before the request may be overwritten */
    int64_t status = carry_out(server, client);
    if (status == -EAGAIN && request_of(client)->deadline_ns != 0) {
        park(server, client);
        return;
    }
    answer(server, client, status == -EAGAIN ? -ETIMEDOUT : status);
    retry(server, object);
}

/* Room for one more client; never less, since run may be walking through them. */
static int grow_events(struct server *server) {
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

static int add_client(struct server *server, int fd) {
    struct client *client = calloc(1, sizeof *client);
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
    answer(server, client, 0); /* welcome: it is waiting for that */
    return 0;
}

/* Somebody is at the door, or nobody will come any more. Who cannot be let in sees the end. */
static void let_in(struct server *server) {
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
static void forget_parked(struct server *server, int ready) {
    for (int i = 0; i < ready; i++) {
        struct client *client = server->events[i].data.ptr;
        if (!client || !client->parked)
            continue;
        forget(server, client);
        server->events[i].events = 0;
    }
}

/* Until somebody is ready, or a deadline passes: how many are, or -errno. */
static int wait_for_requests(struct server *server, const struct manager *manager) {
    int timeout = clock_poll_ms(expire(server)), most = (int)server->events_most;
    if (manager->waits)
        manager->waits(manager->waits_context, true);
    int ready = epoll_wait(server->epoll_fd, server->events, most, timeout);
    int err = ready < 0 ? -errno : 0;
    if (manager->waits)
        manager->waits(manager->waits_context, false);
    return err ? err : ready;
}

static int run(struct server *server, const struct manager *manager) {
    while (!server->ended && (server->open || server->clients > 0)) {
        int ready = wait_for_requests(server, manager);
        if (ready < 0 && ready != -EINTR)
            return ready;
        forget_parked(server, ready);
        for (int i = 0; i < ready; i++) {
            const struct epoll_event event = server->events[i]; /* let_in may move them */
            if (event.data.ptr && event.events)
                serve(server, event.data.ptr);
            else if (!event.data.ptr)
                let_in(server);
        }
    }
    return 0;
}

static int prepare(struct server *server, const struct manager *manager) {
    struct epoll_event event = {.events = EPOLLIN};
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (server->epoll_fd < 0 ||
        epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, server->doorstep, &event) != 0)
        return -errno;
    int err = grow_events(server);
    if (!err)
        err = manager_bytes_reserve(&server->reply, SMALL_REPLY);
    for (uint32_t i = 0; !err && i < manager->count; i++)
        err = add_object(server, &manager->objects[i]);
    return err;
}

/* What it inherited of its parent's own is in its way: the descriptors are many. */
static void close_supervisor(const struct supervisor *supervisor) {
    for (unsigned i = 0; i < supervisor->count; i++)
        if (supervisor->workers[i].pidfd >= 0)
            close(supervisor->workers[i].pidfd);
    close(supervisor->epoll_fd);
}

static int server_life(void *argument, unsigned number) {
    struct manager *manager = argument;
    struct server server = {.doorstep = manager->doorstep, .open = true};
    (void)number;
    close(manager->door); /* or the end of all clients would not show */
    close_supervisor(manager->supervisor);
    int err = prepare(&server, manager);
    if (!err)
        err = run(&server, manager);
    /* What is left of its heap ends with the process. */
    while (server.parked)
        answer(&server, unpark(&server.parked), -EPIPE);
    for (uint32_t id = 0; id < server.count; id++)
        drop_object(&server, id);
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
