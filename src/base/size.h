/* Sizes that cannot overflow unseen: every product of user-given sizes goes through here. */
#ifndef BASE_SIZE_H
#define BASE_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* *result = a * b, or a + b; false, and *result untouched, when it does not fit. */
static inline bool size_multiply(uint64_t a, uint64_t b, uint64_t *result) {
    uint64_t product;
    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *result = product;
    return true;
}

static inline bool size_add(uint64_t a, uint64_t b, uint64_t *result) {
    uint64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *result = sum;
    return true;
}

/* a / b rounded up; b > 0. */
static inline uint64_t size_divide_up(uint64_t a, uint64_t b) {
    return a / b + (a % b != 0);
}

/* `bytes` rounded up to a multiple of `alignment`, a power of two. The caller knows it fits. */
static inline uint64_t size_align(uint64_t bytes, uint64_t alignment) {
    return (bytes + alignment - 1) & ~(alignment - 1);
}

static inline uint64_t size_min(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static inline uint64_t size_max(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

#endif
