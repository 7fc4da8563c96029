/* raw.csv as a table of structs; contracts in raw.h. */
#include "bench/campaign/raw.h"

#include "bench/campaign/array.h"

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
    struct raw_row *at = array_room(rows->at, rows->count, &rows->capacity, sizeof *at);
    if (!at)
        return -ENOMEM;
    at[rows->count++] = *row;
    rows->at = at;
    return 0;
}

void raw_free(struct raw_rows *rows) {
    free(rows->at);
    *rows = (struct raw_rows){0};
}

/* A row that counts has a time. */
static bool is_sane(const struct raw_row *row) {
    return strcmp(row->status, "ok") != 0 ||
           (csv_is_time(row->render_s) && row->renders >= 1 && row->renders != CSV_NO_WHOLE);
}

int raw_keep(void *rows, const void *row) {
    return is_sane(row) ? raw_add(rows, row) : -EPROTO;
}

int raw_read(const char *path, struct raw_rows *rows, long *whole_bytes, size_t *bad_line) {
    struct raw_row row;
    struct csv_file file = {.columns = raw_columns,
                            .column_count = raw_column_count,
                            .least_columns = RAW_FIRST_COLUMNS,
                            .row = &row,
                            .keep = raw_keep,
                            .context = rows};
    *rows = (struct raw_rows){0};
    int err = csv_read_file(&file, path);
    *whole_bytes = file.whole_bytes;
    *bad_line = file.line;
    return err;
}
