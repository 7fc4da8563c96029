/* Proves image/: palettes that keep what their files promise, colours that follow the counts, and
 * PNG files that libpng reads back pixel for pixel, the same bytes every time. */
#include "tests/helpers.h"

#include "base/output.h"
#include "image/palette.h"
#include "image/png.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <png.h>
#include <stdbool.h>
#include <unistd.h>

#define RAMP (PALETTE_COLOURS - 1)

struct lab {
    double lightness, a, b;
};

static double linear(uint8_t byte) {
    double encoded = byte / 255.0;
    return encoded <= 0.04045 ? encoded / 12.92 : pow((encoded + 0.055) / 1.055, 2.4);
}

/* sRGB → OKLab, the opposite way of the code under test (Ottosson 2020). */
static struct lab lab_of(const uint8_t rgb[3]) {
    double r = linear(rgb[0]), g = linear(rgb[1]), b = linear(rgb[2]);
    double l = cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    double m = cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    double s = cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return (struct lab){
        .lightness = 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
        .a = 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
        .b = 0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s,
    };
}

static double luminance(const uint8_t rgb[3]) {
    return 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]);
}

static double distance(const uint8_t one[3], const uint8_t other[3]) {
    struct lab p = lab_of(one), q = lab_of(other);
    double l = p.lightness - q.lightness, a = p.a - q.a, b = p.b - q.b;
    return sqrt(l * l + a * a + b * b);
}

static void the_shelf_is_sound(void **state) {
    (void)state;
    unsigned count;
    const struct palette *const *palettes = palette_list(&count);
    assert_true(count >= 1);
    for (unsigned i = 0; i < count; i++) {
        assert_ptr_equal(palette_find(palettes[i]->name), palettes[i]); /* so names are unique */
        assert_true(strlen(palettes[i]->summary) > 0);
        assert_true(palettes[i]->stop_count >= 2);
        assert_true(strlen(palettes[i]->name) < 80); /* the PNG's text is not cut */
    }
    assert_null(palette_find(""));
    assert_null(palette_find("Grey"));
    assert_null(palette_find("no-such-palette"));
}

static void the_inside_is_black(void **state) {
    (void)state;
    unsigned count;
    const struct palette *const *palettes = palette_list(&count);
    for (unsigned i = 0; i < count; i++) {
        uint8_t rgb[PALETTE_COLOURS][3];
        memset(rgb, 99, sizeof rgb);
        palette_colours(palettes[i], rgb);
        assert_int_equal(rgb[0][0] | rgb[0][1] | rgb[0][2], 0);
        for (unsigned c = 1; c < PALETTE_COLOURS; c++)
            if (distance(rgb[c], rgb[0]) < 0.02)
                fail_msg("%s: colour %u looks like the inside", palettes[i]->name, c);
    }
}

static double between(double from, double to, double part) {
    return from + (to - from) * part;
}

/* What the stops ask for at colour 1 + i; a cyclic ramp ends one step before its start. */
static struct palette_stop wanted(const struct palette *palette, unsigned i) {
    unsigned steps = palette->scale == PALETTE_CYCLIC ? RAMP : RAMP - 1;
    unsigned parts = palette->stop_count - 1, stop = i * parts / steps;
    if (stop == parts)
        return palette->stops[parts];
    double part = (double)(i * parts % steps) / steps;
    const struct palette_stop *from = &palette->stops[stop], *to = from + 1;
    return (struct palette_stop){between(from->lightness, to->lightness, part),
                                 between(from->chroma, to->chroma, part),
                                 between(from->hue, to->hue, part)};
}

/* What a screen cannot show is made paler: lightness and hue stay, as well as bytes can tell. */
static void stops_are_shown_as_given(void **state) {
    (void)state;
    unsigned count;
    const struct palette *const *palettes = palette_list(&count);
    for (unsigned p = 0; p < count; p++) {
        uint8_t rgb[PALETTE_COLOURS][3];
        palette_colours(palettes[p], rgb);
        for (unsigned i = 0; i < RAMP; i++) {
            struct palette_stop want = wanted(palettes[p], i);
            struct lab got = lab_of(rgb[1 + i]);
            double chroma = hypot(got.a, got.b), hue = atan2(got.b, got.a) * 180 / M_PI;
            double turned = fabs(remainder(hue - want.hue, 360));
            if (fabs(got.lightness - want.lightness) > 0.006 || chroma > want.chroma + 0.006 ||
                (chroma > 0.04 && turned > 6))
                fail_msg("%s, colour %u: lightness %g chroma %g hue %g, want %g %g %g",
                         palettes[p]->name, 1 + i, got.lightness, chroma, hue, want.lightness,
                         want.chroma, want.hue);
        }
    }
}

static void ramps_have_no_jumps(void **state) {
    (void)state;
    unsigned count;
    const struct palette *const *palettes = palette_list(&count);
    for (unsigned i = 0; i < count; i++) {
        uint8_t rgb[PALETTE_COLOURS][3];
        palette_colours(palettes[i], rgb);
        for (unsigned c = 1; c < RAMP; c++)
            if (distance(rgb[c], rgb[c + 1]) > 0.03)
                fail_msg("%s: colours %u and %u are %g apart", palettes[i]->name, c, c + 1,
                         distance(rgb[c], rgb[c + 1]));
        double ends = distance(rgb[RAMP], rgb[1]);
        if (palettes[i]->scale == PALETTE_CYCLIC && (ends == 0 || ends > 0.03))
            fail_msg("%s: its ends are %g apart", palettes[i]->name, ends);
    }
}

static void sequential_ramps_brighten(void **state) {
    (void)state;
    static const char *const names[] = {"ember", "lagoon", "grey"};
    for (size_t i = 0; i < LENGTH(names); i++) {
        const struct palette *palette = palette_find(names[i]);
        uint8_t rgb[PALETTE_COLOURS][3];
        assert_non_null(palette);
        palette_colours(palette, rgb);
        for (unsigned c = 1; c < RAMP; c++)
            if (luminance(rgb[c + 1]) < luminance(rgb[c]))
                fail_msg("%s: colour %u has luminance %g, the next %g", names[i], c,
                         luminance(rgb[c]), luminance(rgb[c + 1]));
        assert_true(luminance(rgb[RAMP]) > 10 * luminance(rgb[1]));
    }
}

/* Perceptually uniform: every 16 colours add the same lightness, as well as bytes can tell. */
static void sequential_ramps_are_even(void **state) {
    (void)state;
    static const char *const names[] = {"ember", "lagoon", "grey"};
    for (size_t i = 0; i < LENGTH(names); i++) {
        uint8_t rgb[PALETTE_COLOURS][3];
        palette_colours(palette_find(names[i]), rgb);
        double first = lab_of(rgb[1]).lightness, all = lab_of(rgb[RAMP]).lightness - first;
        for (unsigned c = 1; c <= RAMP; c += 16) {
            double want = first + all * (c - 1) / (RAMP - 1), got = lab_of(rgb[c]).lightness;
            if (fabs(got - want) > 0.012)
                fail_msg("%s: colour %u has lightness %g, want %g", names[i], c, got, want);
        }
    }
}

/* A frame of one row. */
static struct counts row_of(uint32_t width) {
    struct counts counts;
    assert_int_equal(counts_open(&counts, width, 1), 0);
    return counts;
}

/* The colours of a frame; the caller frees them. */
static uint8_t *colours_of(const struct palette *palette, const struct counts *counts,
                           uint32_t max_iter) {
    struct palette_map map;
    uint8_t *colours = malloc(counts->pixels);
    assert_non_null(colours);
    assert_int_equal(palette_map_open(&map, palette, counts, max_iter), 0);
    palette_map_apply(&map, counts->at, counts->pixels, colours);
    palette_map_close(&map);
    assert_null(map.colours);
    return colours;
}

static const struct palette *first_of(enum palette_scale scale) {
    unsigned count;
    const struct palette *const *palettes = palette_list(&count);
    for (unsigned i = 0; i < count; i++)
        if (palettes[i]->scale == scale)
            return palettes[i];
    fail_msg("no palette has scale %d", (int)scale);
    return NULL;
}

/* Random counts below `most`, some pixels inside, one of each end for certain. */
static struct counts random_row(struct dice *dice, uint32_t width, uint32_t most,
                                uint32_t max_iter) {
    struct counts counts = row_of(width);
    for (uint32_t i = 0; i < width; i++)
        counts.at[i] = dice_below(dice, 5) == 0 ? max_iter : (uint32_t)dice_below(dice, most);
    counts.at[0] = 0;
    counts.at[1] = most - 1;
    counts.at[2] = max_iter;
    return counts;
}

static const struct {
    uint32_t most, max_iter;
} depths[] = {
    {1, 1},
    {1, 255},
    {2, 2},
    {255, 255},
    {200, 255},
    {65536, 65536},
    {1 << 22, UINT32_MAX - 1},
    {(1 << 22) + 1, UINT32_MAX - 1},
    {UINT32_MAX - 2, UINT32_MAX - 2},
    {UINT32_MAX - 1, UINT32_MAX - 1},
};

static void inside_is_0_and_outside_is_not(void **state) {
    (void)state;
    unsigned count;
    const struct palette *const *palettes = palette_list(&count);
    struct dice dice = dice_new();
    for (unsigned p = 0; p < count; p++)
        for (size_t d = 0; d < LENGTH(depths); d++) {
            uint32_t max_iter = depths[d].max_iter;
            struct counts counts = random_row(&dice, 500, depths[d].most, max_iter);
            uint8_t *colours = colours_of(palettes[p], &counts, max_iter);
            for (uint32_t i = 0; i < 500; i++)
                if ((colours[i] == 0) != (counts.at[i] >= max_iter))
                    fail_msg("%s, seed %" PRIu64 ": count %u of %u has colour %u",
                             palettes[p]->name, dice.seed, counts.at[i], max_iter, colours[i]);
            free(colours);
            counts_close(&counts);
        }
}

static void equalised_colours_keep_the_order(void **state) {
    (void)state;
    const struct palette *palette = first_of(PALETTE_EQUALISED);
    struct dice dice = dice_new();
    for (size_t d = 0; d < LENGTH(depths); d++) {
        struct counts counts = random_row(&dice, 300, depths[d].most, depths[d].max_iter);
        uint8_t *colours = colours_of(palette, &counts, depths[d].max_iter);
        for (uint32_t i = 0; i < 300; i++)
            for (uint32_t j = 0; j < 300; j++)
                if (colours[i] && colours[j] && counts.at[i] < counts.at[j] &&
                    colours[i] > colours[j])
                    fail_msg("seed %" PRIu64 ": count %u has colour %u, count %u has %u", dice.seed,
                             counts.at[i], colours[i], counts.at[j], colours[j]);
        free(colours);
        counts_close(&counts);
    }
}

/* Every colour covers as many pixels, whatever the counts are. */
static void equalised_colours_cover_alike(void **state) {
    (void)state;
    static const uint32_t steps[] = {1, 3, 1000, 16000000};
    for (size_t s = 0; s < LENGTH(steps); s++) {
        struct counts counts = row_of(RAMP * 4);
        unsigned pixels[PALETTE_COLOURS] = {0};
        for (uint32_t i = 0; i < RAMP * 4; i++)
            counts.at[i] = i / 4 * steps[s];
        uint8_t *colours = colours_of(first_of(PALETTE_EQUALISED), &counts, UINT32_MAX - 1);
        for (uint32_t i = 0; i < RAMP * 4; i++)
            pixels[colours[i]]++;
        assert_int_equal(pixels[0], 0);
        for (unsigned c = 1; c < PALETTE_COLOURS; c++)
            if (pixels[c] != 4)
                fail_msg("step %u: colour %u covers %u pixels, want 4", steps[s], c, pixels[c]);
        free(colours);
        counts_close(&counts);
    }
}

/* The inside does not take part: a frame that is nearly all inside still has all colours. */
static void the_inside_takes_no_rank(void **state) {
    (void)state;
    static const uint32_t limits[] = {RAMP, 1000, WORKLOAD_LIMIT_MAX};
    for (size_t l = 0; l < LENGTH(limits); l++) {
        struct counts counts = row_of(100000);
        for (uint32_t i = 0; i < counts.width; i++)
            counts.at[i] = i < RAMP ? i : limits[l];
        uint8_t *colours = colours_of(first_of(PALETTE_EQUALISED), &counts, limits[l]);
        for (uint32_t i = 0; i < RAMP; i++)
            assert_int_equal(colours[i], i + 1);
        free(colours);
        counts_close(&counts);
    }
}

static void equal_ranks_share_their_middle(void **state) {
    (void)state;
    struct counts counts = row_of(100);
    for (uint32_t i = 0; i < 100; i++)
        counts.at[i] = 7;
    uint8_t *colours = colours_of(first_of(PALETTE_EQUALISED), &counts, 255);
    assert_int_equal(colours[0], (1 + RAMP) / 2);
    free(colours);
    counts_close(&counts);
}

static void unusual_frames_are_coloured(void **state) {
    (void)state;
    unsigned count;
    const struct palette *const *palettes = palette_list(&count);
    for (unsigned p = 0; p < count; p++) {
        static const uint32_t values[] = {0, 1, 254, 255, COUNTS_SENTINEL};
        for (size_t v = 0; v < LENGTH(values); v++) {
            struct counts counts = row_of(7);
            for (uint32_t i = 0; i < 7; i++)
                counts.at[i] = values[v];
            uint8_t *colours = colours_of(palettes[p], &counts, 255);
            for (uint32_t i = 0; i < 7; i++)
                assert_true((colours[i] == 0) == (values[v] >= 255));
            free(colours);
            counts_close(&counts);
        }
    }
}

/* Neighbouring counts have neighbouring colours, once round and from the last to the first. */
static void cyclic_colours_go_round(void **state) {
    (void)state;
    struct counts counts = row_of(100000);
    bool seen[PALETTE_COLOURS] = {false};
    for (uint32_t i = 0; i < counts.width; i++)
        counts.at[i] = i;
    uint8_t *colours = colours_of(first_of(PALETTE_CYCLIC), &counts, UINT32_MAX - 1);
    for (uint32_t i = 0; i + 1 < counts.width; i++) {
        unsigned step = (unsigned)(colours[i + 1] + RAMP - colours[i]) % RAMP;
        seen[colours[i]] = true;
        if (step > 24 || (i > 10000 && step > 1))
            fail_msg("count %u has colour %u, the next %u", i, colours[i], colours[i + 1]);
    }
    for (unsigned c = 1; c < PALETTE_COLOURS; c++)
        assert_true(seen[c]);
    free(colours);
    counts_close(&counts);
}

/* A frame of width × height random counts, with its workload. */
struct picture {
    struct workload workload;
    struct counts counts;
};

static struct picture picture_of(uint32_t width, uint32_t height, uint32_t max_iter) {
    struct picture picture = {
        .workload = {-0.743643887037151, 0.131825904205330, 0.0002, width, height, max_iter, false},
    };
    struct dice dice = {.state = width + height};
    assert_int_equal(counts_open(&picture.counts, width, height), 0);
    for (uint64_t i = 0; i < picture.counts.pixels; i++)
        picture.counts.at[i] = (uint32_t)dice_below(&dice, (uint64_t)max_iter + 1);
    return picture;
}

static int write_picture(const struct picture *picture, const struct palette *palette,
                         const char *path) {
    struct output output;
    struct image_timing timing = {0};
    assert_int_equal(output_open(&output, path), 0);
    int err = image_write_png(&output, &picture->counts, &picture->workload, palette, &timing);
    if (err) {
        output_abandon(&output);
        return err;
    }
    assert_true(timing.encode_ns > 0);
    return output_commit(&output);
}

/* What libpng reads; a fault in the file ends the test. */
struct reader {
    png_structp png;
    png_infop info;
    FILE *file;
};

static void on_read_error(png_structp png, png_const_charp message) {
    (void)png;
    fail_msg("libpng: %s", message);
}

static void on_read_warning(png_structp png, png_const_charp message) {
    on_read_error(png, message);
}

static struct reader reader_open(const char *path) {
    struct reader reader = {.file = fopen(path, "rb")};
    assert_non_null(reader.file);
    reader.png =
        png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, on_read_error, on_read_warning);
    reader.info = png_create_info_struct(reader.png);
    assert_non_null(reader.info);
    png_set_user_limits(reader.png, WORKLOAD_SIDE_MAX, WORKLOAD_SIDE_MAX);
    png_init_io(reader.png, reader.file);
    png_read_info(reader.png, reader.info);
    return reader;
}

static void reader_close(struct reader *reader) {
    png_destroy_read_struct(&reader->png, &reader->info, NULL);
    fclose(reader->file);
}

static void assert_header(const struct reader *reader, const struct workload *workload) {
    assert_int_equal(png_get_image_width(reader->png, reader->info), workload->width);
    assert_int_equal(png_get_image_height(reader->png, reader->info), workload->height);
    assert_int_equal(png_get_bit_depth(reader->png, reader->info), 8);
    assert_int_equal(png_get_color_type(reader->png, reader->info), PNG_COLOR_TYPE_PALETTE);
    assert_int_equal(png_get_interlace_type(reader->png, reader->info), PNG_INTERLACE_NONE);
}

static void assert_palette(const struct reader *reader, const struct palette *palette) {
    uint8_t rgb[PALETTE_COLOURS][3];
    png_colorp colours;
    int count;
    palette_colours(palette, rgb);
    assert_true(png_get_PLTE(reader->png, reader->info, &colours, &count));
    assert_int_equal(count, PALETTE_COLOURS);
    for (int i = 0; i < count; i++)
        assert_true(colours[i].red == rgb[i][0] && colours[i].green == rgb[i][1] &&
                    colours[i].blue == rgb[i][2]);
}

static void assert_pixels(const struct reader *reader, const struct picture *picture,
                          const struct palette *palette) {
    uint32_t width = picture->counts.width;
    uint8_t *want = colours_of(palette, &picture->counts, picture->workload.max_iter);
    uint8_t *row = malloc(width);
    assert_non_null(row);
    for (uint32_t y = 0; y < picture->counts.height; y++) {
        png_read_row(reader->png, row, NULL);
        if (memcmp(row, want + (uint64_t)y * width, width) != 0)
            fail_msg("%ux%u: row %u differs", width, picture->counts.height, y);
    }
    png_read_end(reader->png, NULL);
    free(row);
    free(want);
}

static void pictures_read_back(void **state) {
    static const uint32_t sizes[][2] = {
        {1, 1},   {1, 7},    {7, 1},     {2, 2},    {3, 5},       {255, 1},
        {257, 3}, {133, 77}, {641, 479}, {1, 5000}, {1048576, 1}, {1, 1048576},
    };
    struct path path = path_in(*state, "picture.png");
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        const struct palette *palette = first_of(i % 2 ? PALETTE_CYCLIC : PALETTE_EQUALISED);
        struct picture picture = picture_of(sizes[i][0], sizes[i][1], 300);
        assert_int_equal(write_picture(&picture, palette, path.text), 0);
        struct reader reader = reader_open(path.text);
        assert_header(&reader, &picture.workload);
        assert_palette(&reader, palette);
        assert_pixels(&reader, &picture, palette);
        reader_close(&reader);
        counts_close(&picture.counts);
    }
}

static void every_palette_reads_back(void **state) {
    unsigned count;
    const struct palette *const *palettes = palette_list(&count);
    struct path path = path_in(*state, "picture.png");
    struct picture picture = picture_of(90, 60, WORKLOAD_LIMIT_MAX);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(write_picture(&picture, palettes[i], path.text), 0);
        struct reader reader = reader_open(path.text);
        assert_palette(&reader, palettes[i]);
        assert_pixels(&reader, &picture, palettes[i]);
        reader_close(&reader);
    }
    counts_close(&picture.counts);
}

static void texts_hold_the_workload_and_the_palette(void **state) {
    const char *const want[][2] = {
        {"Title", NULL},
        {"Center", "-0.743643887037151,0.13182590420533"},
        {"Extent", "0.0002"},
        {"Max iterations", "4294967294"},
        {"Palette", first_of(PALETTE_EQUALISED)->name},
    };
    struct path path = path_in(*state, "picture.png");
    struct picture picture = picture_of(5, 3, WORKLOAD_LIMIT_MAX);
    assert_int_equal(write_picture(&picture, first_of(PALETTE_EQUALISED), path.text), 0);
    struct reader reader = reader_open(path.text);
    assert_pixels(&reader, &picture, first_of(PALETTE_EQUALISED));
    png_textp texts;
    int count = 0;
    png_get_text(reader.png, reader.info, &texts, &count);
    assert_int_equal(count, LENGTH(want));
    for (size_t i = 0; i < LENGTH(want); i++) {
        assert_string_equal(texts[i].key, want[i][0]);
        assert_true(strlen(texts[i].text) > 0);
        if (want[i][1])
            assert_string_equal(texts[i].text, want[i][1]);
    }
    reader_close(&reader);
    counts_close(&picture.counts);
}

static uint32_t big_endian(const char *bytes) {
    const uint8_t *at = (const uint8_t *)bytes;
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The names of all chunks, runs of IDAT as one: no time, no gamma, nothing about the machine. */
static void no_other_chunks_are_written(void **state) {
    struct path path = path_in(*state, "picture.png");
    struct picture picture = picture_of(1500, 1000, 255); /* more than one IDAT */
    size_t size, at = 8, idats = 0;
    char names[256] = "";
    assert_int_equal(write_picture(&picture, first_of(PALETTE_EQUALISED), path.text), 0);
    char *bytes = file_read(path.text, &size);
    assert_memory_equal(bytes, "\x89PNG\r\n\x1a\n", 8);
    while (at + 12 <= size) {
        bool idat = memcmp(bytes + at + 4, "IDAT", 4) == 0;
        if (!idat || idats == 0)
            strncat(strncat(names, bytes + at + 4, 4), " ", 2);
        idats += idat;
        assert_true(strlen(names) + 8 < sizeof names);
        at += 12 + (size_t)big_endian(bytes + at);
    }
    assert_int_equal(at, size);
    assert_true(idats > 1);
    assert_string_equal(names, "IHDR PLTE tEXt tEXt tEXt tEXt tEXt IDAT IEND ");
    free(bytes);
    counts_close(&picture.counts);
}

static void the_same_picture_is_the_same_file(void **state) {
    struct path one = path_in(*state, "one.png"), two = path_in(*state, "two.png");
    struct picture first = picture_of(333, 111, 1000), second = picture_of(333, 111, 1000);
    size_t one_size, two_size;
    second.workload.shortcuts = true; /* how a picture was computed does not show */
    assert_int_equal(write_picture(&first, palette_find("ember"), one.text), 0);
    assert_int_equal(write_picture(&second, palette_find("ember"), two.text), 0);
    char *one_bytes = file_read(one.text, &one_size), *two_bytes = file_read(two.text, &two_size);
    assert_int_equal(one_size, two_size);
    assert_memory_equal(one_bytes, two_bytes, one_size);
    free(one_bytes);
    free(two_bytes);
    counts_close(&first.counts);
    counts_close(&second.counts);
}

static void a_full_disk_is_reported(void **state) {
    (void)state;
    static const uint32_t sizes[][2] = {{1, 1}, {100, 100}, {1500, 1000}};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        struct picture picture = picture_of(sizes[i][0], sizes[i][1], 255);
        assert_int_equal(write_picture(&picture, first_of(PALETTE_EQUALISED), "/dev/full"),
                         -ENOSPC);
        counts_close(&picture.counts);
    }
}

/* A pipe that nobody reads: the error comes from a later write. */
static void a_late_error_is_reported(void **state) {
    (void)state;
    struct picture picture = picture_of(1500, 1000, 255);
    struct output output = OUTPUT_CLOSED;
    struct image_timing timing;
    int ends[2];
    char some[100];
    assert_int_equal(pipe(ends), 0);
    output.fd = ends[1];
    output.direct = true;
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0); /* EAGAIN once the pipe is full */
    assert_int_equal(image_write_png(&output, &picture.counts, &picture.workload,
                                     first_of(PALETTE_CYCLIC), &timing),
                     -EAGAIN);
    assert_int_equal(read(ends[0], some, sizeof some), sizeof some);
    assert_memory_equal(some, "\x89PNG\r\n\x1a\n", 8);
    output_abandon(&output);
    close(ends[0]);
    counts_close(&picture.counts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shelf_is_sound),
        cmocka_unit_test(the_inside_is_black),
        cmocka_unit_test(stops_are_shown_as_given),
        cmocka_unit_test(ramps_have_no_jumps),
        cmocka_unit_test(sequential_ramps_brighten),
        cmocka_unit_test(sequential_ramps_are_even),
        cmocka_unit_test(inside_is_0_and_outside_is_not),
        cmocka_unit_test(equalised_colours_keep_the_order),
        cmocka_unit_test(equalised_colours_cover_alike),
        cmocka_unit_test(the_inside_takes_no_rank),
        cmocka_unit_test(equal_ranks_share_their_middle),
        cmocka_unit_test(unusual_frames_are_coloured),
        cmocka_unit_test(cyclic_colours_go_round),
        IN_FOLDER(pictures_read_back),
        IN_FOLDER(every_palette_reads_back),
        IN_FOLDER(texts_hold_the_workload_and_the_palette),
        IN_FOLDER(no_other_chunks_are_written),
        IN_FOLDER(the_same_picture_is_the_same_file),
        cmocka_unit_test(a_full_disk_is_reported),
        cmocka_unit_test(a_late_error_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
