/* Palette carnival: all hues at one lightness, round and round over the square root of the count.
 */
#include "image/palette.h"

static const struct palette_stop stops[] = {
    {0.74, 0.15, 40},
    {0.74, 0.15, 400},
};

const struct palette palette_carnival = {
    .name = "carnival",
    .summary = "all hues at one lightness, round and round over the square root of the count",
    .scale = PALETTE_CYCLIC,
    .stops = stops,
    .stop_count = sizeof stops / sizeof *stops,
};
