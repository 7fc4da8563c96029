/* The readable table; contracts in print.h. Every number stands in ipc.csv. */
#include "bench/ipc/print.h"

#include "bench/probe/probe.h"
#include "bench/report/files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MOST 64

/* One transport at one size; either may be missing. */
struct line {
    const struct ipc_cost *process, *thread;
};

static double cost_of(const struct line *line) {
    return line->process ? line->process->message_s : line->thread->message_s;
}

static int cheapest_first(const void *a, const void *b) {
    double x = cost_of(a), y = cost_of(b);
    return (x > y) - (x < y);
}

/* "[31, 33]", or nothing when there is no interval. */
static const char *interval(double lo_s, double hi_s, char text[32]) {
    *text = '\0';
    if (!isnan(lo_s) && !isnan(hi_s))
        snprintf(text, 32, "[%.0f, %.0f]", lo_s * 1e9, hi_s * 1e9);
    return text;
}

static void print_line(const struct line *line) {
    char text[32];
    const struct ipc_cost *cost = line->process;
    if (cost)
        printf("  %-11s %8.0f ns %16s %9.0f %8.2f us %8.2f  |", cost->transport,
               cost->message_s * 1e9, interval(cost->message_lo_s, cost->message_hi_s, text),
               cost->bytes_per_s / 1e6, cost->round_trip_s * 1e6, cost->ratio_to_queue);
    else
        printf("  %-11s%61s  |", line->thread->transport, "");
    cost = line->thread;
    if (cost)
        printf(" %8.0f ns %9.0f %8.2f us", cost->message_s * 1e9, cost->bytes_per_s / 1e6,
               cost->round_trip_s * 1e6);
    printf("\n");
}

static void print_heading(uint64_t bytes) {
    char size[32];
    snprintf(size, sizeof size, "%llu bytes", (unsigned long long)bytes);
    printf("\n  %-12s%-60s  | %s\n", size, "between two processes", "between two threads");
    printf("  %-11s %11s %16s %9s %11s %8s  | %11s %9s %11s\n", "", "per message", "95 % interval",
           "MB/s", "round trip", "/ queue", "per message", "MB/s", "round trip");
}

static void print_size(const struct costs *costs, uint64_t bytes) {
    struct line lines[LINES_MOST];
    unsigned count, used = 0;
    const struct transport *const *transports = transport_list(&count);
    for (unsigned i = 0; i < count && used < LINES_MOST; i++) {
        const char *name = transports[i]->name;
        struct line line = {costs_find(costs, name, WORKER_PROCESS, bytes),
                            costs_find(costs, name, WORKER_THREAD, bytes)};
        if (line.process || line.thread)
            lines[used++] = line;
    }
    qsort(lines, used, sizeof *lines, cheapest_first);
    print_heading(bytes);
    for (unsigned i = 0; i < used; i++)
        print_line(&lines[i]);
}

/* Is this the first row of its size? */
static bool is_new_size(const struct costs *costs, size_t at) {
    for (size_t i = 0; i < at; i++)
        if (costs->at[i].bytes == costs->at[at].bytes)
            return false;
    return true;
}

static uint64_t most_blocks(const struct costs *costs) {
    uint64_t blocks = 0;
    for (size_t i = 0; i < costs->count; i++)
        if (costs->at[i].n > blocks)
            blocks = costs->at[i].n;
    return blocks;
}

void ipc_print(const struct table *table, const struct campaign *campaign) {
    const struct costs costs = costs_of(table);
    probe_print_question(campaign);
    probe_print_machine(campaign, most_blocks(&costs));
    for (size_t i = 0; i < costs.count; i++)
        if (is_new_size(&costs, i))
            print_size(&costs, costs.at[i].bytes);
    printf("\n  per message: of a stream that one side sends as fast as the other takes it;\n"
           "  / queue: that cost over our queue's in the same block; round trip: one message there "
           "and back.\n");
    files_print(campaign, "ipc.csv ipc_raw.csv");
}
