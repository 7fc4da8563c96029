/* Cases and rows of the experiment ipc; contracts in samples.h. */
#include "bench/ipc/samples.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY 64 /* messages, wherever a transport lets us choose */

static const size_t sizes[] = {16, 1024, 32768};
static const enum worker_kind kinds[] = {WORKER_PROCESS, WORKER_THREAD};

#define SIZES (sizeof sizes / sizeof *sizes)
#define KINDS (sizeof kinds / sizeof *kinds)

uint32_t samples_cases(void) {
    unsigned count;
    transport_list(&count);
    return (uint32_t)(count * SIZES * KINDS);
}

struct trial samples_case(uint32_t i) {
    unsigned count;
    const struct transport *const *transports = transport_list(&count);
    return (struct trial){
        .transport = transports[i % count],
        .bytes = sizes[i / count % SIZES],
        .kind = kinds[i / count / SIZES],
        .capacity = CAPACITY,
    };
}

const char *samples_kind(enum worker_kind kind) {
    return kind == WORKER_PROCESS ? "process" : "thread";
}

#define TEXT(field)  CSV_COLUMN(struct ipc_row, field, CSV_TEXT)
#define WHOLE(field) CSV_COLUMN(struct ipc_row, field, CSV_WHOLE)
#define REAL(field)  CSV_COLUMN(struct ipc_row, field, CSV_DOUBLE)

const struct csv_column ipc_columns[] = {
    WHOLE(schema),
    TEXT(campaign),
    TEXT(experiment),
    WHOLE(block),
    WHOLE(order),
    WHOLE(attempt),
    WHOLE(seed),
    TEXT(status),
    TEXT(transport),
    TEXT(kind),
    WHOLE(bytes),
    WHOLE(capacity),
    WHOLE(messages),
    REAL(stream_s),
    WHOLE(rounds),
    REAL(round_trip_mean_s),
    REAL(round_trip_median_s),
    REAL(round_trip_p99_s),
    REAL(user_s),
    REAL(sys_s),
    WHOLE(nvcsw),
    WHOLE(nivcsw),
    REAL(other_cpu_s),
    REAL(steal_s),
    REAL(load1),
    WHOLE(usable_cpus),
    WHOLE(first_cpu),
    WHOLE(second_cpu),
};

const size_t ipc_column_count = sizeof ipc_columns / sizeof *ipc_columns;

/* A sample that counts has times. */
static bool is_sane(const struct ipc_row *row) {
    return strcmp(row->status, "ok") != 0 ||
           (row->messages >= 1 && row->messages != CSV_NO_WHOLE && csv_is_time(row->stream_s) &&
            csv_is_time(row->round_trip_median_s) && csv_is_time(row->round_trip_p99_s));
}

int ipc_rows_keep(void *kept, const void *row) {
    struct ipc_rows *rows = kept;
    if (!is_sane(row))
        return -EPROTO;
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity ? rows->capacity * 2 : 64;
        struct ipc_row *at = realloc(rows->at, capacity * sizeof *at);
        if (!at)
            return -ENOMEM;
        rows->at = at;
        rows->capacity = capacity;
    }
    memcpy(&rows->at[rows->count++], row, sizeof *rows->at);
    return 0;
}

void ipc_rows_free(struct ipc_rows *rows) {
    free(rows->at);
    *rows = (struct ipc_rows){0};
}
