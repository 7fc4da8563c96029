/* The list of labs, and their tables; contracts in lab.h. */
#include "bench/lab/lab.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAB(name) extern const struct lab lab_##name;
#include "bench/lab/labs.def"
#undef LAB

static const struct lab *const all_labs[] = {
#define LAB(name) &lab_##name,
#include "bench/lab/labs.def"
#undef LAB
};

const struct lab *const *lab_list(unsigned *count) {
    *count = sizeof all_labs / sizeof *all_labs;
    return all_labs;
}

const struct lab *lab_find(const char *name) {
    for (size_t i = 0; i < sizeof all_labs / sizeof *all_labs; i++)
        if (strcmp(all_labs[i]->name, name) == 0)
            return all_labs[i];
    return NULL;
}

/* Empties each cell that is a NaN, which printf writes with either sign; the row's length then. */
static size_t empty_nans(char *row) {
    char *to = row;
    for (const char *from = row; *from;) {
        size_t width = strcspn(from, ","), size = width + (from[width] == ',');
        size_t sign = *from == '-';
        bool is_nan = width == sign + 3 && memcmp(from + sign, "nan", 3) == 0;
        size_t skipped = is_nan ? width : 0;
        memmove(to, from + skipped, size - skipped);
        to += size - skipped;
        from += size;
    }
    return (size_t)(to - row);
}

void lab_row(struct lab_table *table, const char *format, ...) {
    char row[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(row, sizeof row - 1, format, args);
    va_end(args);
    size_t length = empty_nans(row);
    row[length++] = '\n';
    if (table->capacity - table->size < length + 1) {
        size_t capacity = (table->capacity + length) * 2 + 256;
        char *csv = realloc(table->csv, capacity);
        if (!csv) {
            table->err = -ENOMEM;
            return;
        }
        table->csv = csv;
        table->capacity = capacity;
    }
    memcpy(table->csv + table->size, row, length);
    table->size += length;
    table->csv[table->size] = '\0';
}

void lab_lesson(struct lab_table *table, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(table->lesson, sizeof table->lesson, format, args);
    va_end(args);
}
