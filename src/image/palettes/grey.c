/* Palette grey: black to white in even steps, equalised. */
#include "image/palette.h"

static const struct palette_stop stops[] = {
    {0.12, 0, 0},
    {1.00, 0, 0},
};

const struct palette palette_grey = {
    .name = "grey",
    .summary = "black to white in even steps, equalised",
    .scale = PALETTE_EQUALISED,
    .stops = stops,
    .stop_count = sizeof stops / sizeof *stops,
};
