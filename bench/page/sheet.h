/* Sheet: a CSV file as text, whatever its columns: the page shows tables that it knows only by the
 * names of their columns. */
#ifndef BENCH_PAGE_SHEET_H
#define BENCH_PAGE_SHEET_H

#include <stddef.h>

#define SHEET_NO_COLUMN ((size_t)-1)

struct sheet {
    char **cells;           /* the header's, then row after row */
    size_t columns, rows;   /* rows without the header */
    size_t count, capacity; /* of the cells */
};

/* Reads a file; what is not fit for a page (control characters, broken UTF-8) becomes '?'.
 * 0; -ENOENT: there is none; -EPROTO: malformed; or -errno. sheet_free it, also after a failure. */
int sheet_read(struct sheet *sheet, const char *path);
void sheet_free(struct sheet *sheet);

/* The column of that name (length bytes), or SHEET_NO_COLUMN. */
size_t sheet_column(const struct sheet *sheet, const char *name, size_t length);

/* A cell; rows from 0. "" where the column is SHEET_NO_COLUMN. */
const char *sheet_cell(const struct sheet *sheet, size_t row, size_t column);

/* The first row, not before `from`, in which a column holds the value; past the last: none. */
size_t sheet_next(const struct sheet *sheet, size_t from, const char *column, const char *value);

#endif
