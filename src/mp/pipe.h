/* Pipe: a private two-way channel of whole messages between two workers. Each end sends and
 * receives; a message of any length arrives whole or not at all, also when it is larger than the
 * kernel's buffer (then the sender waits while the receiver takes it away). Built on a socket pair,
 * because the kernel itself tells one end when nobody holds the other any more. Two ends that both
 * send more than the buffer before either receives wait for each other: that is the protocol's
 * deadlock, not the pipe's, and the timed sends find it.
 *
 * After a fork each process closes the ends that are not its own, or the end of the channel never
 * shows. */
#ifndef MP_PIPE_H
#define MP_PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One end; used by one worker at a time. Needs no shared pages: the descriptor is inherited. */
struct pipe_end {
    int fd;           /* readable when a message or the end has come; -1: closed */
    bool announced;   /* the length of the next message has been read */
    uint64_t pending; /* that length */
    uint64_t got;     /* of these, pipe_receive_part has received */
};

struct pipe {
    struct pipe_end ends[2];
};

/* 0 or -errno. */
int pipe_open(struct pipe *pipe);

/* Also for an end that is closed already. */
void pipe_close(struct pipe_end *end);

/* Sends a message of 1 … SIZE_MAX / 2 bytes. Blocks while the buffer is full. 0; -EPIPE: nobody
 * holds the other end; -EMSGSIZE; or -errno. The timed twin gives up at its deadline with
 * -ETIMEDOUT only if nothing has been sent yet: a message that has begun is finished. Deadline 0
 * tries once. Only if the other end takes nothing of it for a second after the deadline, while
 * something from there waits here unread, the two wait for each other: -EDEADLK, and the channel
 * has ended for both. */
int pipe_send(struct pipe_end *end, const void *message, size_t bytes);
int pipe_send_until(struct pipe_end *end, const void *message, size_t bytes, uint64_t deadline_ns);

/* For a server that must not wait for one client: sends as much of the message as there is room
 * for, from *sent on, which counts (0 at first). 0: all of it; -EAGAIN: the same again when the
 * descriptor can be written; or the errors of pipe_send. */
int pipe_send_part(struct pipe_end *end, const void *message, size_t bytes, size_t *sent);

/* Receives the next message into buffer, and returns its length. Blocks until there is one. -EPIPE:
 * nobody holds the other end and nothing is left, also when its holder died in the middle of a
 * message; -EMSGSIZE: it is longer than `size` bytes (pipe_length tells), and stays. The timed
 * twin: -ETIMEDOUT if none has begun. */
long pipe_receive(struct pipe_end *end, void *buffer, size_t size);
long pipe_receive_until(struct pipe_end *end, void *buffer, size_t size, uint64_t deadline_ns);

/* pipe_receive_until whose deadline holds in the middle of a message too: -ETIMEDOUT also if a part
 * is still to come; what has come is kept in the buffer, which must be the same, or a copy, the
 * next time. Deadline 0 never blocks. */
long pipe_receive_part(struct pipe_end *end, void *buffer, size_t size, uint64_t deadline_ns);

/* The length of the next message, without taking it; blocks and fails like pipe_receive_until. */
long pipe_length(struct pipe_end *end, uint64_t deadline_ns);

#endif
