/* Arena: the one owner of shared memory. Anonymous shared pages, handed out piece by piece before
 * workers start; every worker that is started afterwards, process or thread, sees them at the same
 * address. Nothing has a name in the file system, so nothing can be left behind. */
#ifndef MP_ARENA_H
#define MP_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks; /* newest first */
};

/* An empty arena needs no opening: ARENA_EMPTY. */
#define ARENA_EMPTY ((struct arena){0})

/* `bytes` zeroed bytes, aligned to a cache line (64), shared with all workers started from now on.
 * 0 and *piece, or -ENOMEM. They live until arena_close; there is no way to give one back. */
int arena_take(struct arena *arena, size_t bytes, void **piece);

/* Unmaps everything. In each process its own mapping; also for an empty arena. */
void arena_close(struct arena *arena);

#endif
