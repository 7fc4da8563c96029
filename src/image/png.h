/* A frame of counts as a PNG with 256 colours. Its text chunks hold the workload and the palette
 * and nothing else, so that the same picture is the same file, whoever computed it, wherever and
 * however long. */
#ifndef IMAGE_PNG_H
#define IMAGE_PNG_H

#include "core/counts.h"
#include "core/workload.h"
#include "image/palette.h"

#include <stdint.h>

struct output;

/* Where the time went. */
struct image_timing {
    uint64_t encode_ns, write_ns;
};

/* Writes the whole PNG to an open output, and does not commit it. 0 or -errno (-ENOMEM, or the
 * write's). */
int image_write_png(struct output *output, const struct counts *counts,
                    const struct workload *workload, const struct palette *palette,
                    struct image_timing *timing);

#endif
