/* Shared pages; contracts in arena.h. */
#include "mp/arena.h"

#include "base/size.h"

#include <errno.h>
#include <sys/mman.h>

#define LINE        64
#define CHUNK_BYTES (UINT64_C(1) << 16)

/* At the start of each mapping. */
struct arena_chunk {
    struct arena_chunk *next;
    size_t size, used; /* of the whole mapping, this header included */
};

_Static_assert(sizeof(struct arena_chunk) <= LINE, "the header fits a line");

static int add_chunk(struct arena *arena, uint64_t bytes) {
    uint64_t size;
    if (!size_add(bytes, LINE, &size) || size > SIZE_MAX / 2)
        return -ENOMEM;
    size = size_align(size_max(size, CHUNK_BYTES), 4096);
    struct arena_chunk *chunk =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (chunk == MAP_FAILED)
        return -ENOMEM;
    *chunk = (struct arena_chunk){.next = arena->chunks, .size = size, .used = LINE};
    arena->chunks = chunk;
    return 0;
}

int arena_take(struct arena *arena, size_t bytes, void **piece) {
    if (bytes > SIZE_MAX / 2)
        return -ENOMEM;
    bytes = size_align(bytes, LINE);
    struct arena_chunk *chunk = arena->chunks;
    if (!chunk || chunk->size - chunk->used < bytes) {
        int err = add_chunk(arena, bytes);
        if (err)
            return err;
        chunk = arena->chunks;
    }
    *piece = (char *)chunk + chunk->used;
    chunk->used += bytes;
    return 0;
}

void arena_close(struct arena *arena) {
    for (struct arena_chunk *chunk = arena->chunks, *next; chunk; chunk = next) {
        next = chunk->next;
        munmap(chunk, chunk->size);
    }
    *arena = ARENA_EMPTY;
}
