/* Verify: a finished render, computed again by serial and compared pixel by pixel. Right is what
 * serial + scalar gives. An inexact kernel differs from that, which is no fault but a figure; of it
 * right is what serial gives with the same kernel. The null kernel draws nothing, and is no
 * exception: its frame is wrong. */
#ifndef VERIFY_H
#define VERIFY_H

#include "render.h"

#include <stddef.h>
#include <stdint.h>

/* Compares a render that ended as RENDER_DONE. RENDER_DONE and *pixels_differing from serial +
 * scalar; RENDER_WRONG; or how computing anew ended. All but RENDER_DONE and RENDER_STOPPED come
 * with one sentence. */
enum render_end verify_render(const struct render *render, uint64_t *pixels_differing,
                              char *sentence, size_t size);

#endif
