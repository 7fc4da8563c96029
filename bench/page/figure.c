/* Printing figures; contracts in figure.h. A script may have drawn a form of the figure for the
 * page (plots/NAME.page.svg: no title, the key below), which is a part, not a product, and goes
 * once it is in; else the ordinary drawing is shown. */
#include "bench/page/figure.h"

#include "bench/page/datatable.h"
#include "bench/page/html.h"
#include "bench/page/svg.h"

#include <stdlib.h>
#include <unistd.h>

/* Room for one more figure and one more table, so that the page stays below 500 KB. */
#define FIGURES_BYTES_MAX (440 << 10)
#define FIGURE_BYTES_MAX  (150 << 10)

struct figure {
    const char *plot, *title, *says, *alt, *role, *file, *columns;
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

static void print_drawing(FILE *out, const struct campaign *campaign, const struct figure *figure,
                          unsigned number) {
    char path[CAMPAIGN_PATH_SIZE + 128], file[96];
    struct part part = {0};
    bool fits = is_there(campaign, "plots/%s.page.svg", figure->plot, path);
    if (!fits && !is_there(campaign, "plots/%s.svg", figure->plot, path))
        return;
    FILE *stream = open_memstream(&part.text, &part.bytes);
    if (!stream)
        return;
    int err = svg_print(stream, path, number, figure->alt);
    if (fclose(stream) != 0 || err)
        part.bytes = 0;
    snprintf(file, sizeof file, "plots/%s.svg", figure->plot);
    fprintf(out, "<div class=\"drawing%s\">", fits ? "" : " wide");
    if (part.bytes)
        print_part(out, &part, FIGURE_BYTES_MAX, file);
    else
        free(part.text);
    fputs("</div>\n", out);
    if (fits)
        unlink(path);
}

static void print_data(FILE *out, const struct campaign *campaign, const struct figure *figure) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    struct sheet sheet;
    struct part part = {0};
    const struct datatable table = {figure->columns, figure->role, figure->title, figure->file};
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

static bool has_drawing(const struct campaign *campaign, const char *plot) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    return is_there(campaign, "plots/%s.page.svg", plot, path) ||
           is_there(campaign, "plots/%s.svg", plot, path);
}

static void print_figure(FILE *out, const struct campaign *campaign, const struct figure *figure,
                         unsigned number) {
    fprintf(out, "<figure id=\"figure-%s\">\n<figcaption><h3>", figure->plot);
    html_text(out, figure->title);
    fputs("</h3><p>", out);
    html_text(out, figure->says);
    fputs("</p></figcaption>\n", out);
    print_drawing(out, campaign, figure, number);
    print_data(out, campaign, figure);
    fputs("</figure>\n", out);
}

unsigned figure_print_all(FILE *out, const struct campaign *campaign) {
    unsigned count = 0;
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        if (!has_drawing(campaign, figures[i].plot))
            continue;
        if (count++ == 0)
            fputs("<section id=figures>\n<h2>Figures</h2>\n<div class=figures>\n", out);
        print_figure(out, campaign, &figures[i], count);
    }
    if (count)
        fputs("</div>\n</section>\n", out);
    return count;
}
