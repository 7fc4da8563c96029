/* What a manager's server and proxies say to each other; for manager*.c only. Both structs begin a
 * message, their bytes fill the rest of it. */
#ifndef MP_MANAGER_WIRE_H
#define MP_MANAGER_WIRE_H

#include "mp/manager.h"

struct manager_request {
    uint64_t deadline_ns; /* of CLOCK_MONOTONIC, which all processes share */
    uint32_t object, verb;
    unsigned char bytes[];
};

struct manager_reply {
    int64_t status;
    uint64_t unused; /* so that the bytes are aligned as by malloc */
    unsigned char bytes[];
};

_Static_assert(sizeof(struct manager_request) % 16 == 0, "a request's bytes are aligned");
_Static_assert(sizeof(struct manager_reply) % 16 == 0, "a reply's bytes are aligned");

/* The server's own verbs. */
#define MANAGER_SERVER UINT32_MAX
enum manager_server_verb { MANAGER_NEW, MANAGER_DROP, MANAGER_END };

/* Behind MANAGER_NEW. */
struct manager_new {
    uint64_t capacity;
    uint32_t kind; /* enum manager_kind */
    uint32_t unused;
};

/* The containers' verbs, and what every request to them is: an index, a number, or the length of a
 * key; then the key and the string. */
enum manager_verb {
    MANAGER_LENGTH,
    MANAGER_APPEND,
    MANAGER_SET,
    MANAGER_GET,
    MANAGER_TAKE,
    MANAGER_ADD
};

struct manager_argument {
    uint64_t number;
    unsigned char bytes[];
};

/* Makes room for `room` bytes in all. 0 or -ENOMEM. */
int manager_bytes_reserve(struct manager_bytes *bytes, size_t room);

/* Receives the next message into *bytes, which grows. 0, -ENOMEM or the errors of
 * pipe_receive_part: after -ETIMEDOUT with the same bytes again. */
int manager_bytes_receive(struct manager_bytes *bytes, struct pipe_end *end, uint64_t deadline_ns);

/* A container of that kind (manager_types.h) on the heap. 0 or -errno. */
int manager_object_new(const struct manager_new *wanted, struct manager_object *object);

#endif
