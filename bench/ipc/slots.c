/* The ring of slots; contracts in slots.h. */
#include "bench/ipc/slots.h"

#include "base/size.h"

#include <errno.h>
#include <string.h>

int slots_open(const struct channel *channel, struct slots **opened) {
    uint64_t slot_bytes = size_align(channel->bytes, 64), bytes;
    void *piece;
    if (!size_multiply(channel->capacity, slot_bytes, &bytes) ||
        !size_add(bytes, sizeof(struct slots), &bytes) || bytes > SIZE_MAX)
        return -ENOMEM;
    int err = arena_take(channel->arena, bytes, &piece);
    if (err)
        return err;
    struct slots *slots = piece;
    slots->capacity = channel->capacity;
    slots->bytes = channel->bytes;
    slots->slot_bytes = slot_bytes;
    *opened = slots;
    return 0;
}

static void *slot_at(struct slots *slots, uint64_t number) {
    return slots->messages + number % slots->capacity * slots->slot_bytes;
}

bool slots_put(struct slots *slots, const void *message) {
    uint64_t put = atomic_load_explicit(&slots->put, memory_order_relaxed); /* our own */
    /* Acquire: the getter has copied the message whose slot is used again. */
    if (put - atomic_load_explicit(&slots->got, memory_order_acquire) == slots->capacity)
        return false;
    memcpy(slot_at(slots, put), message, slots->bytes);
    atomic_store_explicit(&slots->put, put + 1, memory_order_release);
    return true;
}

bool slots_get(struct slots *slots, void *message) {
    uint64_t got = atomic_load_explicit(&slots->got, memory_order_relaxed); /* our own */
    if (atomic_load_explicit(&slots->put, memory_order_acquire) == got)
        return false;
    memcpy(message, slot_at(slots, got), slots->bytes);
    atomic_store_explicit(&slots->got, got + 1, memory_order_release);
    return true;
}
