/* Array: elements of one size that all workers share, with a lock of its own. Two ways to use it,
 * as Python's Array: indivisible reads and writes of an element under the lock, or, without it,
 * elements in place, which is right where each has one writer at a time (disjoint slices, atomics)
 * and something else, a join or a barrier, orders the writes before the reads. */
#ifndef MP_ARRAY_H
#define MP_ARRAY_H

#include "mp/arena.h"
#include "mp/lock.h"

#include <stddef.h>
#include <stdint.h>

/* Lives in arena pages. */
struct array {
    struct lock lock; /* for the user too: several elements changed under it are one change */
    uint64_t length;  /* elements */
    size_t element_bytes;
    _Alignas(64) unsigned char elements[];
};

/* `length` ≥ 1 zeroed elements of element_bytes ≥ 1 each, one behind the other, the first on a
 * cache line. 0 and *array, or -errno. */
int array_open(struct arena *arena, uint64_t length, size_t element_bytes, struct array **array);

/* Element i < length, where it lies. No lock. */
void *array_at(struct array *array, uint64_t i);

/* Copies element i out, or in, under the lock: blocks while somebody holds it. 0; -ERANGE: there is
 * no such element; or -errno. A writer killed in the middle of an element of more than 8 bytes may
 * leave half of each. Their timed twin: lock_acquire_until, array_at, lock_release. */
int array_get(struct array *array, uint64_t i, void *element);
int array_set(struct array *array, uint64_t i, const void *element);

#endif
