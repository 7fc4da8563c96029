/* PNG through libpng; contracts in png.h. The settings are the fastest that compress well on such
 * pictures: zlib level 1, run-length matches only, each row as its difference from the row above.
 */
#include "image/png.h"

#include "base/clock.h"
#include "base/output.h"
#include "base/text.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define BUFFER_BYTES (256 * 1024) /* of compressed data between writes */

/* What libpng's hooks need. It writes a palette colour by colour: small pieces are gathered. */
struct sink {
    struct output *output;
    uint64_t write_ns;
    int err;
    size_t gathered;
    unsigned char bytes[4096];
};

static void write_out(struct sink *sink, const void *bytes, size_t size) {
    uint64_t start = clock_now_ns();
    if (!sink->err && size > 0)
        sink->err = output_write(sink->output, bytes, size);
    sink->write_ns += clock_now_ns() - start;
}

static void write_gathered(struct sink *sink) {
    write_out(sink, sink->bytes, sink->gathered);
    sink->gathered = 0;
}

static void on_write(png_structp png, png_bytep bytes, size_t size) {
    struct sink *sink = png_get_io_ptr(png);
    if (size > sizeof sink->bytes - sink->gathered)
        write_gathered(sink);
    if (size > sizeof sink->bytes) {
        write_out(sink, bytes, size);
    } else {
        memcpy(sink->bytes + sink->gathered, bytes, size);
        sink->gathered += size;
    }
    if (sink->err)
        png_error(png, "write");
}

static void on_flush(png_structp png) {
    (void)png;
}

/* libpng's message is dropped: what failed is known from sink.err, and nothing below main prints.
 */
static _Noreturn void on_error(png_structp png, png_const_charp message) {
    (void)message;
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

#define TEXTS 5

/* Keywords and values; the values live in `values`. */
static void describe(const struct workload *workload, const struct palette *palette,
                     png_text text[TEXTS], char values[TEXTS][80]) {
    static const char *const keywords[TEXTS] = {"Title", "Center", "Extent", "Max iterations",
                                                "Palette"};
    char re[TEXT_DOUBLE_SIZE], im[TEXT_DOUBLE_SIZE];
    snprintf(values[0], sizeof values[0], "Mandelbrot set");
    snprintf(values[1], sizeof values[1], "%s,%s", text_double(workload->center_re, re),
             text_double(workload->center_im, im));
    snprintf(values[2], sizeof values[2], "%s", text_double(workload->extent, re));
    snprintf(values[3], sizeof values[3], "%u", workload->max_iter);
    snprintf(values[4], sizeof values[4], "%s", palette->name);
    for (int i = 0; i < TEXTS; i++)
        text[i] = (png_text){.compression = PNG_TEXT_COMPRESSION_NONE,
                             .key = (png_charp)(uintptr_t)keywords[i],
                             .text = values[i]};
}

static void write_header(png_structp png, png_infop info, const struct workload *workload,
                         const struct palette *palette) {
    uint8_t rgb[PALETTE_COLOURS][3];
    png_color colours[PALETTE_COLOURS];
    png_text text[TEXTS];
    char values[TEXTS][80];
    palette_colours(palette, rgb);
    for (int i = 0; i < PALETTE_COLOURS; i++)
        colours[i] = (png_color){rgb[i][0], rgb[i][1], rgb[i][2]};
    describe(workload, palette, text, values);
    png_set_user_limits(png, WORKLOAD_SIDE_MAX, WORKLOAD_SIDE_MAX);
    png_set_IHDR(png, info, workload->width, workload->height, 8, PNG_COLOR_TYPE_PALETTE,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_PLTE(png, info, colours, PALETTE_COLOURS);
    png_set_text(png, info, text, TEXTS);
    png_set_compression_level(png, 1);
    png_set_compression_strategy(png, Z_RLE);
    png_set_compression_buffer_size(png, BUFFER_BYTES);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
    png_write_info(png, info);
}

/* All that may longjmp; the caller's variables are safe from it. */
static int write_picture(png_structp png, png_infop info, const struct counts *counts,
                         const struct workload *workload, const struct palette *palette,
                         const struct palette_map *map, uint8_t *row) {
    if (setjmp(png_jmpbuf(png)))
        return -ENOMEM;
    write_header(png, info, workload, palette);
    for (uint32_t y = 0; y < counts->height; y++) {
        const uint32_t *from = counts->at + (uint64_t)y * counts->width;
        palette_map_apply(map, from, counts->width, row);
        png_write_row(png, row);
    }
    png_write_end(png, info);
    return 0;
}

int image_write_png(struct output *output, const struct counts *counts,
                    const struct workload *workload, const struct palette *palette,
                    struct image_timing *timing) {
    struct sink sink = {.output = output};
    struct palette_map map;
    uint64_t start = clock_now_ns();
    int err = palette_map_open(&map, palette, counts, workload->max_iter);
    if (err)
        return err;
    uint8_t *row = malloc(counts->width);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    err = -ENOMEM;
    if (row && info) {
        png_set_write_fn(png, &sink, on_write, on_flush);
        err = write_picture(png, info, counts, workload, palette, &map, row);
    }
    if (!err)
        write_gathered(&sink);
    if (sink.err)
        err = sink.err;
    png_destroy_write_struct(&png, &info);
    free(row);
    palette_map_close(&map);
    timing->write_ns = sink.write_ns;
    timing->encode_ns = clock_now_ns() - start - sink.write_ns;
    return err;
}
