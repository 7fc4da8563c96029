/* Cases and rows of the experiment ipc; contracts in samples.h. */
#include "bench/ipc/samples.h"

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

bool samples_is_of(const void *row, uint32_t i) {
    const struct ipc_row *this = row;
    const struct trial trial = samples_case(i);
    return this->bytes == trial.bytes && strcmp(this->transport, trial.transport->name) == 0 &&
           strcmp(this->kind, samples_kind(trial.kind)) == 0;
}

uint32_t samples_queue_beside(uint32_t i) {
    unsigned count;
    transport_list(&count);
    uint32_t beside = i - i % count;
    while (strcmp(samples_case(beside).transport->name, "queue") != 0)
        beside++;
    return beside;
}

const char *samples_kind(enum worker_kind kind) {
    return kind == WORKER_PROCESS ? "process" : "thread";
}

#define TEXT(field)  CSV_COLUMN(struct ipc_row, field, CSV_TEXT)
#define WHOLE(field) CSV_COLUMN(struct ipc_row, field, CSV_WHOLE)
#define REAL(field)  CSV_COLUMN(struct ipc_row, field, CSV_DOUBLE)

static const struct csv_column columns[] = {
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

/* A sample that counts has times. */
static bool is_sane(const void *row) {
    const struct ipc_row *this = row;
    return strcmp(this->status, "ok") != 0 ||
           (this->messages >= 1 && this->messages != CSV_NO_WHOLE && csv_is_time(this->stream_s) &&
            csv_is_time(this->round_trip_median_s) && csv_is_time(this->round_trip_p99_s));
}

const struct csv_file ipc_samples = {
    .columns = columns,
    .column_count = sizeof columns / sizeof *columns,
    .is_sane = is_sane,
};
