/* Palette ember: night, embers, flame; lightness rises evenly (perceptually uniform), equalised. */
#include "image/palette.h"

static const struct palette_stop stops[] = {
    {0.10, 0.04, 285}, {0.27, 0.12, 305}, {0.44, 0.17, 355},
    {0.61, 0.19, 392}, {0.78, 0.16, 425}, {0.95, 0.09, 465},
};

const struct palette palette_ember = {
    .name = "ember",
    .summary = "night, embers, flame; lightness rises evenly (perceptually uniform), equalised",
    .scale = PALETTE_EQUALISED,
    .stops = stops,
    .stop_count = sizeof stops / sizeof *stops,
};
