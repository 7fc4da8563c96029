/* Leaks: what a measured process leaves behind when it has ended: processes, and shared memory with
 * a name. While one watches, this process adopts all orphans of its children, so none escapes, not
 * even one that changed its session. */
#ifndef BENCH_MEASURE_LEAKS_H
#define BENCH_MEASURE_LEAKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct leaks {
    char (*names)[256]; /* in /dev/shm, before */
    size_t count;
};

/* Begins to watch, before the measured process is started; this process has no children then. 0 or
 * -ENOMEM. leaks_free it, also after a failure. */
int leaks_watch(struct leaks *leaks);
void leaks_free(struct leaks *leaks);

/* When the measured process has been reaped: is anything left of it? A sentence says what.
 * Processes get a moment to end, then are killed; memory stays where it is, since it may be
 * somebody else's: what counts as left is a new file of this user in /dev/shm that for a moment no
 * process has mapped and whose name does not hold the number of another process that lives. */
bool leaks_found(const struct leaks *leaks, char *sentence, size_t size);

/* Of the calling process: bytes of memory that are mapped shared and writable. 0 where the kernel
 * does not say. */
uint64_t leaks_shared_bytes(void);

#endif
