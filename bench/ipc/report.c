/* Reporting the experiment ipc; contracts in bench/measure/instrument.h. */
#include "base/text.h"
#include "bench/ipc/costs.h"
#include "bench/ipc/ipc.h"
#include "bench/ipc/print.h"
#include "bench/probe/probe.h"
#include "bench/report/support.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a figure's script is given; every argument is text. */
struct figure {
    char directory[PATH_MAX], names[1024], ours[256], subtitle[256];
};

static int draw(const struct figure *figure, enum worker_kind kind) {
    bool processes = kind == WORKER_PROCESS;
    const char *const arguments[] = {figure->directory,
                                     figure->names,
                                     figure->ours,
                                     figure->subtitle,
                                     samples_kind(kind),
                                     processes ? "ipc" : "ipc-threads",
                                     processes ? "What a message between two processes costs"
                                               : "What a message between two threads costs",
                                     NULL};
    return support_plot("ipc.gp", arguments);
}

static void name_ours(char *names, size_t size) {
    unsigned count;
    const struct transport *const *transports = transport_list(&count);
    *names = '\0';
    for (unsigned i = 0; i < count; i++) {
        size_t used = strlen(names);
        if (transports[i]->ours)
            snprintf(names + used, size - used, "%s%s", used ? " " : "", transports[i]->name);
    }
}

static int cheapest_first(const void *a, const void *b) {
    const struct ipc_cost *x = *(const struct ipc_cost *const *)a;
    const struct ipc_cost *y = *(const struct ipc_cost *const *)b;
    return (x->message_s > y->message_s) - (x->message_s < y->message_s);
}

/* The transports, the cheapest at the first row's size and kind first: the order of the key. */
static int name_transports(const struct costs *costs, char *names, size_t size) {
    const struct ipc_cost **first = calloc(costs->count, sizeof *first);
    size_t count = 0, used = 0;
    if (!first)
        return -ENOMEM;
    for (size_t i = 0; i < costs->count; i++)
        if (costs->at[i].bytes == costs->at[0].bytes &&
            strcmp(costs->at[i].kind, costs->at[0].kind) == 0)
            first[count++] = &costs->at[i];
    qsort(first, count, sizeof *first, cheapest_first);
    *names = '\0';
    for (size_t i = 0; i < count && used < size; i++)
        used +=
            (size_t)snprintf(names + used, size - used, "%s%s", i ? " " : "", first[i]->transport);
    free(first);
    return 0;
}

static int draw_all(const struct table *table, const struct campaign *campaign) {
    static struct figure figure;
    const struct costs costs = costs_of(table);
    if (!costs.count)
        return 0;
    if (!realpath(campaign->directory, figure.directory))
        return -errno;
    name_ours(figure.ours, sizeof figure.ours);
    int err = name_transports(&costs, figure.names, sizeof figure.names);
    snprintf(figure.subtitle, sizeof figure.subtitle, "%.60s, %u usable CPU%s · n = %llu",
             campaign->machine.cpu, campaign->plan.usable_cpus,
             campaign->plan.usable_cpus == 1 ? "" : "s", (unsigned long long)costs.at[0].n);
    text_tame(figure.subtitle); /* a name that was cut */
    if (!err)
        err = draw(&figure, WORKER_PROCESS);
    return err ? err : draw(&figure, WORKER_THREAD);
}

/* Which transport streams its messages for least, and what our queue takes. */
static void answer(const struct table *table, bool any_wrong, char *sentence, size_t size) {
    const struct costs costs = costs_of(table);
    const struct ipc_cost *least = NULL, *ours;
    (void)any_wrong;
    *sentence = '\0';
    for (size_t i = 0; i < costs.count; i++) {
        const struct ipc_cost *cost = &costs.at[i];
        if (cost->bytes == costs.at[0].bytes && strcmp(cost->kind, costs.at[0].kind) == 0 &&
            (!least || cost->message_s < least->message_s))
            least = cost;
    }
    if (!least)
        return;
    int length = snprintf(
        sentence, size,
        "%s is the cheapest way for a stream of %llu-byte messages (%s): %.3f µs each",
        least->transport, (unsigned long long)least->bytes, least->kind, least->message_s * 1e6);
    ours = costs_find(&costs, "queue", WORKER_PROCESS, least->bytes);
    if (ours && ours != least && (size_t)length < size)
        snprintf(sentence + length, size - (size_t)length, "; queue, ours, takes %.3f µs.",
                 ours->message_s * 1e6);
    else if ((size_t)length < size)
        snprintf(sentence + length, size - (size_t)length, ".");
}

const struct probe ipc_probe = {
    .raw = SAMPLES_FILE,
    .samples = &ipc_samples,
    .sample_bytes = sizeof(struct ipc_row),
    .cases = samples_cases,
    .is_of = samples_is_of,
    .beside = samples_queue_beside,
    .table = &ipc_table,
    .derive = costs_derive,
    .draw = draw_all,
    .print = ipc_print,
    .answer = answer,
    .disturbed = "so costs are too high",
};

static int report(const struct campaign *campaign) {
    return probe_report(&ipc_probe, campaign);
}

const struct instrument ipc_instrument = {.conduct = ipc_conduct, .report = report};
