/* What a manager's server is made of; for manager.c and manager_requests.c only. It lives in the
 * server process alone, and is one thread. */
#ifndef MP_MANAGER_SERVER_H
#define MP_MANAGER_SERVER_H

#include "mp/manager_wire.h"

#include <stdbool.h>
#include <sys/epoll.h>

struct manager_client {
    struct pipe_end pipe;
    struct manager_bytes request;
    bool parked;
    struct manager_bytes reply;  /* of which its pipe has taken `sent` bytes so far; */
    size_t sent;                 /* or none */
    struct manager_client *next; /* of those parked, or of those that take a reply */
};

struct manager_server {
    int epoll_fd, doorstep;
    bool open, ended; /* somebody may still come; manager_end was called */
    unsigned clients;
    struct epoll_event *events; /* on the heap: as many as could come at once */
    unsigned events_most;
    struct manager_client *parked;  /* oldest first */
    struct manager_client *taking;  /* a reply larger than a pipe's buffer */
    struct manager_object *objects; /* on the heap; a dropped one has no call */
    uint32_t count;
    struct manager_bytes reply;
};

/* Room for a reply that there always is, so that short ones never fail. */
#define MANAGER_SMALL_REPLY 4096

/* One more object at the end. 0 or -ENOMEM. */
int manager_object_add(struct manager_server *server, const struct manager_object *object);

/* 0 or -ENOENT. */
int64_t manager_object_drop(struct manager_server *server, uint32_t id);

/* A whole request has come: carries it out and answers, or parks its client; then those who wait
 * for the same object. */
void manager_serve(struct manager_server *server, struct manager_client *client);

/* Answers, with server->reply unless status < 0. What its pipe does not take now it gets when it is
 * ready for more, by manager_answer_rest; who gets one is manager_is_taking. Nobody waits for it.
 */
void manager_answer_client(struct manager_server *server, struct manager_client *client,
                           int64_t status);
void manager_answer_rest(struct manager_server *server, struct manager_client *client);
static inline bool manager_is_taking(const struct manager_client *client) {
    return client->reply.at != NULL;
}

/* Takes a client that is parked out of the list. */
void manager_unpark(struct manager_server *server, struct manager_client *client);

/* Answers those whose deadline has passed; the next deadline. */
uint64_t manager_expire(struct manager_server *server);

#endif
