/* Cases and rows of the experiment faults; contracts in records.h. */
#include "bench/faults/records.h"

#include <string.h>

/* The others are compared with the first. */
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

bool records_is_of(const void *row, uint32_t i) {
    const struct faults_row *this = row;
    const struct records_case wanted = records_case(i);
    return this->kills_planned == wanted.kills && strcmp(this->backend, wanted.backend->name) == 0;
}

uint32_t records_calm_beside(uint32_t i) {
    return (uint32_t)(i - i % KILLS);
}

#define TEXT(field)  CSV_COLUMN(struct faults_row, field, CSV_TEXT)
#define WHOLE(field) CSV_COLUMN(struct faults_row, field, CSV_WHOLE)
#define REAL(field)  CSV_COLUMN(struct faults_row, field, CSV_DOUBLE)

static const struct csv_column columns[] = {
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

/* A sample that counts has times, and kills as planned or fewer. */
static bool is_sane(const void *row) {
    const struct faults_row *this = row;
    return strcmp(this->status, "ok") != 0 ||
           (csv_is_time(this->render_s) && this->kills_planned != CSV_NO_WHOLE &&
            this->kills <= this->kills_planned && this->workers_lost != CSV_NO_WHOLE &&
            this->batches_reissued != CSV_NO_WHOLE);
}

const struct csv_file faults_records = {
    .columns = columns,
    .column_count = sizeof columns / sizeof *columns,
    .is_sane = is_sane,
};
