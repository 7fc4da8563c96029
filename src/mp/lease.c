/* The lease table; contracts and protocol in lease.h. A word: round << 16 | worker << 2 | state. */
#include "mp/lease.h"

#include "base/size.h"

#include <errno.h>

enum state { STATE_FREE, STATE_LEASED, STATE_DONE };

#define STATE_BITS  2
#define WORKER_BITS 14
#define ROUND_SHIFT (STATE_BITS + WORKER_BITS)

_Static_assert(LEASE_WORKERS_MAX == 1 << WORKER_BITS, "a worker's number fits its bits");

static uint64_t word_of(uint64_t round, unsigned worker, enum state state) {
    return round << ROUND_SHIFT | (uint64_t)worker << STATE_BITS | (uint64_t)state;
}

static enum state state_in(uint64_t word, uint64_t round) {
    return word >> ROUND_SHIFT == round ? (enum state)(word & 3) : STATE_FREE;
}

static unsigned worker_in(uint64_t word) {
    return (unsigned)(word >> STATE_BITS) & (LEASE_WORKERS_MAX - 1);
}

static uint64_t current_round(const struct lease_table *table) {
    return atomic_load_explicit(&table->round, memory_order_acquire);
}

int lease_open(struct arena *arena, uint64_t tasks, struct lease_table **table) {
    uint64_t bytes;
    void *piece;
    if (!size_multiply(tasks, sizeof(uint64_t), &bytes) ||
        !size_add(bytes, sizeof **table, &bytes) || bytes > SIZE_MAX)
        return -ENOMEM;
    int err = arena_take(arena, bytes, &piece);
    if (err)
        return err;
    *table = piece;
    (*table)->tasks = tasks;
    lease_begin(*table);
    return 0;
}

void lease_begin(struct lease_table *table) {
    /* Workers learn of the round through whatever tells them to start, which orders this store. */
    atomic_fetch_add_explicit(&table->round, 1, memory_order_release);
}

bool lease_claim(struct lease_table *table, uint64_t task, unsigned worker) {
    uint64_t round = current_round(table);
    uint64_t word = atomic_load_explicit(&table->words[task], memory_order_relaxed);
    if (state_in(word, round) != STATE_FREE)
        return false;
    return atomic_compare_exchange_strong_explicit(&table->words[task], &word,
                                                   word_of(round, worker, STATE_LEASED),
                                                   memory_order_acquire, memory_order_relaxed);
}

bool lease_done(struct lease_table *table, uint64_t task) {
    uint64_t round = current_round(table);
    uint64_t word = atomic_load_explicit(&table->words[task], memory_order_relaxed);
    if (state_in(word, round) != STATE_LEASED)
        return false;
    return atomic_compare_exchange_strong_explicit(&table->words[task], &word,
                                                   word_of(round, worker_in(word), STATE_DONE),
                                                   memory_order_release, memory_order_relaxed);
}

void lease_renew(struct lease_table *table, uint64_t task) {
    atomic_store_explicit(&table->words[task], word_of(current_round(table), 0, STATE_FREE),
                          memory_order_release);
}

uint64_t lease_count_done(const struct lease_table *table) {
    uint64_t round = current_round(table), done = 0;
    for (uint64_t task = 0; task < table->tasks; task++) {
        uint64_t word = atomic_load_explicit(&table->words[task], memory_order_acquire);
        done += state_in(word, round) == STATE_DONE;
    }
    return done;
}

bool lease_is_free(const struct lease_table *table, uint64_t task) {
    uint64_t word = atomic_load_explicit(&table->words[task], memory_order_relaxed);
    return state_in(word, current_round(table)) == STATE_FREE;
}

bool lease_is_held(const struct lease_table *table, uint64_t task, unsigned worker) {
    uint64_t word = atomic_load_explicit(&table->words[task], memory_order_relaxed);
    return state_in(word, current_round(table)) == STATE_LEASED && worker_in(word) == worker;
}

int64_t lease_next_held(const struct lease_table *table, unsigned worker, uint64_t from) {
    for (uint64_t task = from; task < table->tasks; task++)
        if (lease_is_held(table, task, worker))
            return (int64_t)task;
    return -1;
}
