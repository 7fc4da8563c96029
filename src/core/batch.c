/* How batches tile a frame; contracts in batch.h. */
#include "core/batch.h"

#include "base/size.h"

#define BATCHES_PER_FRAME 2560
#define BATCH_SMALLEST    1000
#define BATCH_LARGEST     65536

uint64_t batch_total(uint64_t pixels, uint64_t size) {
    return size_divide_up(pixels, size);
}

struct batch batch_at(uint64_t pixels, uint64_t size, uint64_t index) {
    uint64_t first = index * size;
    return (struct batch){.first = first, .count = size_min(size, pixels - first)};
}

uint64_t batch_default(uint64_t pixels) {
    uint64_t size = size_divide_up(pixels, BATCHES_PER_FRAME);
    return size_min(pixels, size_min(BATCH_LARGEST, size_max(BATCH_SMALLEST, size)));
}
