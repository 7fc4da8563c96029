/* Palette twilight: dusk and dawn, round and round over the square root of the count. */
#include "image/palette.h"

static const struct palette_stop stops[] = {
    {0.93, 0.03, 260}, {0.58, 0.13, 260}, {0.20, 0.07, 310}, {0.58, 0.14, 375}, {0.93, 0.03, 260},
};

const struct palette palette_twilight = {
    .name = "twilight",
    .summary = "dusk and dawn, round and round over the square root of the count",
    .scale = PALETTE_CYCLIC,
    .stops = stops,
    .stop_count = sizeof stops / sizeof *stops,
};
