/* CSV: structs to and from files by a table of columns. RFC 4180 quoting, LF line ends, one header
 * line, doubles that read back to the same bits, an empty field for what is not available. */
#ifndef BENCH_CAMPAIGN_CSV_H
#define BENCH_CAMPAIGN_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum csv_kind {
    CSV_TEXT,   /* char[]; "" is empty */
    CSV_WHOLE,  /* uint64_t; CSV_NO_WHOLE is empty */
    CSV_DOUBLE, /* double; NaN is empty, and an infinity is written so */
    CSV_BOOL    /* enum csv_bool */
};

#define CSV_NO_WHOLE UINT64_MAX
enum csv_bool { CSV_FALSE, CSV_TRUE, CSV_NO_BOOL };

/* One column: where its field lies in the row's struct. */
struct csv_column {
    const char *name;
    enum csv_kind kind;
    size_t offset, size; /* bytes; size counts for CSV_TEXT */
};

#define CSV_COLUMN(row, field, kind)                                                               \
    { #field, kind, offsetof(row, field), sizeof(((row *)0)->field) }

/* Can it be a time in seconds that somebody measured? Neither nothing nor beyond all reason, so
 * that rates and ratios of such stay within double. */
static inline bool csv_is_time(double seconds) {
    return seconds > 1e-15 && seconds < 1e15;
}

/* Every field of a row empty. */
void csv_clear(const struct csv_column *columns, size_t count, void *row);

/* Both print to a stream; its error flag tells of failures. */
void csv_write_header(const struct csv_column *columns, size_t count, FILE *file);
void csv_write_row(const struct csv_column *columns, size_t count, const void *row, FILE *file);

/* Reads one field, whatever its kind, as text. What ended it: ',', '\n', EOF; or -EPROTO:
 * malformed, or longer than any of ours. */
#define CSV_FIELD_SIZE 1024
int csv_read_field(char field[CSV_FIELD_SIZE], FILE *file);

/* Reads the header line: 0; -ENODATA: an empty file; -EPROTO: other columns than these. *fields
 * says how many: more at the end are allowed, for a later version added them, and at least the
 * first `least` must be there. */
int csv_read_header(const struct csv_column *columns, size_t count, size_t least, FILE *file,
                    size_t *fields);

/* Reads one row of `fields` fields; those beyond `count` are skipped, columns that the file lacks
 * are empty. 1; 0 at the end of the file; -EPROTO: too few or too many fields, a field that is not
 * of its kind, or a last line without its end (torn). */
int csv_read_row(const struct csv_column *columns, size_t count, size_t fields, void *row,
                 FILE *file);

/* A file of rows, to be read from its beginning to its end. */
struct csv_file {
    const struct csv_column *columns;
    size_t column_count;
    size_t least_columns;             /* that the first version had; 0: all */
    void *row;                        /* room for one row */
    bool (*is_sane)(const void *row); /* Can a row be so? NULL: as it likes. */
    /* Takes over what it needs of the row: 0; -EPROTO: such a row cannot be; or -errno. NULL: it is
     * not needed. */
    int (*keep)(void *context, const void *row);
    void *context;
    /* Found by reading. */
    size_t fields;    /* of a row */
    long whole_bytes; /* up to the end of the last whole row */
    size_t line;      /* rows and header lines begun: after -EPROTO where the fault is */
};

/* A field of a row of the file, by the name of its column; there must be such a column, of that
 * kind. */
uint64_t csv_whole(const struct csv_file *file, const void *row, const char *name);
double csv_double(const struct csv_file *file, const void *row, const char *name);
const char *csv_text(const struct csv_file *file, const void *row, const char *name);

/* The same of file->row, to be changed; what does not fit is cut. */
void csv_set_whole(const struct csv_file *file, const char *name, uint64_t whole);
void csv_set_text(const struct csv_file *file, const char *name, const char *text);

/* Reads all rows. A last row that is torn (its line has no end: a campaign was killed while it
 * wrote) is left out. 0; -ENODATA: an empty file; -EPROTO: malformed; or -errno. */
int csv_read_file(struct csv_file *file, const char *path);

/* To go on with a file: reads it, cuts off a torn last row, and opens it for appending, with a
 * header if it has none. 0 and *stream; errors as above, but a missing or empty file is none, and
 * columns of another version are: what is appended must fit. */
int csv_resume(struct csv_file *file, const char *path, FILE **stream);

/* Appends file->row, and flushes it. 0 or -errno. */
int csv_append(const struct csv_file *file, FILE *stream);

#endif
