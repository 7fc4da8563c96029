/* From stops to colours, and from counts to colours; contracts in palette.h. */
#include "image/palette.h"

#include "base/size.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PALETTE(name) extern const struct palette palette_##name;
#include "image/palettes.def"
#undef PALETTE

static const struct palette *const palettes[] = {
#define PALETTE(name) &palette_##name,
#include "image/palettes.def"
#undef PALETTE
};

#define RAMP (PALETTE_COLOURS - 1)

const struct palette *const *palette_list(unsigned *count) {
    *count = sizeof palettes / sizeof *palettes;
    return palettes;
}

const struct palette *palette_find(const char *name) {
    for (size_t i = 0; i < sizeof palettes / sizeof *palettes; i++)
        if (strcmp(palettes[i]->name, name) == 0)
            return palettes[i];
    return NULL;
}

/* OKLCh → linear sRGB, which may lie outside 0 … 1. Matrices: Ottosson 2020. */
static void linear_rgb(struct palette_stop colour, double rgb[3]) {
    double angle = colour.hue * (3.14159265358979323846 / 180);
    double a = colour.chroma * cos(angle), b = colour.chroma * sin(angle);
    double l = colour.lightness + 0.3963377774 * a + 0.2158037573 * b;
    double m = colour.lightness - 0.1055613458 * a - 0.0638541728 * b;
    double s = colour.lightness - 0.0894841775 * a - 1.2914855480 * b;
    l = l * l * l;
    m = m * m * m;
    s = s * s * s;
    rgb[0] = 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s;
    rgb[1] = -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s;
    rgb[2] = -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s;
}

static bool displayable(const double rgb[3]) {
    for (int i = 0; i < 3; i++)
        if (rgb[i] < -1e-6 || rgb[i] > 1 + 1e-6)
            return false;
    return true;
}

/* Linear light → the sRGB byte (IEC 61966-2-1). */
static uint8_t srgb_byte(double linear) {
    double clipped = fmin(fmax(linear, 0), 1);
    double encoded = clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * pow(clipped, 1 / 2.4) - 0.055;
    return (uint8_t)lround(encoded * 255);
}

/* The displayable colour of the same lightness and hue with the most chroma up to the one asked
 * for. */
static void to_srgb(struct palette_stop colour, uint8_t bytes[3]) {
    double rgb[3], pale = 0, vivid = colour.chroma;
    linear_rgb(colour, rgb);
    if (!displayable(rgb)) {
        for (int step = 0; step < 20; step++) {
            colour.chroma = (pale + vivid) / 2;
            linear_rgb(colour, rgb);
            *(displayable(rgb) ? &pale : &vivid) = colour.chroma;
        }
        colour.chroma = pale;
        linear_rgb(colour, rgb);
    }
    for (int i = 0; i < 3; i++)
        bytes[i] = srgb_byte(rgb[i]);
}

static double mix(double from, double to, double part) {
    return from + (to - from) * part;
}

void palette_colours(const struct palette *palette, uint8_t rgb[PALETTE_COLOURS][3]) {
    memset(rgb[0], 0, 3);
    /* A cyclic ramp ends one step before its first colour comes again. */
    double last = palette->scale == PALETTE_CYCLIC ? RAMP : RAMP - 1;
    for (unsigned i = 0; i < RAMP; i++) {
        double at = i / last * (palette->stop_count - 1);
        unsigned stop = (unsigned)size_min((uint64_t)at, palette->stop_count - 2);
        const struct palette_stop *from = &palette->stops[stop], *to = from + 1;
        struct palette_stop colour = {
            .lightness = mix(from->lightness, to->lightness, at - stop),
            .chroma = mix(from->chroma, to->chroma, at - stop),
            .hue = mix(from->hue, to->hue, at - stop),
        };
        to_srgb(colour, rgb[i + 1]);
    }
}

/* A histogram has at most this many bins: counts beyond are shifted together. */
#define BINS_MAX (UINT64_C(1) << 22)

/* Colours steps of 1/255 of all escaped pixels alike: by the middle of each count's ranks. */
static void equalise(const uint64_t *histogram, struct palette_map *map) {
    uint64_t total = 0, before = 0;
    for (uint64_t i = 0; i < map->colour_count; i++)
        total += histogram[i];
    for (uint64_t i = 0; i < map->colour_count; i++) {
        double middle = (double)before + (double)histogram[i] / 2;
        uint64_t step = total ? (uint64_t)(middle / (double)total * RAMP) : 0;
        map->colours[i] = (uint8_t)(1 + size_min(step, RAMP - 1));
        before += histogram[i];
    }
}

int palette_map_open(struct palette_map *map, const struct palette *palette,
                     const struct counts *counts, uint32_t max_iter) {
    *map = (struct palette_map){.max_iter = max_iter};
    if (palette->scale != PALETTE_EQUALISED)
        return 0;
    uint32_t highest = 0;
    for (uint64_t i = 0; i < counts->pixels; i++)
        if (counts->at[i] < max_iter && counts->at[i] > highest)
            highest = counts->at[i];
    while (((uint64_t)highest >> map->shift) + 1 > BINS_MAX)
        map->shift++;
    map->colour_count = ((uint64_t)highest >> map->shift) + 1;
    map->colours = malloc(map->colour_count);
    uint64_t *histogram = calloc(map->colour_count, sizeof *histogram);
    if (!map->colours || !histogram) {
        free(histogram);
        palette_map_close(map);
        return -ENOMEM;
    }
    for (uint64_t i = 0; i < counts->pixels; i++)
        if (counts->at[i] < max_iter)
            histogram[counts->at[i] >> map->shift]++;
    equalise(histogram, map);
    free(histogram);
    return 0;
}

void palette_map_close(struct palette_map *map) {
    free(map->colours);
    *map = (struct palette_map){0};
}

/* Colours per unit of √count: counts up to 255 go round once and a half. */
#define CYCLE_SPEED 24.0

void palette_map_apply(const struct palette_map *map, const uint32_t *counts, uint64_t count,
                       uint8_t *colours) {
    for (uint64_t i = 0; i < count; i++) {
        if (counts[i] >= map->max_iter)
            colours[i] = 0;
        else if (map->colours)
            colours[i] = map->colours[counts[i] >> map->shift];
        else
            colours[i] = (uint8_t)(1 + (uint64_t)(sqrt(counts[i]) * CYCLE_SPEED) % RAMP);
    }
}
