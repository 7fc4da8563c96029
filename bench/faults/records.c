/* Cases and rows of the experiment faults; contracts in records.h. */
#include "bench/faults/records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const unsigned kills[] = {0, 1, 2, 4, 8, 16};

#define KILLS (sizeof kills / sizeof *kills)

/* The n-th backend of processes, or NULL. */
static const struct backend *backend_of_processes(unsigned n) {
    unsigned count, found = 0;
    const struct backend *const *backends = backend_list(&count);
    for (unsigned i = 0; i < count; i++)
        if (backends[i]->flags & BACKEND_PROCESSES && found++ == n)
            return backends[i];
    return NULL;
}

uint32_t records_cases(void) {
    unsigned backends = 0;
    while (backend_of_processes(backends))
        backends++;
    return (uint32_t)(backends * KILLS);
}

struct records_case records_case(uint32_t i) {
    return (struct records_case){backend_of_processes(i / KILLS), kills[i % KILLS]};
}

#define TEXT(field)  CSV_COLUMN(struct faults_row, field, CSV_TEXT)
#define WHOLE(field) CSV_COLUMN(struct faults_row, field, CSV_WHOLE)
#define REAL(field)  CSV_COLUMN(struct faults_row, field, CSV_DOUBLE)

const struct csv_column faults_columns[] = {
    WHOLE(schema),        TEXT(campaign),
    TEXT(experiment),     WHOLE(block),
    WHOLE(order),         WHOLE(attempt),
    WHOLE(seed),          TEXT(status),
    TEXT(backend),        WHOLE(workers),
    WHOLE(batch),         TEXT(kernel),
    WHOLE(width),         WHOLE(height),
    WHOLE(kills_planned), WHOLE(kills),
    WHOLE(workers_lost),  WHOLE(batches_reissued),
    REAL(open_s),         REAL(render_s),
    REAL(close_s),        REAL(recovery_median_s),
    REAL(recovery_max_s), WHOLE(recoveries),
    REAL(expected_s),     TEXT(view),
    WHOLE(max_iter),      WHOLE(iterations),
    TEXT(sha256),         REAL(user_s),
    REAL(sys_s),          REAL(other_cpu_s),
    REAL(steal_s),        REAL(load1),
    WHOLE(usable_cpus),
};

const size_t faults_column_count = sizeof faults_columns / sizeof *faults_columns;

/* A sample that counts has times, and kills as planned or fewer. */
static bool is_sane(const struct faults_row *row) {
    return strcmp(row->status, "ok") != 0 ||
           (csv_is_time(row->render_s) && row->kills_planned != CSV_NO_WHOLE &&
            row->kills <= row->kills_planned && row->workers_lost != CSV_NO_WHOLE &&
            row->batches_reissued != CSV_NO_WHOLE);
}

int faults_rows_keep(void *kept, const void *row) {
    struct faults_rows *rows = kept;
    if (!is_sane(row))
        return -EPROTO;
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity ? rows->capacity * 2 : 64;
        struct faults_row *at = realloc(rows->at, capacity * sizeof *at);
        if (!at)
            return -ENOMEM;
        rows->at = at;
        rows->capacity = capacity;
    }
    memcpy(&rows->at[rows->count++], row, sizeof *rows->at);
    return 0;
}

void faults_rows_free(struct faults_rows *rows) {
    free(rows->at);
    *rows = (struct faults_rows){0};
}
