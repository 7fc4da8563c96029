/* Shelf 3: how counts become colours. A palette is a file in palettes/ that ends with one const
 * struct palette; palettes.def lists it. Colours are given as stops in OKLCh, a space in which
 * equal steps look equal (source: Björn Ottosson, "A perceptual color space for image processing",
 * 2020). */
#ifndef IMAGE_PALETTE_H
#define IMAGE_PALETTE_H

#include "core/counts.h"

#include <stdint.h>

#define PALETTE_COLOURS 256 /* 0 is the inside of the set, 1 … 255 are the ramp */

/* Lightness 0 … 1, chroma 0 … about 0.3 (what the screen cannot show is made paler), hue in
 * degrees. Hues may exceed 360: a ramp from 290 to 400 passes 360. */
struct palette_stop {
    double lightness, chroma, hue;
};

/* Which colour a count gets. */
enum palette_scale {
    PALETTE_EQUALISED, /* by its rank among all escaped pixels: each colour covers the same area */
    PALETTE_CYCLIC,    /* by its square root, round and round: bands of equal look at every depth */
};

struct palette {
    const char *name;
    const char *summary;
    enum palette_scale scale;
    const struct palette_stop *stops; /* evenly spaced along the ramp, at least 2 */
    unsigned stop_count;
};

/* All palettes in the order of palettes.def; *count of them. The first is the default. */
const struct palette *const *palette_list(unsigned *count);

/* The palette of that name, or NULL. */
const struct palette *palette_find(const char *name);

/* The 256 sRGB colours. */
void palette_colours(const struct palette *palette, uint8_t rgb[PALETTE_COLOURS][3]);

/* How a palette colours one frame. */
struct palette_map {
    uint32_t max_iter;
    unsigned shift;   /* counts are looked up as count >> shift */
    uint8_t *colours; /* equalised: the colour of each shifted count; else NULL */
    uint64_t colour_count;
};

/* Studies a frame. 0 or -ENOMEM; palette_map_close it. */
int palette_map_open(struct palette_map *map, const struct palette *palette,
                     const struct counts *counts, uint32_t max_iter);
void palette_map_close(struct palette_map *map);

/* Colours of `count` pixels. */
void palette_map_apply(const struct palette_map *map, const uint32_t *counts, uint64_t count,
                       uint8_t *colours);

#endif
