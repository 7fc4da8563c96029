/* Tables of the page; contracts in datatable.h. Each column has one number of decimals, so that its
 * points stand below each other. */
#include "bench/page/datatable.h"

#include "base/text.h"
#include "bench/page/html.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 24
#define ROWS_MAX    150 /* more are not read by a person */

struct column {
    size_t place; /* in the sheet */
    char heading[64];
    bool number, time;
    double scale;
    int decimals;
};

struct view {
    const struct datatable *table;
    const struct sheet *sheet;
    struct column columns[COLUMNS_MAX];
    size_t column_count;
    size_t where;
};

static bool row_shown(const struct view *view, size_t row) {
    const char *is = view->table->is;
    return !is || strcmp(sheet_cell(view->sheet, row, view->where), is) == 0;
}

static bool ends_in(const char *text, size_t length, const char *end) {
    return length >= strlen(end) && memcmp(text + length - strlen(end), end, strlen(end)) == 0;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What a column holds: whether only numbers, whether whole ones, the middle one's magnitude; false:
 * nothing. */
static bool study(const struct view *view, struct column *column, bool *whole, double *middle) {
    const struct sheet *sheet = view->sheet;
    double *values = calloc(sheet->rows + 1, sizeof *values);
    size_t count = 0;
    bool any = false;
    column->number = *whole = true;
    for (size_t row = 0; values && row < sheet->rows; row++) {
        const char *cell = sheet_cell(sheet, row, column->place);
        if (!*cell || !row_shown(view, row))
            continue;
        any = true;
        if (text_parse_double(cell, &values[count]) != 0) {
            column->number = false;
            continue;
        }
        *whole &= strspn(cell, "0123456789") == strlen(cell);
        values[count] = fabs(values[count]);
        count += values[count] > 0;
    }
    *middle = 0;
    if (count) {
        qsort(values, count, sizeof *values, ascending);
        *middle = values[count / 2];
    }
    free(values);
    return any;
}

static bool varies(const struct view *view, size_t place) {
    const char *first = NULL;
    for (size_t row = 0; row < view->sheet->rows; row++) {
        const char *cell = sheet_cell(view->sheet, row, place);
        if (!*cell || !row_shown(view, row))
            continue;
        if (first && strcmp(first, cell) != 0)
            return true;
        first = cell;
    }
    return false;
}

struct unit {
    const char *name;
    double scale;
};

static struct unit unit_for(double seconds) {
    static const struct unit units[] = {{"s", 1}, {"ms", 1e3}, {"µs", 1e6}, {"ns", 1e9}};
    size_t i = 0;
    while (i < 3 && seconds * units[i].scale < 1)
        i++;
    return units[i];
}

/* Three significant digits of the middle value. */
static int decimals_for(double middle) {
    if (middle <= 0)
        return 0;
    double digits = 2 - floor(log10(middle));
    return digits < 0 ? 0 : digits > 6 ? 6 : (int)digits;
}

/* Adds a column of the sheet: name[0 … length - 1], "name=heading" or "?name=heading". */
static void add_column(struct view *view, struct unit *time, const char *name, size_t length) {
    struct column *column = &view->columns[view->column_count];
    bool only_if_varies = *name == '?';
    name += only_if_varies;
    length -= only_if_varies;
    const char *equals = memchr(name, '=', length);
    size_t name_length = equals ? (size_t)(equals - name) : length;
    const char *heading = equals ? equals + 1 : name;
    size_t heading_length = length - (size_t)(heading - name);
    bool whole;
    double middle;
    *column = (struct column){.place = sheet_column(view->sheet, name, name_length), .scale = 1};
    if (column->place == SHEET_NO_COLUMN || (only_if_varies && !varies(view, column->place)) ||
        !study(view, column, &whole, &middle))
        return;
    column->time = column->number && ends_in(name, name_length, "_s");
    if (column->time) {
        if (!time->name)
            *time = unit_for(middle);
        column->scale = time->scale;
    } else if (ends_in(heading, heading_length, " %")) {
        column->scale = 100;
    }
    column->decimals = whole && !column->time ? 0 : decimals_for(middle * column->scale);
    snprintf(column->heading, sizeof column->heading, "%.*s%s%s", (int)heading_length, heading,
             column->time ? ", " : "", column->time ? time->name : "");
    view->column_count++;
}

static void choose_columns(struct view *view) {
    struct unit time = {0};
    const char *at = view->table->columns;
    while (*at && view->column_count < COLUMNS_MAX) {
        size_t length = strcspn(at, ",");
        add_column(view, &time, at, length);
        at += length + (at[length] == ',');
    }
}

static void print_cell(FILE *out, const struct column *column, const char *cell) {
    double value;
    if (!column->number) {
        fputs("<td>", out);
        html_text(out, cell);
    } else if (text_parse_double(cell, &value) == 0) {
        fprintf(out, "<td class=n>%.*f", column->decimals, value * column->scale);
    } else {
        fputs("<td class=n>", out);
    }
}

static void print_heading(FILE *out, const struct view *view, size_t shown, size_t all) {
    fputs("<div class=scroll><table><caption>", out);
    html_text(out, view->table->caption);
    if (shown < all)
        html_print(out, " (the first %zu of %zu rows; all stand in %s)", shown, all,
                   view->table->file);
    fputs("</caption><thead><tr>", out);
    for (size_t i = 0; i < view->column_count; i++) {
        fprintf(out, "<th scope=col%s>", view->columns[i].number ? " class=n" : "");
        html_text(out, view->columns[i].heading);
    }
    fputs("</thead><tbody>\n", out);
}

void datatable_print(FILE *out, const struct datatable *table, const struct sheet *sheet) {
    struct view view = {.table = table, .sheet = sheet};
    if (table->is)
        view.where = sheet_column(sheet, table->where, strlen(table->where));
    size_t all = 0, shown = 0;
    for (size_t row = 0; row < sheet->rows; row++)
        all += row_shown(&view, row);
    choose_columns(&view);
    if (!all || !view.column_count)
        return;
    print_heading(out, &view, all < ROWS_MAX ? all : ROWS_MAX, all);
    for (size_t row = 0; row < sheet->rows && shown < ROWS_MAX; row++) {
        if (!row_shown(&view, row))
            continue;
        shown++;
        fputs("<tr>", out);
        for (size_t i = 0; i < view.column_count; i++)
            print_cell(out, &view.columns[i], sheet_cell(sheet, row, view.columns[i].place));
        putc('\n', out);
    }
    fputs("</tbody></table></div>\n", out);
}
