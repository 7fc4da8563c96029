/* Rows of the calibrations; contracts in records.h. */
#include "bench/kernels/records.h"

#include "bench/campaign/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(field)  CSV_COLUMN(struct peak_row, field, CSV_TEXT)
#define WHOLE(field) CSV_COLUMN(struct peak_row, field, CSV_WHOLE)
#define REAL(field)  CSV_COLUMN(struct peak_row, field, CSV_DOUBLE)

const struct csv_column peak_columns[] = {
    WHOLE(schema),
    TEXT(campaign),
    TEXT(experiment),
    WHOLE(block),
    WHOLE(attempt),
    TEXT(width),
    WHOLE(lanes),
    TEXT(chain),
    WHOLE(threads),
    REAL(fastest_operations_per_s),
    REAL(mean_operations_per_s),
    WHOLE(usable_cpus),
};

const size_t peak_column_count = sizeof peak_columns / sizeof *peak_columns;

/* A rate is one over a time, and a mean is not above what is fastest, but for rounding. */
static bool is_sane(const struct peak_row *row) {
    return csv_is_time(1 / row->fastest_operations_per_s) &&
           csv_is_time(1 / row->mean_operations_per_s) &&
           row->mean_operations_per_s <= row->fastest_operations_per_s * (1 + 1e-9);
}

int peak_rows_keep(void *kept, const void *row) {
    struct peak_rows *rows = kept;
    if (!is_sane(row))
        return -EPROTO;
    struct peak_row *at = array_room(rows->at, rows->count, &rows->capacity, sizeof *at);
    if (!at)
        return -ENOMEM;
    at[rows->count++] = *(const struct peak_row *)row;
    rows->at = at;
    return 0;
}

void peak_rows_free(struct peak_rows *rows) {
    free(rows->at);
    *rows = (struct peak_rows){0};
}

const struct peak_row *peak_rows_find(const struct peak_rows *rows, uint64_t block,
                                      const char *width, const char *chain, uint64_t threads) {
    const struct peak_row *last = NULL;
    for (size_t i = 0; i < rows->count; i++) {
        const struct peak_row *row = &rows->at[i];
        if (row->block == block && row->threads == threads && strcmp(row->width, width) == 0 &&
            strcmp(row->chain, chain) == 0 && (!last || row->attempt >= last->attempt))
            last = row;
    }
    return last;
}
