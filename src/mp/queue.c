/* The bounded queue; contracts in queue.h. */
#include "mp/queue.h"

#include "base/clock.h"
#include "base/size.h"

#include <errno.h>
#include <string.h>

/* What lies in a slot. */
struct slot {
    uint64_t bytes;
    _Alignas(16) unsigned char message[]; /* as malloc would align it */
};

/* Under the lock, so that no ordering is needed; outside it the numbers are only hints. */
static uint64_t load(const _Atomic uint64_t *number) {
    return atomic_load_explicit(number, memory_order_relaxed);
}

static void commit(_Atomic uint64_t *number, uint64_t more) {
    atomic_store_explicit(number, load(number) + more, memory_order_release);
}

static bool is_closed(const struct queue *queue) {
    return atomic_load_explicit(&queue->closed, memory_order_relaxed);
}

/* The slot that lies in a place. */
static struct slot *slot_in(struct queue *queue, uint64_t place) {
    return (struct slot *)(queue->slots + load(&queue->places[place]) * queue->slot_bytes);
}

static struct slot *slot_at(struct queue *queue, uint64_t number) {
    return slot_in(queue, number % queue->capacity);
}

static uint64_t loan_to(const struct queue *queue, uint64_t borrower) {
    return queue->capacity + borrower;
}

/* Under the lock. Any number of times the same, so it may be killed anywhere; the stores, each with
 * release order, stay in theirs. */
static void complete_exchange(struct queue *queue) {
    struct queue_exchange *exchange = &queue->exchange;
    if (!atomic_load_explicit(&exchange->under_way, memory_order_relaxed))
        return;
    for (int i = 0; i < 2; i++)
        atomic_store_explicit(&queue->places[exchange->places[i]], exchange->slots[i],
                              memory_order_release);
    atomic_store_explicit(&exchange->under_way, false, memory_order_release);
}

/* Under the lock: what lies in one of the two places lies in the other. */
static void exchange(struct queue *queue, uint64_t one, uint64_t other) {
    struct queue_exchange *exchange = &queue->exchange;
    atomic_signal_fence(memory_order_seq_cst); /* nothing of it before the last one's end */
    exchange->places[0] = one;
    exchange->places[1] = other;
    exchange->slots[0] = load(&queue->places[other]);
    exchange->slots[1] = load(&queue->places[one]);
    atomic_store_explicit(&exchange->under_way, true, memory_order_release);
    complete_exchange(queue);
}

/* Its pages; the slots lie in their order. */
static int open_pages(struct arena *arena, uint64_t slots, size_t slot_bytes,
                      struct queue **opened) {
    uint64_t bytes, place_bytes;
    void *piece = NULL, *places = NULL;
    if (!size_multiply(slots, slot_bytes, &bytes) ||
        !size_multiply(slots, sizeof(uint64_t), &place_bytes) ||
        !size_add(bytes, sizeof(struct queue), &bytes) || bytes > SIZE_MAX)
        return -ENOMEM;
    int err = arena_take(arena, bytes, &piece);
    if (!err)
        err = arena_take(arena, place_bytes, &places);
    if (err)
        return err;
    *opened = piece;
    (*opened)->places = places;
    for (uint64_t i = 0; i < slots; i++)
        atomic_store_explicit(&(*opened)->places[i], i, memory_order_relaxed);
    return 0;
}

int queue_open_lending(struct arena *arena, uint64_t capacity, size_t message_bytes,
                       uint64_t borrowers, struct queue **opened) {
    struct queue *queue;
    uint64_t slots;
    if (message_bytes > SIZE_MAX / 4 || !size_add(capacity, borrowers, &slots))
        return -ENOMEM;
    size_t slot_bytes = size_align(sizeof(struct slot) + message_bytes, 64);
    int err = open_pages(arena, slots, slot_bytes, &queue);
    if (err)
        return err;
    queue->capacity = capacity;
    queue->low_water = capacity - 1;
    queue->message_bytes = message_bytes;
    queue->slot_bytes = slot_bytes;
    *opened = queue;
    return lock_open(&queue->lock);
}

int queue_open(struct arena *arena, uint64_t capacity, size_t message_bytes,
               struct queue **opened) {
    return queue_open_lending(arena, capacity, message_bytes, 0, opened);
}

/* `put` is read between two looks at `got` that saw the same, so both held at that instant. */
uint64_t queue_size(const struct queue *queue) {
    for (;;) {
        uint64_t got = atomic_load_explicit(&queue->got, memory_order_acquire);
        uint64_t put = atomic_load_explicit(&queue->put, memory_order_acquire);
        if (load(&queue->got) == got)
            return put - got;
    }
}

bool queue_empty(const struct queue *queue) {
    return queue_size(queue) == 0;
}

bool queue_full(const struct queue *queue) {
    return queue_size(queue) >= queue->capacity;
}

uint64_t queue_taken(const struct queue *queue) {
    return load(&queue->got);
}

/* Acquires the lock with the queue in a state to put into. */
static int enter_to_put(struct queue *queue, uint64_t deadline_ns) {
    int err = lock_acquire_within(&queue->lock, deadline_ns);
    if (err < 0)
        return err;
    bool late = deadline_ns == 0;
    while (!is_closed(queue) && queue_size(queue) == queue->capacity) {
        if (late) {
            lock_release(&queue->lock);
            return -ETIMEDOUT;
        }
        err = condition_wait(&queue->not_full, &queue->lock, deadline_ns);
        if (err < 0 && err != -ETIMEDOUT)
            return err == -EBUSY ? -ETIMEDOUT : err;
        late = err == -ETIMEDOUT; /* but room may have come meanwhile */
    }
    complete_exchange(queue); /* that somebody died in */
    if (!is_closed(queue))
        return 0;
    lock_release(&queue->lock);
    return -EPIPE;
}

/* Under the lock: as many of the messages as there is room for, which are there at once. */
static uint64_t place(struct queue *queue, const unsigned char *messages, size_t bytes,
                      uint64_t count) {
    uint64_t put = load(&queue->put);
    count = size_min(count, queue->capacity - queue_size(queue));
    for (uint64_t i = 0; i < count; i++) {
        struct slot *slot = slot_at(queue, put + i);
        slot->bytes = bytes;
        memcpy(slot->message, messages + i * bytes, bytes);
    }
    commit(&queue->put, count);
    return count;
}

/* Releases the lock after so many messages were put, and wakes whom they concern. */
static void leave_after_put(struct queue *queue, uint64_t count) {
    bool half_full = queue_size(queue) >= size_divide_up(queue->capacity, 2);
    lock_release(&queue->lock);
    condition_notify_some(&queue->not_empty, count);
    if (half_full && queue->on_half_full)
        bell_ring(queue->on_half_full);
}

static bool fits(const struct queue *queue, size_t bytes) {
    return bytes > 0 && bytes <= queue->message_bytes;
}

static int64_t put_until(struct queue *queue, const void *messages, size_t bytes, uint64_t count,
                         uint64_t deadline_ns) {
    if (!fits(queue, bytes))
        return -EMSGSIZE;
    int err = enter_to_put(queue, deadline_ns);
    if (err)
        return err;
    count = place(queue, messages, bytes, count);
    leave_after_put(queue, count);
    return (int64_t)count;
}

int queue_put_until(struct queue *queue, const void *message, size_t bytes, uint64_t deadline_ns) {
    int64_t put = put_until(queue, message, bytes, 1, deadline_ns);
    return put < 0 ? (int)put : 0;
}

int64_t queue_put_some(struct queue *queue, const void *messages, size_t bytes, uint64_t count) {
    return put_until(queue, messages, bytes, count, CLOCK_NEVER);
}

int queue_put(struct queue *queue, const void *message, size_t bytes) {
    return queue_put_until(queue, message, bytes, CLOCK_NEVER);
}

int queue_borrow(struct queue *queue, uint64_t borrower, void **message) {
    int err = lock_acquire(&queue->lock);
    if (err < 0)
        return err;
    complete_exchange(queue);
    *message = slot_in(queue, loan_to(queue, borrower))->message;
    lock_release(&queue->lock);
    return 0;
}

int queue_put_borrowed_until(struct queue *queue, uint64_t borrower, void **message, size_t bytes,
                             uint64_t deadline_ns) {
    uint64_t loan = loan_to(queue, borrower);
    if (!fits(queue, bytes))
        return -EMSGSIZE;
    int err = enter_to_put(queue, deadline_ns);
    if (err)
        return err;
    slot_in(queue, loan)->bytes = bytes;
    exchange(queue, load(&queue->put) % queue->capacity, loan);
    commit(&queue->put, 1);
    *message = slot_in(queue, loan)->message;
    leave_after_put(queue, 1);
    return 0;
}

int queue_put_borrowed(struct queue *queue, uint64_t borrower, void **message, size_t bytes) {
    return queue_put_borrowed_until(queue, borrower, message, bytes, CLOCK_NEVER);
}

/* Acquires the lock with a message in the queue. */
static int enter_to_get(struct queue *queue, uint64_t deadline_ns) {
    int err = lock_acquire_within(&queue->lock, deadline_ns);
    if (err < 0)
        return err;
    bool late = deadline_ns == 0;
    while (queue_size(queue) == 0) {
        if (queue->on_empty)
            bell_ring(queue->on_empty);
        if (late || is_closed(queue)) {
            err = is_closed(queue) ? -EPIPE : -ETIMEDOUT;
            lock_release(&queue->lock);
            return err;
        }
        err = condition_wait(&queue->not_empty, &queue->lock, deadline_ns);
        if (err < 0 && err != -ETIMEDOUT)
            return err == -EBUSY ? -ETIMEDOUT : err;
        late = err == -ETIMEDOUT;
    }
    return 0;
}

/* Releases the lock after a message was taken; wakes putters at the low water. */
static void leave_after_get(struct queue *queue) {
    bool low = queue_size(queue) <= queue->low_water;
    lock_release(&queue->lock);
    if (low)
        condition_notify_all(&queue->not_full);
}

/* Under the lock: copies the oldest message, if the claim (or none) lets us, and removes it. */
static bool take(struct queue *queue, void *buffer, const struct queue_claim *claim, long *bytes) {
    const struct slot *slot = slot_at(queue, load(&queue->got));
    bool ours = !claim || claim->claim(claim->context, slot->message);
    if (ours) {
        *bytes = (long)slot->bytes;
        memcpy(buffer, slot->message, slot->bytes);
    }
    commit(&queue->got, 1);
    return ours;
}

long queue_get_claimed(struct queue *queue, void *buffer, size_t size, uint64_t deadline_ns,
                       const struct queue_claim *claim) {
    long bytes = 0;
    bool ours = false;
    if (size < queue->message_bytes)
        return -EMSGSIZE;
    while (!ours) {
        int err = enter_to_get(queue, deadline_ns);
        if (err)
            return err;
        ours = take(queue, buffer, claim, &bytes);
        leave_after_get(queue);
    }
    return bytes;
}

long queue_get_until(struct queue *queue, void *buffer, size_t size, uint64_t deadline_ns) {
    return queue_get_claimed(queue, buffer, size, deadline_ns, NULL);
}

long queue_get(struct queue *queue, void *buffer, size_t size) {
    return queue_get_until(queue, buffer, size, CLOCK_NEVER);
}

long queue_peek(struct queue *queue, uint64_t ahead, const void **message) {
    /* The only getter: `got` is its own, and a message that it sees committed stays where it is. */
    bool closed = atomic_load_explicit(&queue->closed, memory_order_acquire);
    uint64_t number = load(&queue->got) + ahead;
    if (atomic_load_explicit(&queue->put, memory_order_acquire) == number)
        return closed ? -EPIPE : -EAGAIN;
    const struct slot *slot = slot_at(queue, number);
    *message = slot->message;
    return (long)slot->bytes;
}

void queue_drop_some(struct queue *queue, uint64_t count) {
    if (lock_acquire(&queue->lock) < 0)
        return;
    commit(&queue->got, count);
    leave_after_get(queue);
}

bool queue_ready(const void *queue) {
    const struct queue *this = queue;
    return atomic_load_explicit(&this->put, memory_order_acquire) != load(&this->got) ||
           is_closed(this);
}

void queue_close(struct queue *queue) {
    if (lock_acquire(&queue->lock) < 0)
        return;
    atomic_store_explicit(&queue->closed, true, memory_order_release);
    lock_release(&queue->lock);
    condition_notify_all(&queue->not_empty);
    condition_notify_all(&queue->not_full);
    if (queue->on_half_full)
        bell_ring(queue->on_half_full);
}

void queue_wake(struct queue *queue) {
    lock_wake(&queue->lock);
    condition_notify_all(&queue->not_empty);
    condition_notify_all(&queue->not_full);
}
