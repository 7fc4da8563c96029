/* Random: a small seeded generator for orders and paddings, the same on every machine.
 * Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014
 * (SplitMix64). */
#ifndef BENCH_STATS_RANDOM_H
#define BENCH_STATS_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state) {
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 0 … bound - 1, bound ≥ 1. The bias is below bound / 2^64. */
static inline uint64_t random_below(uint64_t *state, uint64_t bound) {
    return random_next(state) % bound;
}

/* A random order of 0 … n - 1 (Fisher and Yates). */
static inline void random_order(uint64_t *state, uint32_t *order, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint32_t i = n; i > 1; i--) {
        uint32_t j = (uint32_t)random_below(state, i), kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

#endif
