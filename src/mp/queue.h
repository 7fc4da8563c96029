/* Queue: a bounded first-in-first-out of whole messages, many putters, many getters, processes or
 * threads. A ring in shared pages under one robust lock with two conditions (lock + conditions →
 * queue).
 *
 * Safe under a kill at any instant: a message is written before the store that commits it, and
 * taken by one store too. Wakes are few, since they cost more than messages: only those who sleep
 * are woken, and putters not before the queue is down to its low water. Messages of one putter
 * arrive in their order.
 *
 * queue_put and queue_get copy under the lock: copying outside needs a slot that is reserved, and
 * whoever is killed between reserve and commit leaves a hole that nobody can close. That is their
 * price for large messages, since putters and getters copy in turn. Known putters can make theirs
 * in slots outside the ring, which change places with one of its own (queue_borrow); a single
 * getter can take them where they lie (queue_front). */
#ifndef MP_QUEUE_H
#define MP_QUEUE_H

#include "mp/arena.h"
#include "mp/bell.h"
#include "mp/condition.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Two places whose slots change, written down first: the next to put or borrow completes what is
 * still under way; others do not look at such places. */
struct queue_exchange {
    uint64_t places[2], slots[2]; /* what will lie where */
    _Atomic bool under_way;
};

/* Lives in arena pages. */
struct queue {
    struct lock lock; /* guards all below; head and tail change by one store each */
    struct condition not_empty, not_full;
    /* For a process that polls: set them, or leave them NULL, before workers start. A getter that
     * polls (queue_ready, queue_front) needs the first bell on its queue, and the second on every
     * queue at which its putters sleep: then each of its messages is announced at the latest before
     * the putter sleeps. */
    struct bell *on_half_full; /* rung by a put that finds the queue at least half full */
    struct bell *on_empty; /* rung by a getter that finds it empty, before it sleeps or leaves */
    uint64_t capacity;     /* messages */
    /* Putters that sleep are woken when no more messages than this are left: capacity - 1 unless it
     * is lowered before workers start, which only those may do whose getters never stop while
     * messages are left. */
    uint64_t low_water;
    size_t message_bytes;      /* the largest message */
    size_t slot_bytes;         /* a length and a message, aligned */
    _Atomic uint64_t put, got; /* messages ever committed and taken */
    _Atomic bool closed;
    /* Which slot lies where: `capacity` places in the ring, then one on loan to each borrower. */
    _Atomic uint64_t *places;
    struct queue_exchange exchange;
    _Alignas(64) unsigned char slots[];
};

/* A queue for `capacity` ≥ 1 messages of up to message_bytes ≥ 1 bytes. 0 and *queue, or -errno. */
int queue_open(struct arena *arena, uint64_t capacity, size_t message_bytes, struct queue **queue);

/* Puts a copy of a message of 1 … message_bytes bytes. Blocks while the queue is full; woken by
 * getters and by queue_close. 0; -EPIPE: closed; -EMSGSIZE. The timed twin: -ETIMEDOUT at the
 * deadline, also a past one (CLOCK_NEVER blocks; 0 tries once). */
int queue_put(struct queue *queue, const void *message, size_t bytes);
int queue_put_until(struct queue *queue, const void *message, size_t bytes, uint64_t deadline_ns);

/* Puts several messages of `bytes` bytes each, which lie one behind the other, and wakes for all at
 * once. Blocks while there is no room for any. How many were put, ≥ 1: those that fitted; or the
 * errors of queue_put. */
int64_t queue_put_some(struct queue *queue, const void *messages, size_t bytes, uint64_t count);

/* For `borrowers` known putters, each a process or thread at a time, that make a message where it
 * will lie: a slot is always on loan to each, so nothing is copied and nobody waits for the lock
 * while a message is made. queue_put works too. Returns as queue_open. */
int queue_open_lending(struct arena *arena, uint64_t capacity, size_t message_bytes,
                       uint64_t borrowers, struct queue **queue);

/* The slot that is on loan to borrower 0 … borrowers - 1, message_bytes long and 16-byte aligned,
 * with whatever was in it last; also after another one with its number died at any instant, in the
 * middle of a put too. Blocks for the lock only. 0 or -errno. */
int queue_borrow(struct queue *queue, uint64_t borrower, void **message);

/* Puts the message of so many bytes that lies there; then that slot is the queue's, and *message
 * the one for the next. Blocks, and returns, as queue_put does; after an error the slot is still on
 * loan, as it is. */
int queue_put_borrowed(struct queue *queue, uint64_t borrower, void **message, size_t bytes);
int queue_put_borrowed_until(struct queue *queue, uint64_t borrower, void **message, size_t bytes,
                             uint64_t deadline_ns);

/* Takes the oldest message: copies it into buffer (`size` bytes, at least message_bytes) and
 * returns its length. Blocks while the queue is empty and open. -EPIPE: closed and empty, the end
 * of all messages. The timed twin as above. */
long queue_get(struct queue *queue, void *buffer, size_t size);
long queue_get_until(struct queue *queue, void *buffer, size_t size, uint64_t deadline_ns);

/* For messages that stand for work: a getter that dies must not take one with it. The claim runs in
 * the getter, under the lock, before the message is removed, and writes down by one store (as
 * lease_claim does), where a supervisor finds it, that the getter has it. false: it is somebody
 * else's already; the message is removed, and the next one looked at. So a getter killed between
 * its claim and the removal leaves a message that nobody can claim, which does no harm. */
struct queue_claim {
    bool (*claim)(void *context, const void *message);
    void *context;
};

/* queue_get_until for such messages. */
long queue_get_claimed(struct queue *queue, void *buffer, size_t size, uint64_t deadline_ns,
                       const struct queue_claim *claim);

/* For a queue with one getter, which need not copy, nor take the lock for each: the oldest message
 * but `ahead` others, none of which has been dropped, where it lies, valid until it is dropped.
 * Never blocks. Its length, -EAGAIN: there are no more, -EPIPE: and it is closed. Then the oldest
 * `count` messages, all of which have been seen, are dropped; until then they take up room. */
long queue_peek(struct queue *queue, uint64_t ahead, const void **message);
void queue_drop_some(struct queue *queue, uint64_t count);

/* One by one. */
static inline long queue_front(struct queue *queue, const void **message) {
    return queue_peek(queue, 0, message);
}

static inline void queue_drop(struct queue *queue) {
    queue_drop_some(queue, 1);
}

/* For that one getter: would queue_front find a message, or the end? (A queue as a predicate's
 * argument.) */
bool queue_ready(const void *queue);

/* Messages in the queue at some instant of the call, and whether there were none, or no room. True
 * then, perhaps not any more: for a display, never to decide whether work is left. */
uint64_t queue_size(const struct queue *queue);
bool queue_empty(const struct queue *queue);
bool queue_full(const struct queue *queue);

/* Messages ever taken: whether it has changed tells a putter whether getters are at work. */
uint64_t queue_taken(const struct queue *queue);

/* No more puts; what is inside can still be got. Wakes everybody. Any worker, any number of times.
 */
void queue_close(struct queue *queue);

/* Wakes all who wait, to look again: for a supervisor, after a worker's death, since a wake may
 * have been spent on the dead. */
void queue_wake(struct queue *queue);

#endif
