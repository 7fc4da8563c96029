/* Raw: raw.csv, one row per sample, appended and flushed as it is taken; raw numbers only.
 * results/README.md is the dictionary of its columns. */
#ifndef BENCH_CAMPAIGN_RAW_H
#define BENCH_CAMPAIGN_RAW_H

#include "bench/campaign/csv.h"

/* The columns in their order: COLUMN(field, kind, C type). */
struct raw_row {
#define COLUMN_TEXT(name, bytes) char name[bytes];
#define COLUMN_WHOLE(name)       uint64_t name;
#define COLUMN_DOUBLE(name)      double name;
#define COLUMN_BOOL(name)        enum csv_bool name;
#include "bench/campaign/raw.def"
#undef COLUMN_TEXT
#undef COLUMN_WHOLE
#undef COLUMN_DOUBLE
#undef COLUMN_BOOL
};

extern const struct csv_column raw_columns[];
extern const size_t raw_column_count;

/* Up to env_pad: every campaign has these, older ones have no more. */
#define RAW_FIRST_COLUMNS 62

/* A campaign's rows in memory. */
struct raw_rows {
    struct raw_row *at;
    size_t count, capacity;
};

/* Reads all of a raw.csv. A torn last row is left out, and *whole_bytes is where it starts (else
 * the file's size). 0; -errno; -EPROTO: malformed, and *bad_line says where. raw_free it, also
 * after a failure. */
int raw_read(const char *path, struct raw_rows *rows, long *whole_bytes, size_t *bad_line);
void raw_free(struct raw_rows *rows);

/* Appends a copy. 0 or -ENOMEM. */
int raw_add(struct raw_rows *rows, const struct raw_row *row);

/* The same for csv_file: struct raw_rows and struct raw_row. -EPROTO: no sample can be so. */
int raw_keep(void *rows, const void *row);

#endif
