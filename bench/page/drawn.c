/* Who drew what; contracts in drawn.h. A trace is a list of Chrome's events; of them count the
 * spans called "compute", whose argument is the batch and whose track is a worker's. */
#include "bench/page/drawn.h"

#include "base/size.h"
#include "bench/page/datatable.h"
#include "bench/page/html.h"
#include "bench/page/part.h"
#include "bench/tables/table.h"

#include <errno.h>
#include <jansson.h>
#include <nettle/base64.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SIDE_MAX        176 /* of a picture, in pixels */
#define TRACE_BYTES_MAX (64 << 20)
#define WORKERS_MAX     254

struct drawn_row {
    uint64_t schema;
    char campaign[96], experiment[32], backend[32];
    uint64_t workers, worker, batches, pixels;
};

static const struct csv_column columns[] = {
    CSV_COLUMN(struct drawn_row, schema, CSV_WHOLE),
    CSV_COLUMN(struct drawn_row, campaign, CSV_TEXT),
    CSV_COLUMN(struct drawn_row, experiment, CSV_TEXT),
    CSV_COLUMN(struct drawn_row, backend, CSV_TEXT),
    CSV_COLUMN(struct drawn_row, workers, CSV_WHOLE),
    CSV_COLUMN(struct drawn_row, worker, CSV_WHOLE),
    CSV_COLUMN(struct drawn_row, batches, CSV_WHOLE),
    CSV_COLUMN(struct drawn_row, pixels, CSV_WHOLE),
};

/* Who computed each batch: the worker's number from 1, 0: nobody. */
struct owners {
    const struct job *job;
    uint8_t *of;
    uint64_t batches;
    unsigned workers; /* the largest number */
};

/* Tracks are numbered from 1, workers first. */
static void take_event(struct owners *owners, const json_t *event) {
    const char *name = json_string_value(json_object_get(event, "name"));
    const json_t *batch = json_object_get(json_object_get(event, "args"), "batch");
    json_int_t track = json_integer_value(json_object_get(event, "tid"));
    if (!name || strcmp(name, "compute") != 0 || !json_is_integer(batch))
        return;
    json_int_t index = json_integer_value(batch);
    if (index < 0 || (uint64_t)index >= owners->batches || track < 1 ||
        track > (json_int_t)owners->job->workers || track > WORKERS_MAX)
        return;
    owners->of[index] = (uint8_t)track;
    owners->workers = (unsigned)size_max(owners->workers, (uint64_t)track);
}

/* false: there is no trace, or it does not tell of every batch. */
static bool read_owners(struct owners *owners, const struct campaign *campaign,
                        const struct plan_case *plan_case) {
    char name[96], path[CAMPAIGN_PATH_SIZE + 128];
    struct stat status;
    *owners = (struct owners){.job = &plan_case->job, .batches = job_batches(&plan_case->job)};
    snprintf(name, sizeof name, "trace/%s.json", plan_case->backend->name);
    if (stat(campaign_path(campaign, name, path), &status) != 0 || status.st_size > TRACE_BYTES_MAX)
        return false;
    json_t *trace = json_load_file(path, 0, NULL);
    owners->of = calloc(owners->batches, 1);
    size_t index;
    const json_t *event;
    if (owners->of)
        json_array_foreach(json_object_get(trace, "traceEvents"), index, event)
            take_event(owners, event);
    json_decref(trace);
    return owners->of && !memchr(owners->of, 0, owners->batches);
}

/* Okabe and Ito's; the ninth worker has the first again. */
#define COLOURS 8
static const png_color colours[COLOURS] = {{0, 114, 178},   {230, 159, 0},  {0, 158, 115},
                                           {204, 121, 167}, {86, 180, 233}, {213, 94, 0},
                                           {240, 228, 66},  {153, 153, 153}};

/* Rows of a smaller picture of the frame, a colour's number for each pixel. */
static void shrink(const struct owners *owners, uint8_t *pixels, uint32_t width, uint32_t height) {
    const struct workload *workload = &owners->job->workload;
    for (uint32_t row = 0; row < height; row++) {
        for (uint32_t col = 0; col < width; col++) {
            uint64_t y = (2 * (uint64_t)row + 1) * workload->height / (2 * (uint64_t)height);
            uint64_t x = (2 * (uint64_t)col + 1) * workload->width / (2 * (uint64_t)width);
            pixels[(size_t)row * width + col] =
                (uint8_t)((owners->of[(y * workload->width + x) / owners->job->batch] - 1) %
                          COLOURS);
        }
    }
}

static int write_png(FILE *stream, const uint8_t *pixels, uint32_t width, uint32_t height) {
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info || setjmp(png_jmpbuf(png))) {
        png_destroy_write_struct(&png, &info);
        return -ENOMEM;
    }
    png_init_io(png, stream);
    png_set_IHDR(png, info, width, height, 4, PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_PLTE(png, info, colours, COLOURS);
    png_write_info(png, info);
    png_set_packing(png);
    for (uint32_t row = 0; row < height; row++)
        png_write_row(png, pixels + (size_t)row * width);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    return 0;
}

static int print_base64(FILE *out, const char *bytes, size_t size) {
    char *text = malloc(BASE64_ENCODE_RAW_LENGTH(size) + 1);
    if (!text)
        return -ENOMEM;
    base64_encode_raw(text, size, (const uint8_t *)bytes);
    fwrite(text, 1, BASE64_ENCODE_RAW_LENGTH(size), out);
    free(text);
    return 0;
}

/* The picture as a part of the page. 0 or -errno. */
static int make_picture(struct part *part, const struct owners *owners, const char *backend) {
    const struct workload *workload = &owners->job->workload;
    uint32_t longer = workload->width > workload->height ? workload->width : workload->height;
    uint64_t side = size_min(longer, SIDE_MAX);
    uint32_t width = (uint32_t)size_max(1, workload->width * side / longer);
    uint32_t height = (uint32_t)size_max(1, workload->height * side / longer);
    uint8_t *pixels = malloc((size_t)width * height);
    char *bytes = NULL;
    size_t size = 0;
    FILE *stream = pixels ? open_memstream(&bytes, &size) : NULL;
    int err = stream ? 0 : -ENOMEM;
    if (!err) {
        shrink(owners, pixels, width, height);
        err = write_png(stream, pixels, width, height);
        if (fclose(stream) != 0)
            err = -ENOMEM;
    }
    if (!err) {
        fprintf(part->stream, "<img width=%u height=%u alt=\"", width, height);
        html_print(part->stream, "The frame of %s in the colours of its %u workers", backend,
                   owners->job->workers);
        fputs("\" src=\"data:image/png;base64,", part->stream);
        err = print_base64(part->stream, bytes, size);
        fputs("\">", part->stream);
    }
    free(bytes);
    free(pixels);
    return err;
}

static int print_picture(FILE *out, const struct owners *owners, const char *backend) {
    char file[64];
    struct part part;
    part_open(&part);
    int err = part.stream ? make_picture(&part, owners, backend) : -ENOMEM;
    snprintf(file, sizeof file, "trace/%s.json", backend);
    fputs("<li>", out);
    if (part_end(&part) && !err)
        part_put(&part, out, PART_PICTURES_END, file);
    part_drop(&part);
    fputs("<span>", out);
    html_text(out, backend);
    fputs("</span>\n", out);
    return err;
}

/* Adds the rows of one backend to rows[0 … *count - 1]. */
static int add_rows(struct drawn_row **rows, size_t *count, const struct campaign *campaign,
                    const struct owners *owners, const char *backend) {
    const struct workload *workload = &owners->job->workload;
    uint64_t pixels = (uint64_t)workload->width * workload->height;
    struct drawn_row *more = realloc(*rows, (*count + owners->workers) * sizeof *more);
    if (!more)
        return -ENOMEM;
    *rows = more;
    for (unsigned worker = 1; worker <= owners->workers; worker++) {
        struct drawn_row *row = &more[(*count)++];
        *row =
            (struct drawn_row){.schema = 1, .workers = owners->job->workers, .worker = worker - 1};
        snprintf(row->campaign, sizeof row->campaign, "%s", campaign->name);
        snprintf(row->experiment, sizeof row->experiment, "%s", campaign->plan.experiment);
        snprintf(row->backend, sizeof row->backend, "%s", backend);
        for (uint64_t i = 0; i < owners->batches; i++) {
            if (owners->of[i] != worker)
                continue;
            row->batches++;
            row->pixels += batch_at(pixels, owners->job->batch, i).count;
        }
    }
    return 0;
}

static void print_head(FILE *out) {
    fputs(
        "<section id=drawn>\n<h2>Who drew what</h2>\n<p>The frame of one traced render of each "
        "backend, every pixel in the colour of the worker that computed it: blue is worker 0, then "
        "orange, green, purple, light blue, vermilion, yellow and grey.</p>\n<ul class=frames>\n",
        out);
}

static int write_table(const struct campaign *campaign, const struct drawn_row *rows,
                       size_t count) {
    const struct table table = {"drawn.csv", columns,      sizeof columns / sizeof *columns,
                                rows,        sizeof *rows, count};
    return table_write(&table, campaign);
}

static void print_end(FILE *out, const struct campaign *campaign) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    const struct datatable table = {.columns = "backend,workers,worker,batches,pixels",
                                    .caption = "Who drew what",
                                    .file = "drawn.csv"};
    struct sheet sheet;
    struct part part;
    part_open(&part);
    if (sheet_read(&sheet, campaign_path(campaign, table.file, path)) == 0 && part.stream)
        datatable_print(part.stream, &table, &sheet);
    sheet_free(&sheet);
    fputs("</ul>\n<details><summary>Data</summary>\n", out);
    if (part_end(&part))
        part_put(&part, out, PART_PICTURES_END, table.file);
    part_drop(&part);
    fputs("</details>\n</section>\n", out);
}

int drawn_print(FILE *out, const struct campaign *campaign) {
    struct drawn_row *rows = NULL;
    size_t count = 0;
    unsigned backends;
    const struct backend *const *list = backend_list(&backends);
    int err = 0;
    for (unsigned i = 0; !err && i < backends; i++) {
        const struct plan_case *plan_case = plan_kept(&campaign->plan, ROLE_CASE, list[i]);
        struct owners owners = {0};
        if (plan_case && plan_case->job.workers > 1 && read_owners(&owners, campaign, plan_case)) {
            if (count == 0)
                print_head(out);
            err = add_rows(&rows, &count, campaign, &owners, list[i]->name);
            if (!err)
                err = print_picture(out, &owners, list[i]->name);
        }
        free(owners.of);
    }
    if (!err && count)
        err = write_table(campaign, rows, count);
    if (count)
        print_end(out, campaign);
    free(rows);
    return err;
}
