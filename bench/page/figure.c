/* Printing figures; contracts in figure.h. A script may have drawn a form of the figure for the
 * page (plots/NAME.page.svg: no title, the key below), which is a part, not a product, and goes
 * once the page is made; else the ordinary drawing is shown. */
#include "bench/page/figure.h"

#include "base/text.h"
#include "bench/page/datatable.h"
#include "bench/page/html.h"
#include "bench/page/part.h"
#include "bench/page/svg.h"
#include "bench/page/why.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define FORM ".page.svg"

struct figure {
    const char *plot, *title, *says, *alt, *role, *file, *columns, *highest;
    void (*beside)(FILE *out, const struct page *page);
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

static bool is_there(const struct campaign *campaign, const char *format, const char *name,
                     char *path) {
    char file[96];
    snprintf(file, sizeof file, format, name);
    return access(campaign_path(campaign, file, path), R_OK) == 0;
}

/* What can be seen, for those who cannot; and the highest value of what it is about. */
static void describe(const struct figure *figure, const struct sheet *sheet, char *alt,
                     size_t size) {
    int length = snprintf(alt, size, "%s", figure->alt);
    if (!figure->highest)
        return;
    size_t column = sheet_column(sheet, figure->highest, strlen(figure->highest));
    size_t best = sheet->rows, row = sheet_next(sheet, 0, "role", figure->role);
    double most = -1, value;
    for (; row < sheet->rows; row = sheet_next(sheet, row + 1, "role", figure->role)) {
        if (text_parse_double(sheet_cell(sheet, row, column), &value) == 0 && value > most) {
            most = value;
            best = row;
        }
    }
    if (best == sheet->rows)
        return;
    snprintf(alt + length, size - (size_t)length, " The highest is %.2f: %s, workers: %s.", most,
             sheet_cell(sheet, best, sheet_column(sheet, "backend", 7)),
             sheet_cell(sheet, best, sheet_column(sheet, "workers", 7)));
}

static void print_drawing(FILE *out, const struct campaign *campaign, const struct print *print,
                          const struct sheet *sheet) {
    char path[CAMPAIGN_PATH_SIZE + 128], file[96], alt[512];
    struct part part;
    bool fits = is_there(campaign, "plots/%s" FORM, print->plot, path);
    if (!fits && !is_there(campaign, "plots/%s.svg", print->plot, path))
        return;
    describe(print->figure, sheet, alt, sizeof alt);
    part_open(&part);
    int err = part.stream ? svg_print(part.stream, path, print->number, alt) : -ENOMEM;
    snprintf(file, sizeof file, "plots/%s.svg", print->plot);
    fprintf(out, "<div class=\"drawing%s\">", fits ? "" : " wide");
    if (part_end(&part) && !err)
        part_put(&part, out, PART_FIGURES_END, file);
    part_drop(&part);
    fputs("</div>\n", out);
}

static void print_data(FILE *out, const struct print *print, const struct sheet *sheet) {
    const struct figure *figure = print->figure;
    struct part part;
    const struct datatable table = {figure->columns, print->backend ? "backend" : "role",
                                    print->backend ? print->backend : figure->role, print->title,
                                    figure->file};
    if (sheet->rows == 0)
        return;
    part_open(&part);
    if (part.stream)
        datatable_print(part.stream, &table, sheet);
    if (part_end(&part)) {
        fputs("<details><summary>Data</summary>\n", out);
        part_put(&part, out, PART_FIGURES_END, figure->file);
        fputs("</details>\n", out);
    }
    part_drop(&part);
}

static void print_figure(FILE *out, const struct page *page, const struct print *print) {
    const struct campaign *campaign = page->campaign;
    const struct figure *figure = print->figure;
    char path[CAMPAIGN_PATH_SIZE + 128];
    struct sheet sheet = {0};
    if (figure->file && sheet_read(&sheet, campaign_path(campaign, figure->file, path)) != 0)
        sheet.rows = 0;
    fputs("<figure id=\"figure-", out);
    html_text(out, print->plot);
    fprintf(out, "\"%s>\n<figcaption><h3>", figure->beside ? " class=beside" : "");
    html_text(out, print->title);
    fputs("</h3><p>", out);
    html_text(out, figure->says);
    fputs("</p></figcaption>\n", out);
    print_drawing(out, campaign, print, &sheet);
    if (figure->beside)
        figure->beside(out, page);
    print_data(out, print, &sheet);
    fputs("</figure>\n", out);
    sheet_free(&sheet);
}

/* Prints it if the campaign has it. */
static bool print_if_there(FILE *out, const struct page *page, const struct figure *figure,
                           const char *backend, unsigned *count) {
    const struct campaign *campaign = page->campaign;
    char path[CAMPAIGN_PATH_SIZE + 128];
    struct print print = {.figure = figure, .backend = backend, .number = *count + 1};
    snprintf(print.plot, sizeof print.plot, "%s%s", figure->plot, backend ? backend : "");
    snprintf(print.title, sizeof print.title, "%s%s%s", figure->title, backend ? ": " : "",
             backend ? backend : "");
    if (!is_there(campaign, "plots/%s" FORM, print.plot, path) &&
        !is_there(campaign, "plots/%s.svg", print.plot, path))
        return false;
    if ((*count)++ == 0)
        fputs("<section id=figures>\n<h2>Figures</h2>\n<div class=figures>\n", out);
    print_figure(out, page, &print);
    return true;
}

/* Of figures that there are for each backend, those of the fastest and of the slowest: ranking.csv
 * has the fastest of the first workload first. */
static void print_two(FILE *out, const struct page *page, const struct figure *figure,
                      unsigned *count) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    struct sheet sheet;
    size_t first = 0, last, backend;
    if (sheet_read(&sheet, campaign_path(page->campaign, "ranking.csv", path)) == 0 && sheet.rows) {
        backend = sheet_column(&sheet, "backend", 7);
        while (first < sheet.rows &&
               !print_if_there(out, page, figure, sheet_cell(&sheet, first, backend), count))
            first++;
        last = sheet_next(&sheet, 1, "rank", "1");
        while (--last > first &&
               !print_if_there(out, page, figure, sheet_cell(&sheet, last, backend), count))
            continue;
    }
    sheet_free(&sheet);
}

/* Forms of figures that were drawn for a page, whether it shows them or not. */
static void remove_forms(const struct campaign *campaign) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    DIR *directory = opendir(campaign_path(campaign, "plots", path));
    if (!directory)
        return;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        size_t length = strlen(entry->d_name);
        if (length > strlen(FORM) && strcmp(entry->d_name + length - strlen(FORM), FORM) == 0)
            unlinkat(dirfd(directory), entry->d_name, 0);
    }
    closedir(directory);
}

unsigned figure_print_all(FILE *out, const struct page *page) {
    unsigned count = 0;
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        if (figures[i].plot[strlen(figures[i].plot) - 1] == '-')
            print_two(out, page, &figures[i], &count);
        else
            print_if_there(out, page, &figures[i], NULL, &count);
    }
    if (count)
        fputs("</div>\n</section>\n", out);
    remove_forms(page->campaign);
    return count;
}
