/* The records of batches; contracts in batches.h. */
#include "bench/campaign/batches.h"

#include "bench/campaign/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_MAX (UINT64_C(1) << 40) /* pixels, so batches too */

const struct csv_column batch_columns[] = {
    CSV_COLUMN(struct batch_row, schema, CSV_WHOLE),
    CSV_COLUMN(struct batch_row, kernel, CSV_TEXT),
    CSV_COLUMN(struct batch_row, shortcuts, CSV_BOOL),
    CSV_COLUMN(struct batch_row, view, CSV_TEXT),
    CSV_COLUMN(struct batch_row, center_re, CSV_DOUBLE),
    CSV_COLUMN(struct batch_row, center_im, CSV_DOUBLE),
    CSV_COLUMN(struct batch_row, extent, CSV_DOUBLE),
    CSV_COLUMN(struct batch_row, width, CSV_WHOLE),
    CSV_COLUMN(struct batch_row, height, CSV_WHOLE),
    CSV_COLUMN(struct batch_row, max_iter, CSV_WHOLE),
    CSV_COLUMN(struct batch_row, batch, CSV_WHOLE),
    CSV_COLUMN(struct batch_row, index, CSV_WHOLE),
    CSV_COLUMN(struct batch_row, iterations, CSV_WHOLE),
    CSV_COLUMN(struct batch_row, cost_s, CSV_DOUBLE),
    CSV_COLUMN(struct batch_row, batches, CSV_WHOLE),
};

const size_t batch_column_count = sizeof batch_columns / sizeof *batch_columns;

bool batches_belong(const struct batch_row *row, const struct plan_case *plan_case) {
    const struct job *job = &plan_case->job;
    const struct workload workload = {
        .center_re = row->center_re,
        .center_im = row->center_im,
        .extent = row->extent,
        .width = (uint32_t)row->width,
        .height = (uint32_t)row->height,
        .max_iter = (uint32_t)row->max_iter,
        .shortcuts = row->shortcuts == CSV_TRUE,
    };
    return row->batch == job->batch && workload_same(&workload, &job->workload) &&
           strcmp(row->kernel, job->kernel->name) == 0;
}

/* Nothing that would spoil a sum. */
static bool is_sane(const struct batch_row *row) {
    return row->cost_s >= 0 && row->cost_s < 1e15 && row->batches >= 1 &&
           row->batches <= FRAME_MAX && row->index <= FRAME_MAX;
}

static int keep(void *context, const void *row) {
    struct batch_rows *rows = context;
    if (!is_sane(row))
        return -EPROTO;
    struct batch_row *at = array_room(rows->at, rows->count, &rows->capacity, sizeof *at);
    if (!at)
        return -ENOMEM;
    at[rows->count++] = *(const struct batch_row *)row;
    rows->at = at;
    return 0;
}

int batches_read(const char *path, struct batch_rows *rows, size_t *bad_line) {
    struct batch_row row;
    struct csv_file file = {.columns = batch_columns,
                            .column_count = batch_column_count,
                            .row = &row,
                            .keep = keep,
                            .context = rows};
    *rows = (struct batch_rows){0};
    int err = csv_read_file(&file, path);
    *bad_line = file.line;
    return err;
}

void batches_free(struct batch_rows *rows) {
    free(rows->at);
    *rows = (struct batch_rows){0};
}
