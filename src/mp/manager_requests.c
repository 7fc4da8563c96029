/* How a manager's server carries out requests, one at a time; contracts in manager.h. One that must
 * wait is parked with its client, which sends no other meanwhile. */
#include "mp/manager_server.h"

#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ---- objects ---- */

int manager_object_add(struct manager_server *server, const struct manager_object *object) {
    struct manager_object *objects =
        realloc(server->objects, (server->count + 1) * sizeof *objects);
    if (!objects)
        return -ENOMEM;
    server->objects = objects;
    objects[server->count++] = *object;
    return 0;
}

static int64_t new_object(struct manager_server *server, const void *request, size_t bytes) {
    struct manager_object object = {0};
    if (bytes != sizeof(struct manager_new))
        return -EINVAL;
    if (server->count >= INT32_MAX)
        return -ENOSPC;
    int err = manager_object_new(request, &object);
    if (err)
        return err;
    err = manager_object_add(server, &object);
    if (err)
        object.close(object.context);
    return err ? err : (int64_t)server->count - 1;
}

int64_t manager_object_drop(struct manager_server *server, uint32_t id) {
    if (id >= server->count || !server->objects[id].call)
        return -ENOENT;
    struct manager_object object = server->objects[id];
    server->objects[id] = (struct manager_object){0};
    if (object.close)
        object.close(object.context);
    return 0;
}

/* ---- requests ---- */

static const struct manager_request *request_of(const struct manager_client *client) {
    return (const struct manager_request *)client->request.at;
}

/* The object that a request is about, also when it is to be dropped. */
static uint32_t object_of(const struct manager_client *client) {
    const struct manager_request *request = request_of(client);
    uint32_t id = request->object;
    if (id == MANAGER_SERVER && request->verb == MANAGER_DROP &&
        client->request.length == sizeof *request + sizeof id)
        memcpy(&id, request->bytes, sizeof id);
    return id;
}

static int64_t own_verb(struct manager_server *server, const struct manager_client *client) {
    const struct manager_request *request = request_of(client);
    switch (request->verb) {
    case MANAGER_NEW:
        return new_object(server, request->bytes, client->request.length - sizeof *request);
    case MANAGER_DROP:
        return manager_object_drop(server, object_of(client));
    case MANAGER_END:
        server->ended = true;
        return 0;
    default:
        return -ENOSYS;
    }
}

static int64_t carry_out(struct manager_server *server, const struct manager_client *client) {
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

/* What is to be told of a client's pipe: that it can be read, or written. */
static int watch(const struct manager_server *server, struct manager_client *client,
                 uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = client};
    return epoll_ctl(server->epoll_fd, EPOLL_CTL_MOD, client->pipe.fd, &event) == 0 ? 0 : -errno;
}

/* Leaves the reply to the client, as far as it has not been sent, and gets a new one. */
static int leave_reply(struct manager_server *server, struct manager_client *client, size_t bytes,
                       size_t sent) {
    struct manager_bytes fresh = {0};
    int err = manager_bytes_reserve(&fresh, MANAGER_SMALL_REPLY);
    if (!err)
        err = watch(server, client, EPOLLOUT);
    if (err) {
        free(fresh.at);
        return err;
    }
    client->reply = server->reply;
    client->reply.length = bytes;
    client->sent = sent;
    client->next = server->taking;
    server->taking = client;
    server->reply = fresh;
    return 0;
}

/* A client that has died meanwhile shows by its pipe's end, later. */
void manager_answer_client(struct manager_server *server, struct manager_client *client,
                           int64_t status) {
    struct manager_reply *reply = (struct manager_reply *)server->reply.at;
    size_t bytes = status < 0 ? sizeof *reply : server->reply.length, sent = 0;
    *reply = (struct manager_reply){.status = status};
    int err = pipe_send_part(&client->pipe, reply, bytes, &sent);
    if (err == -EAGAIN && leave_reply(server, client, bytes, sent) != 0)
        shutdown(client->pipe.fd, SHUT_RDWR); /* the end, for both */
}

void manager_answer_rest(struct manager_server *server, struct manager_client *client) {
    struct manager_bytes *reply = &client->reply;
    if (pipe_send_part(&client->pipe, reply->at, reply->length, &client->sent) == -EAGAIN)
        return;
    struct manager_client **at = &server->taking;
    while (*at != client)
        at = &(*at)->next;
    *at = client->next;
    free(reply->at);
    *reply = (struct manager_bytes){0};
    if (watch(server, client, EPOLLIN) != 0)
        shutdown(client->pipe.fd, SHUT_RDWR);
}

/* ---- requests that wait ---- */

static void park(struct manager_server *server, struct manager_client *client) {
    struct manager_client **at = &server->parked;
    while (*at)
        at = &(*at)->next;
    *at = client;
    client->next = NULL;
    client->parked = true;
}

/* Takes the client at *at out of the list; *at is then the one behind it. */
static struct manager_client *unpark(struct manager_client **at) {
    struct manager_client *client = *at;
    *at = client->next;
    client->parked = false;
    return client;
}

/* After a request to the object: those that waited for it, until none gets any further. */
static void retry(struct manager_server *server, uint32_t id) {
    bool progress;
    do {
        progress = false;
        for (struct manager_client **at = &server->parked; *at;) {
            int64_t status = -EAGAIN;
            if (object_of(*at) == id)
                status = carry_out(server, *at);
            if (status == -EAGAIN) {
                at = &(*at)->next;
                continue;
            }
            manager_answer_client(server, unpark(at), status);
            progress = true;
        }
    } while (progress);
}

uint64_t manager_expire(struct manager_server *server) {
    uint64_t next = CLOCK_NEVER;
    for (struct manager_client **at = &server->parked; *at;) {
        uint64_t deadline_ns = request_of(*at)->deadline_ns;
        if (deadline_ns != CLOCK_NEVER && deadline_ns <= clock_now_ns()) {
            manager_answer_client(server, unpark(at), -ETIMEDOUT);
            continue;
        }
        next = deadline_ns < next ? deadline_ns : next;
        at = &(*at)->next;
    }
    return next;
}

void manager_unpark(struct manager_server *server, struct manager_client *client) {
    struct manager_client **at = &server->parked;
    while (*at != client)
        at = &(*at)->next;
    unpark(at);
}

void manager_serve(struct manager_server *server, struct manager_client *client) {
    uint32_t object = object_of(client); /* before the request may be overwritten */
    int64_t status = carry_out(server, client);
    if (status == -EAGAIN && request_of(client)->deadline_ns != 0) {
        park(server, client);
        return;
    }
    manager_answer_client(server, client, status == -EAGAIN ? -ETIMEDOUT : status);
    retry(server, object);
}
