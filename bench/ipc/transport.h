/* Shelf: how a message travels from one worker to another. A transport is a file that ends with one
 * const struct; transports.def lists it. The experiment ipc measures them all. */
#ifndef BENCH_IPC_TRANSPORT_H
#define BENCH_IPC_TRANSPORT_H

#include "mp/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One way from one sender to one receiver, for messages that are all of the same length. Opened by
 * the process that starts both; then each has it, the other process through a fork. */
struct channel {
    struct arena *arena; /* for what must lie in shared pages */
    size_t bytes;        /* of every message, at least 1 */
    /* How many messages it holds: before open what is wished, at least 1, afterwards what there is;
     * 0: the kernel counts bytes instead. */
    uint64_t capacity;
    void *state; /* the transport's own */
};

struct transport {
    const char *name;    /* lower case, one word */
    const char *summary; /* one line */
    bool ours;           /* built in src/mp, not the system's own */
    /* NULL when it works here, else the reason. NULL here: it always works. */
    const char *(*unavailable)(void);
    /* Before the workers start. 0 or -errno, and nothing to close after a failure. */
    int (*open)(struct channel *channel);
    /* Blocks until the message is on its way: the buffer is the sender's again. 0 or -errno. The
     * sender only. What the sender wrote before is seen by the receiver of the message. */
    int (*send)(struct channel *channel, const void *message);
    /* Blocks until a message has come. 0 or -errno. The receiver only. */
    int (*receive)(struct channel *channel, void *message);
    /* In the process that opened, when nobody sends or receives any more. A worker that was killed
     * meanwhile may have left what cannot be closed: then do without. */
    void (*close)(struct channel *channel);
};

/* All transports in the order of transports.def; *count of them. */
const struct transport *const *transport_list(unsigned *count);

/* NULL when it works on this machine, else the reason. */
const char *transport_unavailable(const struct transport *transport);

#endif
