/* Printing figures; contracts in figure.h. A script may have drawn a form of the figure for the
 * page (plots/NAME.page.svg: no title, the key below), which is a part, not a product, and goes
 * once it is in; else the ordinary drawing is shown. */
#include "bench/page/figure.h"

#include "bench/page/datatable.h"
#include "bench/page/html.h"
#include "bench/page/svg.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Room for one more figure and one more table, so that the page stays below 500 KB. */
#define FIGURES_BYTES_MAX (440 << 10)
#define FIGURE_BYTES_MAX  (150 << 10)

struct figure {
    const char *plot, *title, *says, *alt, *role, *file, *columns;
};

/* One that is to be printed: its plot and title may be of one backend. */
struct print {
    const struct figure *figure;
    const char *backend; /* or NULL */
    char plot[64], title[128];
    unsigned number;
};

static const struct figure figures[] = {
#define FIGURE(...) {__VA_ARGS__},
#include "bench/page/figures.def"
#undef FIGURE
};

/* A text of its own, so that it can be left out if the page would become too large. */
struct part {
    char *text;
    size_t bytes;
};

static void print_part(FILE *out, struct part *part, size_t limit, const char *file) {
    if (part->bytes <= limit && ftell(out) + (long)part->bytes <= FIGURES_BYTES_MAX) {
        fwrite(part->text, 1, part->bytes, out);
    } else {
        fputs("<p class=note>Too large for this page: see ", out);
        html_text(out, file);
        fputs(".</p>\n", out);
    }
    free(part->text);
}

static bool is_there(const struct campaign *campaign, const char *format, const char *name,
                     char *path) {
    char file[96];
    snprintf(file, sizeof file, format, name);
    return access(campaign_path(campaign, file, path), R_OK) == 0;
}

static void print_drawing(FILE *out, const struct campaign *campaign, const struct print *print) {
    char path[CAMPAIGN_PATH_SIZE + 128], file[96];
    struct part part = {0};
    bool fits = is_there(campaign, "plots/%s.page.svg", print->plot, path);
    if (!fits && !is_there(campaign, "plots/%s.svg", print->plot, path))
        return;
    FILE *stream = open_memstream(&part.text, &part.bytes);
    if (!stream)
        return;
    int err = svg_print(stream, path, print->number, print->figure->alt);
    if (fclose(stream) != 0 || err)
        part.bytes = 0;
    snprintf(file, sizeof file, "plots/%s.svg", print->plot);
    fprintf(out, "<div class=\"drawing%s\">", fits ? "" : " wide");
    if (part.bytes)
        print_part(out, &part, FIGURE_BYTES_MAX, file);
    else
        free(part.text);
    fputs("</div>\n", out);
    if (fits)
        unlink(path);
}

static void print_data(FILE *out, const struct campaign *campaign, const struct print *print) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    const struct figure *figure = print->figure;
    struct sheet sheet = {0};
    struct part part = {0};
    const struct datatable table = {figure->columns, print->backend ? "backend" : "role",
                                    print->backend ? print->backend : figure->role, print->title,
                                    figure->file};
    if (!figure->file)
        return;
    FILE *stream = open_memstream(&part.text, &part.bytes);
    if (stream && sheet_read(&sheet, campaign_path(campaign, figure->file, path)) == 0)
        datatable_print(stream, &table, &sheet);
    if (stream && fclose(stream) == 0 && part.bytes) {
        fputs("<details><summary>Data</summary>\n", out);
        print_part(out, &part, FIGURE_BYTES_MAX, figure->file);
        fputs("</details>\n", out);
    } else {
        free(part.text);
    }
    sheet_free(&sheet);
}

static void print_figure(FILE *out, const struct campaign *campaign, const struct print *print) {
    fputs("<figure id=\"figure-", out);
    html_text(out, print->plot);
    fputs("\">\n<figcaption><h3>", out);
    html_text(out, print->title);
    fputs("</h3><p>", out);
    html_text(out, print->figure->says);
    fputs("</p></figcaption>\n", out);
    print_drawing(out, campaign, print);
    print_data(out, campaign, print);
    fputs("</figure>\n", out);
}

/* Prints it if the campaign has it. */
static bool print_if_there(FILE *out, const struct campaign *campaign, const struct figure *figure,
                           const char *backend, unsigned *count) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    struct print print = {.figure = figure, .backend = backend, .number = *count + 1};
    snprintf(print.plot, sizeof print.plot, "%s%s", figure->plot, backend ? backend : "");
    snprintf(print.title, sizeof print.title, "%s%s%s", figure->title, backend ? ": " : "",
             backend ? backend : "");
    if (!is_there(campaign, "plots/%s.page.svg", print.plot, path) &&
        !is_there(campaign, "plots/%s.svg", print.plot, path))
        return false;
    if ((*count)++ == 0)
        fputs("<section id=figures>\n<h2>Figures</h2>\n<div class=figures>\n", out);
    print_figure(out, campaign, &print);
    return true;
}

/* Of figures that there are for each backend, those of the fastest and of the slowest: ranking.csv
 * has the fastest of the first workload first. */
static void print_two(FILE *out, const struct campaign *campaign, const struct figure *figure,
                      unsigned *count) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    struct sheet sheet;
    size_t first = 0, last = 0, backend, rank;
    if (sheet_read(&sheet, campaign_path(campaign, "ranking.csv", path)) == 0 && sheet.rows) {
        backend = sheet_column(&sheet, "backend", 7);
        rank = sheet_column(&sheet, "rank", 4);
        while (first < sheet.rows &&
               !print_if_there(out, campaign, figure, sheet_cell(&sheet, first, backend), count))
            first++;
        for (last = 1; last < sheet.rows && strcmp(sheet_cell(&sheet, last, rank), "1") != 0;)
            last++;
        while (--last > first &&
               !print_if_there(out, campaign, figure, sheet_cell(&sheet, last, backend), count))
            continue;
    }
    sheet_free(&sheet);
}

unsigned figure_print_all(FILE *out, const struct campaign *campaign) {
    unsigned count = 0;
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        if (figures[i].plot[strlen(figures[i].plot) - 1] == '-')
            print_two(out, campaign, &figures[i], &count);
        else
            print_if_there(out, campaign, &figures[i], NULL, &count);
    }
    if (count)
        fputs("</div>\n</section>\n", out);
    return count;
}
