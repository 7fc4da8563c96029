/* Palette lagoon: deep water to foam; lightness rises evenly (perceptually uniform), equalised. */
#include "image/palette.h"

static const struct palette_stop stops[] = {
    {0.14, 0.06, 285}, {0.34, 0.12, 270}, {0.54, 0.12, 235}, {0.74, 0.12, 185}, {0.94, 0.10, 120},
};

const struct palette palette_lagoon = {
    .name = "lagoon",
    .summary = "deep water to foam; lightness rises evenly (perceptually uniform), equalised",
    .scale = PALETTE_EQUALISED,
    .stops = stops,
    .stop_count = sizeof stops / sizeof *stops,
};
