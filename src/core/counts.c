/* The frame of counts; contracts in counts.h. */
#include "core/counts.h"

#include "base/output.h"
#include "base/size.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the digest and the .npy file take the counts as they lie in memory");

int counts_open(struct counts *counts, uint32_t width, uint32_t height) {
    uint64_t pixels = (uint64_t)width * height, bytes;
    *counts = (struct counts){0};
    if (!size_multiply(pixels, sizeof(uint32_t), &bytes) || bytes > SIZE_MAX)
        return -ENOMEM;
    void *pages =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (pages == MAP_FAILED)
        return -errno;
    *counts = (struct counts){.at = pages, .pixels = pixels, .width = width, .height = height};
    return 0;
}

void counts_close(struct counts *counts) {
    if (counts->at)
        munmap(counts->at, counts->pixels * sizeof *counts->at);
    *counts = (struct counts){0};
}

void counts_map(const struct counts *counts) {
#ifdef MADV_POPULATE_WRITE
    madvise(counts->at, counts->pixels * sizeof *counts->at, MADV_POPULATE_WRITE);
#else
    (void)counts;
#endif
}

void counts_clear(struct counts *counts) {
    memset(counts->at, 0xFF, counts->pixels * sizeof *counts->at);
}

struct counts_sum counts_sum(const struct counts *counts) {
    struct counts_sum sum = {0};
    for (uint64_t i = 0; i < counts->pixels; i++) {
        bool unwritten = counts->at[i] == COUNTS_SENTINEL;
        sum.unwritten += unwritten;
        sum.iterations += unwritten ? 0 : counts->at[i];
    }
    return sum;
}

struct counts_difference counts_compare(const struct counts *a, const struct counts *b) {
    struct counts_difference difference = {0};
    for (uint64_t i = a->pixels; i-- > 0;) {
        if (a->at[i] == b->at[i])
            continue;
        difference.pixels++;
        difference.first = i;
    }
    return difference;
}

void counts_digest(const struct counts *counts, char digest[COUNTS_DIGEST_SIZE]) {
    struct sha256_ctx context;
    uint8_t bytes[SHA256_DIGEST_SIZE];
    sha256_init(&context);
    sha256_update(&context, counts->pixels * sizeof *counts->at, (const uint8_t *)counts->at);
    sha256_digest(&context, sizeof bytes, bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(digest + 2 * i, 3, "%02x", bytes[i]);
}

int counts_write_npy(const struct counts *counts, struct output *output) {
    /* Magic, version 1.0 and a length of two bytes; the header ends in '\n' on a multiple of 64. */
    char header[128];
    memset(header, ' ', sizeof header);
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = (char)(sizeof header - 10);
    header[9] = 0;
    int length = snprintf(header + 10, sizeof header - 10,
                          "{'descr': '<u4', 'fortran_order': False, 'shape': (%u, %u), }",
                          counts->height, counts->width);
    header[10 + length] = ' ';
    header[sizeof header - 1] = '\n';
    int err = output_write(output, header, sizeof header);
    if (err)
        return err;
    return output_write(output, counts->at, counts->pixels * sizeof *counts->at);
}
