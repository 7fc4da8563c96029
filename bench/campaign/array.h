/* Array: rows that come one by one, however many. */
#ifndef BENCH_CAMPAIGN_ARRAY_H
#define BENCH_CAMPAIGN_ARRAY_H

#include <stddef.h>

/* `at`, `count` elements of so many bytes, *capacity of them allocated, with room for one more:
 * where it is now, or NULL: memory is short, and nothing has changed. NULL is an empty array;
 * whoever has it frees it. */
void *array_room(void *at, size_t count, size_t *capacity, size_t bytes);

#endif
