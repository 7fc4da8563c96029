/* Value: one number that all workers share, with its own lock for changes that take more than one
 * step. Single steps are atomic without it. */
#ifndef MP_VALUE_H
#define MP_VALUE_H

#include "mp/lock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Lives in arena pages. */
struct value {
    struct lock lock; /* for the user: value_get … value_set under it are one change */
    _Atomic int64_t number;
};

/* 0 or -errno. */
int value_open(struct value *value, int64_t number);

static inline int64_t value_get(struct value *value) {
    return atomic_load_explicit(&value->number, memory_order_acquire);
}

static inline void value_set(struct value *value, int64_t number) {
    atomic_store_explicit(&value->number, number, memory_order_release);
}

/* Adds in one indivisible step and returns what was there before. */
static inline int64_t value_add(struct value *value, int64_t amount) {
    return atomic_fetch_add_explicit(&value->number, amount, memory_order_acq_rel);
}

/* Puts `next` in the place of `seen`, unless somebody has changed it since it was seen. */
static inline bool value_replace(struct value *value, int64_t seen, int64_t next) {
    return atomic_compare_exchange_strong_explicit(&value->number, &seen, next,
                                                   memory_order_acq_rel, memory_order_relaxed);
}

#endif
