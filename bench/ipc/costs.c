/* From samples to medians and ratios; contracts in costs.h. A ratio is the median of the ratios
 * block by block; its interval is of their order statistics, with Bonferroni over the transports
 * that are compared at one size between one kind of workers, so that those intervals hold together
 * with 95 %. */
#include "bench/ipc/costs.h"

#include "bench/campaign/campaign.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ALPHA 0.05

static double message_s(const void *sample, const void *beside) {
    const struct ipc_row *row = sample;
    (void)beside;
    return row->stream_s / (double)row->messages;
}

static double message_ratio(const void *sample, const void *queue) {
    return queue ? message_s(sample, NULL) / message_s(queue, NULL) : NAN;
}

static double round_trip_s(const void *sample, const void *beside) {
    (void)beside;
    return ((const struct ipc_row *)sample)->round_trip_median_s;
}

static double round_trip_ratio(const void *sample, const void *queue) {
    return queue ? round_trip_s(sample, NULL) / round_trip_s(queue, NULL) : NAN;
}

static double round_trip_p99_s(const void *sample, const void *beside) {
    (void)beside;
    return ((const struct ipc_row *)sample)->round_trip_p99_s;
}

static void compare(struct ipc_cost *cost, const struct panel *panel, uint32_t index) {
    double alpha = ALPHA / (double)panel_comparisons(panel, index, message_s);
    struct panel_centre stream = panel_centre(panel, index, message_ratio, alpha);
    struct panel_centre round = panel_centre(panel, index, round_trip_ratio, alpha);
    bool itself = samples_queue_beside(index) == index;
    cost->ratio_to_queue = stream.median;
    cost->ratio_lo = itself ? NAN : stream.lo;
    cost->ratio_hi = itself ? NAN : stream.hi;
    cost->round_trip_ratio_to_queue = round.median;
    cost->round_trip_ratio_lo = itself ? NAN : round.lo;
    cost->round_trip_ratio_hi = itself ? NAN : round.hi;
}

static void describe(struct ipc_cost *cost, const struct campaign *campaign,
                     const struct ipc_row *row) {
    cost->schema = 1;
    snprintf(cost->campaign, sizeof cost->campaign, "%s", campaign->name);
    snprintf(cost->transport, sizeof cost->transport, "%s", row->transport);
    snprintf(cost->kind, sizeof cost->kind, "%s", row->kind);
    cost->bytes = row->bytes;
    cost->capacity = row->capacity;
}

void costs_derive(void *row, const struct panel *panel, uint32_t index) {
    struct ipc_cost *cost = row;
    struct panel_centre message = panel_centre(panel, index, message_s, ALPHA);
    struct panel_centre round_trip = panel_centre(panel, index, round_trip_s, ALPHA);
    describe(cost, panel->campaign, panel_first(panel, index));
    cost->n = message.n;
    cost->message_s = message.median;
    cost->message_lo_s = message.lo;
    cost->message_hi_s = message.hi;
    cost->bytes_per_s = (double)cost->bytes / cost->message_s;
    cost->round_trip_s = round_trip.median;
    cost->round_trip_lo_s = round_trip.lo;
    cost->round_trip_hi_s = round_trip.hi;
    cost->round_trip_p99_s = panel_centre(panel, index, round_trip_p99_s, ALPHA).median;
    compare(cost, panel, index);
}

struct costs costs_of(const struct table *table) {
    return (struct costs){table->rows, table->row_count};
}

const struct ipc_cost *costs_find(const struct costs *costs, const char *transport,
                                  enum worker_kind kind, uint64_t bytes) {
    for (size_t i = 0; i < costs->count; i++)
        if (strcmp(costs->at[i].transport, transport) == 0 && costs->at[i].bytes == bytes &&
            strcmp(costs->at[i].kind, samples_kind(kind)) == 0)
            return &costs->at[i];
    return NULL;
}

#define TEXT(field)  CSV_COLUMN(struct ipc_cost, field, CSV_TEXT)
#define WHOLE(field) CSV_COLUMN(struct ipc_cost, field, CSV_WHOLE)
#define REAL(field)  CSV_COLUMN(struct ipc_cost, field, CSV_DOUBLE)

static const struct csv_column columns[] = {
    WHOLE(schema),
    TEXT(campaign),
    TEXT(transport),
    TEXT(kind),
    WHOLE(bytes),
    WHOLE(n),
    REAL(message_s),
    REAL(message_lo_s),
    REAL(message_hi_s),
    REAL(round_trip_s),
    REAL(round_trip_lo_s),
    REAL(round_trip_hi_s),
    REAL(bytes_per_s),
    REAL(ratio_to_queue),
    REAL(ratio_lo),
    REAL(ratio_hi),
    REAL(round_trip_ratio_to_queue),
    REAL(round_trip_ratio_lo),
    REAL(round_trip_ratio_hi),
    REAL(round_trip_p99_s),
    WHOLE(capacity),
};

const struct table ipc_table = {
    .file = "ipc.csv",
    .columns = columns,
    .column_count = sizeof columns / sizeof *columns,
    .row_bytes = sizeof(struct ipc_cost),
};
