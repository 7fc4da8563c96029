/* Reading CSV as text; contracts in sheet.h. */
#include "bench/page/sheet.h"

#include "base/text.h"
#include "bench/campaign/csv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELLS_MAX (1u << 22) /* more is no table of ours */

static int keep(struct sheet *sheet, char *field) {
    if (sheet->count == sheet->capacity) {
        size_t capacity = sheet->capacity ? 2 * sheet->capacity : 1024;
        char **cells = realloc(sheet->cells, capacity * sizeof *cells);
        if (!cells)
            return -ENOMEM;
        sheet->cells = cells;
        sheet->capacity = capacity;
    }
    if (sheet->count >= CELLS_MAX)
        return -EPROTO;
    text_tame(field);
    sheet->cells[sheet->count] = strdup(field);
    return sheet->cells[sheet->count] ? (sheet->count++, 0) : -ENOMEM;
}

/* One line: 1; 0 at the end of the file; -EPROTO or -ENOMEM. */
static int read_line(struct sheet *sheet, FILE *stream) {
    char field[CSV_FIELD_SIZE];
    size_t before = sheet->count;
    int end = ',';
    while (end == ',') {
        end = csv_read_field(field, stream);
        if (end == EOF && sheet->count == before && !*field)
            return 0;
        int err = end == -EPROTO ? end : keep(sheet, field);
        if (err)
            return err;
    }
    return end == '\n' ? 1 : -EPROTO;
}

static int read_lines(struct sheet *sheet, FILE *stream) {
    int more = read_line(sheet, stream);
    sheet->columns = sheet->count;
    while (more > 0) {
        more = read_line(sheet, stream);
        if (more > 0 && sheet->count != (++sheet->rows + 1) * sheet->columns)
            return -EPROTO;
    }
    return more;
}

int sheet_read(struct sheet *sheet, const char *path) {
    *sheet = (struct sheet){0};
    FILE *stream = fopen(path, "re");
    if (!stream)
        return -errno;
    int err = read_lines(sheet, stream);
    fclose(stream);
    return err;
}

void sheet_free(struct sheet *sheet) {
    for (size_t i = 0; i < sheet->count; i++)
        free(sheet->cells[i]);
    free(sheet->cells);
    *sheet = (struct sheet){0};
}

size_t sheet_column(const struct sheet *sheet, const char *name, size_t length) {
    for (size_t i = 0; i < sheet->columns; i++)
        if (strlen(sheet->cells[i]) == length && memcmp(sheet->cells[i], name, length) == 0)
            return i;
    return SHEET_NO_COLUMN;
}

const char *sheet_cell(const struct sheet *sheet, size_t row, size_t column) {
    return column == SHEET_NO_COLUMN ? "" : sheet->cells[(row + 1) * sheet->columns + column];
}

size_t sheet_next(const struct sheet *sheet, size_t from, const char *column, const char *value) {
    size_t place = sheet_column(sheet, column, strlen(column)), row = from;
    while (row < sheet->rows && strcmp(sheet_cell(sheet, row, place), value) != 0)
        row++;
    return row;
}
