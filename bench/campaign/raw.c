/* raw.csv as a table of structs; contracts in raw.h. */
#include "bench/campaign/raw.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct csv_column raw_columns[] = {
#define COLUMN_TEXT(name, bytes) CSV_COLUMN(struct raw_row, name, CSV_TEXT),
#define COLUMN_WHOLE(name)       CSV_COLUMN(struct raw_row, name, CSV_WHOLE),
#define COLUMN_DOUBLE(name)      CSV_COLUMN(struct raw_row, name, CSV_DOUBLE),
#define COLUMN_BOOL(name)        CSV_COLUMN(struct raw_row, name, CSV_BOOL),
#include "bench/campaign/raw.def"
#undef COLUMN_TEXT
#undef COLUMN_WHOLE
#undef COLUMN_DOUBLE
#undef COLUMN_BOOL
};

const size_t raw_column_count = sizeof raw_columns / sizeof *raw_columns;

int raw_add(struct raw_rows *rows, const struct raw_row *row) {
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity ? rows->capacity * 2 : 64;
        struct raw_row *at = realloc(rows->at, capacity * sizeof *at);
        if (!at)
            return -ENOMEM;
        rows->at = at;
        rows->capacity = capacity;
    }
    rows->at[rows->count++] = *row;
    return 0;
}

void raw_free(struct raw_rows *rows) {
    free(rows->at);
    *rows = (struct raw_rows){0};
}

/* A malformed row is torn when the file ends without a line end: a campaign was killed while it
 * wrote. */
static bool is_torn(FILE *file) {
    return fseek(file, -1, SEEK_END) == 0 && getc(file) != '\n';
}

/* A row that counts has a time. */
static bool is_sane(const struct raw_row *row) {
    return strcmp(row->status, "ok") != 0 ||
           (row->render_s > 0 && row->renders >= 1 && row->renders != CSV_NO_WHOLE);
}

static int read_rows(FILE *file, struct raw_rows *rows, long *whole_bytes, size_t *bad_line) {
    size_t extra;
    struct raw_row row;
    *bad_line = 1;
    *whole_bytes = 0;
    int err = csv_read_header(raw_columns, raw_column_count, file, &extra);
    while (!err) {
        *whole_bytes = ftell(file);
        (*bad_line)++;
        int more = csv_read_row(raw_columns, raw_column_count, extra, &row, file);
        if (more == 0)
            return 0;
        err = more < 0 || !is_sane(&row) ? -EPROTO : raw_add(rows, &row);
    }
    if (err == -EPROTO && feof(file) && is_torn(file))
        return 0;
    return err;
}

int raw_read(const char *path, struct raw_rows *rows, long *whole_bytes, size_t *bad_line) {
    *rows = (struct raw_rows){0};
    FILE *file = fopen(path, "re");
    if (!file)
        return -errno;
    int err = read_rows(file, rows, whole_bytes, bad_line);
    if (!err && ferror(file))
        err = -EIO;
    fclose(file);
    return err;
}
