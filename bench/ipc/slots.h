/* Slots: a ring of messages in shared pages, for transports whose primitive carries no data. One
 * putter, one getter. It never waits; how to wait is what the transports differ in.
 * Source: Lamport, "Specifying concurrent program modules", TOPLAS 5(2), 1983. */
#ifndef BENCH_IPC_SLOTS_H
#define BENCH_IPC_SLOTS_H

#include "bench/ipc/transport.h"

#include <stdatomic.h>
#include <stdbool.h>

/* Lives in arena pages. Putter and getter have a cache line each. */
struct slots {
    _Alignas(64) _Atomic uint64_t put; /* messages ever put; the putter's */
    _Alignas(64) _Atomic uint64_t got; /* messages ever taken; the getter's */
    _Alignas(64) uint64_t capacity;
    size_t bytes, slot_bytes;
    _Alignas(64) unsigned char messages[];
};

/* For the channel's messages and capacity. 0 and *slots, or -errno. */
int slots_open(const struct channel *channel, struct slots **slots);

/* Copies a message into the ring; false when it is full. The getter that finds the message also
 * sees everything that was written before. */
bool slots_put(struct slots *slots, const void *message);

/* Copies the oldest message out; false when there is none. */
bool slots_get(struct slots *slots, void *message);

#endif
