/* Shared elements; contracts in array.h. */
#include "mp/array.h"

#include "base/size.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

int array_open(struct arena *arena, uint64_t length, size_t element_bytes, struct array **opened) {
    uint64_t bytes;
    void *piece;
    if (!size_multiply(length, element_bytes, &bytes) ||
        !size_add(bytes, sizeof(struct array), &bytes) || bytes > SIZE_MAX)
        return -ENOMEM;
    int err = arena_take(arena, bytes, &piece);
    if (err)
        return err;
    struct array *array = piece;
    array->length = length;
    array->element_bytes = element_bytes;
    *opened = array;
    return lock_open(&array->lock);
}

void *array_at(struct array *array, uint64_t i) {
    assert(i < array->length);
    return array->elements + i * array->element_bytes;
}

int array_get(struct array *array, uint64_t i, void *element) {
    if (i >= array->length)
        return -ERANGE;
    int err = lock_acquire(&array->lock);
    if (err < 0)
        return err;
    memcpy(element, array_at(array, i), array->element_bytes);
    lock_release(&array->lock);
    return 0;
}

int array_set(struct array *array, uint64_t i, const void *element) {
    if (i >= array->length)
        return -ERANGE;
    int err = lock_acquire(&array->lock);
    if (err < 0)
        return err;
    memcpy(array_at(array, i), element, array->element_bytes);
    lock_release(&array->lock);
    return 0;
}
