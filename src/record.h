/* Record: one run of `mandel` as a JSON object (--json). Keys are spelled as the columns of
 * raw.csv; none is ever left out, what does not apply is null. */
#ifndef RECORD_H
#define RECORD_H

#include "base/usage.h"
#include "image/png.h"
#include "options.h"
#include "render.h"

/* What there is to tell; pointers are borrowed. */
struct record {
    const struct options *options;
    const struct render_result *result;
    const struct usage *usage;
    const struct image_timing *timing; /* NULL: no picture was written */
    const uint64_t *pixels_differing;  /* from serial + scalar; NULL: not verified */
    uint64_t start_ns;                 /* when main began: total_s counts from there */
};

/* Prints the object and a line end to stdout and flushes it. 0, -ENOMEM or the write's -errno. */
int record_print(const struct record *record);

#endif
