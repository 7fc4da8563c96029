/* A batch: the unit of work, a contiguous run of pixels in row-major order. Batches tile the frame;
 * the last one may be short and is never lost. */
#ifndef CORE_BATCH_H
#define CORE_BATCH_H

#include <stdint.h>

struct batch {
    uint64_t first; /* pixel index: row * width + col */
    uint64_t count; /* pixels, at least 1 */
};

/* How many batches of `size` ≥ 1 pixels tile a frame of `pixels` ≥ 1. */
uint64_t batch_total(uint64_t pixels, uint64_t size);

/* Batch `index` of batch_total(pixels, size). */
struct batch batch_at(uint64_t pixels, uint64_t size, uint64_t index);

/* The size used when nobody asks for one: 1/2560 of the frame, so that the lesson's 1600 × 1600
 * pixels make the lesson's batches of 1000, but at least 1000 (a kernel needs some work to be worth
 * a message) and at most 65536 (a batch of counts stays in a core's cache). */
uint64_t batch_default(uint64_t pixels);

#endif
