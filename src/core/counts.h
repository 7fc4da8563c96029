/* The frame of counts: width × height uint32, row-major, in pages that are shared with every
 * process forked after counts_open. Unwritten pixels hold a sentinel, so work that was lost shows.
 */
#ifndef CORE_COUNTS_H
#define CORE_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct output;

#define COUNTS_SENTINEL    UINT32_MAX
#define COUNTS_DIGEST_SIZE 65 /* 64 hexadecimal digits and a terminator */

struct counts {
    uint32_t *at; /* pixels of them; NULL when closed */
    uint64_t pixels;
    uint32_t width, height;
};

/* What a frame holds. */
struct counts_sum {
    uint64_t iterations; /* the sum of all counts but sentinels */
    uint64_t unwritten;  /* pixels that still hold the sentinel */
};

/* Where two frames differ. */
struct counts_difference {
    uint64_t pixels; /* how many */
    uint64_t first;  /* the first of them; meaningless when there is none */
};

/* Maps the frame, shared and anonymous, with its pages present. 0 or -errno (-ENOMEM).
 * The caller must counts_close it. */
int counts_open(struct counts *counts, uint32_t width, uint32_t height);
void counts_close(struct counts *counts);

/* Maps the frame's pages into the calling process, so that none of its writes faults later: pages
 * that are present need mapping in each process that shares them, about 1 µs a page. Without effect
 * on Linux before 5.14. */
void counts_map(const struct counts *counts);

/* Fills the frame with sentinels. */
void counts_clear(struct counts *counts);

struct counts_sum counts_sum(const struct counts *counts);

/* Frames of the same size only. */
struct counts_difference counts_compare(const struct counts *a, const struct counts *b);

/* SHA-256 of the counts as little-endian uint32 in row-major order, in lower-case hexadecimal. */
void counts_digest(const struct counts *counts, char digest[COUNTS_DIGEST_SIZE]);

/* Writes the frame in NumPy's format 1.0: '<u4', C order, shape (height, width). 0 or -errno.
 * Source of the format: NumPy Enhancement Proposal 1. */
int counts_write_npy(const struct counts *counts, struct output *output);

#endif
