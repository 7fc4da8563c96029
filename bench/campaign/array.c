/* Arrays that grow; contracts in array.h. */
#include "bench/campaign/array.h"

#include <stdlib.h>

void *array_room(void *at, size_t count, size_t *capacity, size_t bytes) {
    if (count < *capacity)
        return at;
    size_t more = *capacity ? *capacity * 2 : 64;
    void *moved = realloc(at, more * bytes);
    if (moved)
        *capacity = more;
    return moved;
}
