/* Manager: a server process that owns objects, and proxies through which other processes and
 * threads use them (worker + pipe → manager), as Python's multiprocessing.Manager. What it holds
 * ready, lists, dictionaries, values and queues, is in manager_types.h; this is how any object is
 * reached, also one of your own.
 *
 * A verb is one request and one reply, both whole messages over the proxy's private pipe. The
 * server carries them out one at a time, so each is indivisible, and takes turns between its
 * clients. A verb that must wait (for a message in a queue) does not hold the server up: its
 * deadline travels with the request, the server puts the request aside and answers later, as soon
 * as another request to the same object lets it, oldest first, or with -ETIMEDOUT at the deadline.
 *
 * Deaths. A client that dies is forgotten. A request of which it had sent all is carried out, and
 * one of which it had sent a part, or that was put aside, is not. When the server dies all objects
 * are lost: a request that was not delivered returns -EPIPE, one whose reply never came
 * -EOWNERDEAD. The server's death is news for its supervisor; it dies with its parent itself.
 *
 * Nor does a client that is stopped, not dead, or one that does not take its reply, hold the server
 * up: what does not fit its pipe waits on the server's heap. Told to end, the server gives replies
 * that are being taken MANAGER_GRACE_NS more. */
#ifndef MP_MANAGER_H
#define MP_MANAGER_H

#include "mp/pipe.h"
#include "mp/supervisor.h"

#include <stddef.h>
#include <stdint.h>

/* Bytes on the heap that grow as needed. */
struct manager_bytes {
    unsigned char *at;
    size_t length, room;
};

/* Appends, for a reply. 0 or -ENOMEM. */
int manager_bytes_add(struct manager_bytes *bytes, const void *more, size_t length);

/* An object carries out a request, in the server and there alone. Adds to the reply (or not) and
 * returns what the verb returns: ≥ 0 or -errno. -EAGAIN: not now, and nothing was changed; it is
 * called again after the next request to this object. The request's bytes are aligned as by malloc
 * and end with the call. */
typedef int64_t manager_function(void *context, uint32_t verb, const void *request, size_t bytes,
                                 struct manager_bytes *reply);

struct manager_object {
    manager_function *call;
    void (*close)(void *context); /* in the server, when it is dropped or all ends; may be NULL */
    void *context;                /* as it was when the server was started: the server's copy */
};

/* Each process that was started after manager_open has its copy. */
struct manager {
    int door, doorstep; /* clients send the server their pipes; it finds them on the doorstep */
    const struct manager_object *objects;
    uint32_t count;
    struct supervisor *supervisor;
    /* Set it between manager_open and manager_start, or leave it: the server says that it waits for
     * requests from now on, or not any more. */
    void (*waits)(void *context, bool waits);
    void *waits_context;
};

/* A manager of `count` objects of your own, numbered from 0, which must live until manager_start (0
 * and NULL: none). 0 or -errno, and nothing to close after a failure. */
int manager_open(struct manager *manager, const struct manager_object *objects, uint32_t count);

/* Starts the server as one of the supervisor's processes. Its heap: the objects, a request per
 * client, a reply. It ends, with exit code 0, when manager_end was called, or when all proxies are
 * disconnected and all processes have closed the manager. Once, by the process that opened it. 0 or
 * -errno. */
int manager_start(struct manager *manager, struct supervisor *supervisor);

/* In each process that has a copy and will connect no more. Accepts a closed or zeroed one. */
void manager_close(struct manager *manager);

/* A client's way to all objects. Used by one thread at a time. A process that was forked while it
 * was open must disconnect its copy, so better connect afterwards. */
struct manager_proxy {
    struct pipe_end pipe;
    struct manager_bytes request, reply; /* on the heap: as large as the largest so far */
    bool asked;                          /* a reply is outstanding */
    /* How long a verb waits for its reply before it gives the server up; CLOCK_NEVER from
     * manager_connect on, and yours to change: the timed twin of all verbs at once. */
    uint64_t patience_ns;
};

/* A verb with a deadline of its own waits until then, and so long (or patience_ns, if that is less)
 * for a server that does not even answer. */
#define MANAGER_GRACE_NS UINT64_C(1000000000)

/* Any process or thread; processes that were started before the server must do it, or
 * manager_close, before they do anything else. Blocks until the server has let it in. 0; -EPIPE:
 * there is no server any more, or it has no descriptor or memory left; or -errno. Nothing is to be
 * disconnected after a failure. The timed twin: -ETIMEDOUT at the deadline. */
int manager_connect(struct manager *manager, struct manager_proxy *proxy);
int manager_connect_until(struct manager *manager, struct manager_proxy *proxy,
                          uint64_t deadline_ns);

/* Also a proxy that is disconnected or zeroed already. */
void manager_disconnect(struct manager_proxy *proxy);

/* A verb in two halves, for a client that has something to do meanwhile. First: where to put up to
 * `bytes` bytes of request, NULL: no memory. Then: sends it. The deadline is for the verb, if it is
 * one that waits: 0 tries once. 0; -EPIPE: the server ended, or had no memory for the request;
 * -EBUSY: a reply is outstanding. Blocks only while the request is longer than the pipe's buffer
 * and the server does not take it. */
void *manager_room(struct manager_proxy *proxy, size_t bytes);
int manager_ask(struct manager_proxy *proxy, uint32_t object, uint32_t verb, size_t bytes,
                uint64_t deadline_ns);

/* The second half: blocks until the reply is there. What the object returned: ≥ 0 and the reply's
 * bytes, where manager_reply tells, until the next answer; -errno: no bytes; -ENOENT: no such
 * object; -EOWNERDEAD: the server died or ended first; -EPIPE: it was told to end while this
 * waited. The timed twin gives up at the deadline with -ETIMEDOUT, should the server not even
 * answer; then the reply is still outstanding, and proxy->asked says so: what became of the verb
 * only that tells, to whoever calls this again, and no other verb is possible before. */
int64_t manager_answer(struct manager_proxy *proxy);
int64_t manager_answer_until(struct manager_proxy *proxy, uint64_t deadline_ns);
const void *manager_reply(const struct manager_proxy *proxy, size_t *bytes); /* bytes: or NULL */

/* Both halves, for a verb that does not wait: what manager_ask or manager_answer_until returns,
 * whose deadline is the end of the proxy's patience. */
int64_t manager_call(struct manager_proxy *proxy, uint32_t object, uint32_t verb,
                     const void *request, size_t bytes);

/* Tells the server to end; requests put aside get -EPIPE. 0 or the errors of manager_call. */
int manager_end(struct manager_proxy *proxy);

#endif
