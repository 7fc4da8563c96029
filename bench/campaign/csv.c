/* Rows as text; contracts in csv.h. */
#include "bench/campaign/csv.h"

#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

void csv_clear(const struct csv_column *columns, size_t count, void *row) {
    for (size_t i = 0; i < count; i++) {
        void *field = (char *)row + columns[i].offset;
        switch (columns[i].kind) {
        case CSV_TEXT:
            memset(field, 0, columns[i].size);
            break;
        case CSV_WHOLE:
            *(uint64_t *)field = CSV_NO_WHOLE;
            break;
        case CSV_DOUBLE:
            *(double *)field = NAN;
            break;
        case CSV_BOOL:
            *(enum csv_bool *)field = CSV_NO_BOOL;
            break;
        }
    }
}

static void write_text(const char *text, FILE *file) {
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, file);
        return;
    }
    putc('"', file);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', file);
        putc(*text, file);
    }
    putc('"', file);
}

static void write_field(const struct csv_column *column, const void *field, FILE *file) {
    uint64_t whole;
    double real;
    switch (column->kind) {
    case CSV_TEXT:
        write_text(field, file);
        break;
    case CSV_WHOLE:
        whole = *(const uint64_t *)field;
        if (whole != CSV_NO_WHOLE)
            fprintf(file, "%llu", (unsigned long long)whole);
        break;
    case CSV_DOUBLE:
        real = *(const double *)field;
        if (isfinite(real))
            fprintf(file, "%.17g", real);
        break;
    case CSV_BOOL:
        if (*(const enum csv_bool *)field != CSV_NO_BOOL)
            fputs(*(const enum csv_bool *)field == CSV_TRUE ? "true" : "false", file);
        break;
    }
}

void csv_write_header(const struct csv_column *columns, size_t count, FILE *file) {
    for (size_t i = 0; i < count; i++)
        fprintf(file, "%s%s", i ? "," : "", columns[i].name);
    putc('\n', file);
}

void csv_write_row(const struct csv_column *columns, size_t count, const void *row, FILE *file) {
    for (size_t i = 0; i < count; i++) {
        if (i)
            putc(',', file);
        write_field(&columns[i], (const char *)row + columns[i].offset, file);
    }
    putc('\n', file);
}

/* Reads a quoted field behind its opening quote. What follows the closing one, or -EPROTO. */
static int read_quoted(char *field, size_t *used, FILE *file) {
    int c;
    while ((c = getc(file)) != EOF) {
        if (c == '"' && (c = getc(file)) != '"')
            return c;
        if (c == '\0' || *used + 1 >= CSV_FIELD_SIZE)
            return -EPROTO;
        field[(*used)++] = (char)c;
    }
    return -EPROTO;
}

int csv_read_field(char field[CSV_FIELD_SIZE], FILE *file) {
    size_t used = 0;
    int c = getc(file);
    if (c == '"') {
        c = read_quoted(field, &used, file);
    } else {
        for (; c != ',' && c != '\n' && c != EOF; c = getc(file)) {
            if (c == '"' || c == '\0' || used + 1 >= CSV_FIELD_SIZE)
                return -EPROTO;
            field[used++] = (char)c;
        }
    }
    field[used] = '\0';
    return c == ',' || c == '\n' || c == EOF ? c : -EPROTO;
}

_Static_assert(EOF != -EPROTO, "an end is told from an error");

static int parse_field(const struct csv_column *column, const char *text, void *field) {
    bool is_true = strcmp(text, "true") == 0;
    switch (column->kind) {
    case CSV_TEXT:
        if (strlen(text) >= column->size)
            return -EPROTO;
        memset(field, 0, column->size);
        memcpy(field, text, strlen(text));
        return 0;
    case CSV_WHOLE:
        *(uint64_t *)field = CSV_NO_WHOLE;
        return !*text || text_parse_u64(text, 0, UINT64_MAX - 1, field) == 0 ? 0 : -EPROTO;
    case CSV_DOUBLE:
        *(double *)field = NAN;
        return !*text || text_parse_double(text, field) == 0 ? 0 : -EPROTO;
    case CSV_BOOL:
        *(enum csv_bool *)field = !*text ? CSV_NO_BOOL : is_true ? CSV_TRUE : CSV_FALSE;
        return !*text || is_true || strcmp(text, "false") == 0 ? 0 : -EPROTO;
    }
    return -EPROTO;
}

int csv_read_header(const struct csv_column *columns, size_t count, size_t least, FILE *file,
                    size_t *fields) {
    char field[CSV_FIELD_SIZE];
    size_t seen = 0;
    int end;
    do {
        end = csv_read_field(field, file);
        if (seen == 0 && end == EOF && !*field)
            return -ENODATA;
        if (end == -EPROTO || end == EOF ||
            (seen < count && strcmp(field, columns[seen].name) != 0))
            return -EPROTO;
        seen++;
    } while (end == ',');
    *fields = seen;
    return seen >= least ? 0 : -EPROTO;
}

int csv_read_row(const struct csv_column *columns, size_t count, size_t fields, void *row,
                 FILE *file) {
    char field[CSV_FIELD_SIZE];
    if (fields < count)
        csv_clear(columns + fields, count - fields, row);
    for (size_t i = 0; i < fields; i++) {
        int end = csv_read_field(field, file);
        if (i == 0 && end == EOF && !*field)
            return 0;
        if (end != (i + 1 < fields ? ',' : '\n'))
            return -EPROTO;
        if (i < count && parse_field(&columns[i], field, (char *)row + columns[i].offset) != 0)
            return -EPROTO;
    }
    return 1;
}

static const struct csv_column *find(const struct csv_file *file, const char *name,
                                     enum csv_kind kind) {
    size_t i = 0;
    while (i < file->column_count && strcmp(file->columns[i].name, name) != 0)
        i++;
    assert(i < file->column_count && file->columns[i].kind == kind);
    return &file->columns[i];
}

uint64_t csv_whole(const struct csv_file *file, const void *row, const char *name) {
    return *(const uint64_t *)((const char *)row + find(file, name, CSV_WHOLE)->offset);
}

double csv_double(const struct csv_file *file, const void *row, const char *name) {
    return *(const double *)((const char *)row + find(file, name, CSV_DOUBLE)->offset);
}

const char *csv_text(const struct csv_file *file, const void *row, const char *name) {
    return (const char *)row + find(file, name, CSV_TEXT)->offset;
}

void csv_set_whole(const struct csv_file *file, const char *name, uint64_t whole) {
    *(uint64_t *)((char *)file->row + find(file, name, CSV_WHOLE)->offset) = whole;
}

void csv_set_text(const struct csv_file *file, const char *name, const char *text) {
    const struct csv_column *column = find(file, name, CSV_TEXT);
    snprintf((char *)file->row + column->offset, column->size, "%s", text);
}

static bool is_torn(FILE *stream) {
    return fseek(stream, -1, SEEK_END) == 0 && getc(stream) != '\n';
}

static int take_row(const struct csv_file *file) {
    if (file->is_sane && !file->is_sane(file->row))
        return -EPROTO;
    return file->keep ? file->keep(file->context, file->row) : 0;
}

static int read_rows(struct csv_file *file, FILE *stream) {
    size_t least = file->least_columns ? file->least_columns : file->column_count;
    file->line = 1;
    file->whole_bytes = 0;
    int err = csv_read_header(file->columns, file->column_count, least, stream, &file->fields);
    while (!err) {
        file->whole_bytes = ftell(stream);
        file->line++;
        int more = csv_read_row(file->columns, file->column_count, file->fields, file->row, stream);
        if (more == 0)
            return 0;
        err = more < 0 ? more : take_row(file);
    }
    if (err == -EPROTO && feof(stream) && is_torn(stream))
        return 0;
    return err;
}

int csv_read_file(struct csv_file *file, const char *path) {
    FILE *stream = fopen(path, "re");
    if (!stream)
        return -errno;
    int err = read_rows(file, stream);
    if (!err && ferror(stream))
        err = -EIO;
    fclose(stream);
    return err;
}

int csv_resume(struct csv_file *file, const char *path, FILE **stream) {
    int err = csv_read_file(file, path);
    if (!err && file->fields != file->column_count) {
        file->line = 1;
        return -EPROTO;
    }
    if (!err && truncate(path, file->whole_bytes) != 0)
        err = -errno;
    if (err && err != -ENOENT && err != -ENODATA)
        return err;
    *stream = fopen(path, "ae");
    if (!*stream)
        return -errno;
    if (ftell(*stream) == 0)
        csv_write_header(file->columns, file->column_count, *stream);
    return 0;
}

int csv_append(const struct csv_file *file, FILE *stream) {
    csv_write_row(file->columns, file->column_count, file->row, stream);
    if (fflush(stream) == 0 && !ferror(stream))
        return 0;
    return errno ? -errno : -EIO;
}
