/* Reporting the experiment faults; contracts in bench/measure/instrument.h. */
#include "base/text.h"
#include "bench/faults/faults.h"
#include "bench/faults/print.h"
#include "bench/faults/toll.h"
#include "bench/probe/probe.h"
#include "bench/report/support.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The backends in the order of the rows. */
static void name_backends(const struct tolls *tolls, char *names, size_t size) {
    *names = '\0';
    for (size_t i = 0; i < tolls->count; i++) {
        size_t used = strlen(names);
        if (i == 0 || strcmp(tolls->at[i].backend, tolls->at[i - 1].backend) != 0)
            snprintf(names + used, size - used, "%s%s", used ? " " : "", tolls->at[i].backend);
    }
}

static int draw(const struct table *table, const struct campaign *campaign) {
    char directory[PATH_MAX], names[1024], subtitle[512];
    const struct tolls tolls = tolls_of(table);
    if (!tolls.count)
        return 0;
    if (!realpath(campaign->directory, directory))
        return -errno;
    const struct faults_toll *toll = &tolls.at[0];
    name_backends(&tolls, names, sizeof names);
    snprintf(subtitle, sizeof subtitle,
             "%s %llux%llu, kernel %s, %llu worker%s · %.60s, %u usable CPU%s · n = %llu",
             toll->view, (unsigned long long)toll->width, (unsigned long long)toll->height,
             toll->kernel, (unsigned long long)toll->workers, toll->workers == 1 ? "" : "s",
             campaign->machine.cpu, campaign->plan.usable_cpus,
             campaign->plan.usable_cpus == 1 ? "" : "s", (unsigned long long)toll->n);
    text_tame(subtitle); /* a name that was cut */
    const char *const arguments[] = {directory, names, subtitle, NULL};
    return support_plot("faults.gp", arguments);
}

/* What one kill costs, from the backend that takes it most lightly to the one that takes it worst.
 */
static void answer(const struct table *table, bool any_wrong, char *sentence, size_t size) {
    const struct tolls tolls = tolls_of(table);
    const struct faults_toll *least = NULL, *most = NULL;
    uint64_t kills = 0;
    *sentence = '\0';
    for (size_t i = 0; i < tolls.count; i++) {
        const struct faults_toll *toll = &tolls.at[i];
        kills += toll->kills;
        if (isnan(toll->cpu_per_kill_s))
            continue;
        if (!least || toll->cpu_per_kill_s < least->cpu_per_kill_s)
            least = toll;
        if (!most || toll->cpu_per_kill_s > most->cpu_per_kill_s)
            most = toll;
    }
    if (least)
        snprintf(
            sentence, size,
            "%llu workers were killed, and %s; a kill costs between %.2f ms (%s) and %.2f ms (%s) "
            "of CPU time.",
            (unsigned long long)kills,
            any_wrong ? "not every picture is right" : "no pixel was lost",
            least->cpu_per_kill_s * 1e3, least->backend, most->cpu_per_kill_s * 1e3, most->backend);
}

const struct probe faults_probe = {
    .raw = RECORDS_FILE,
    .samples = &faults_records,
    .sample_bytes = sizeof(struct faults_row),
    .cases = records_cases,
    .is_of = records_is_of,
    .beside = records_calm_beside,
    .table = &faults_table,
    .derive = tolls_derive,
    .draw = draw,
    .print = faults_print,
    .answer = answer,
    .disturbed = "so times are too long",
};

static int report(const struct campaign *campaign) {
    return probe_report(&faults_probe, campaign);
}

const struct instrument faults_instrument = {.conduct = faults_conduct, .report = report};
