/* Reporting the experiment faults; contracts in bench/measure/instrument.h. */
#include "base/log.h"
#include "base/standard.h"
#include "base/text.h"
#include "base/version.h"
#include "bench/faults/faults.h"
#include "bench/faults/print.h"
#include "bench/faults/toll.h"
#include "bench/page/page.h"
#include "bench/report/plots.h"
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

static int draw(const struct tolls *tolls, const struct campaign *campaign) {
    char directory[PATH_MAX], names[1024], subtitle[512];
    if (!tolls->count)
        return 0;
    if (!realpath(campaign->directory, directory))
        return -errno;
    const struct faults_toll *toll = &tolls->at[0];
    name_backends(tolls, names, sizeof names);
    snprintf(subtitle, sizeof subtitle,
             "%s %llux%llu, kernel %s, %llu worker%s · %.60s, %u usable CPU%s · n = %llu, 95 %% "
             "intervals",
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
static void answer(const struct tolls *tolls, bool wrong, char *sentence, size_t size) {
    const struct faults_toll *least = NULL, *most = NULL;
    uint64_t kills = 0;
    *sentence = '\0';
    for (size_t i = 0; i < tolls->count; i++) {
        const struct faults_toll *toll = &tolls->at[i];
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
            (unsigned long long)kills, wrong ? "not every picture is right" : "no pixel was lost",
            least->cpu_per_kill_s * 1e3, least->backend, most->cpu_per_kill_s * 1e3, most->backend);
}

static int write_page(const struct tolls *tolls, const struct campaign *campaign, bool wrong,
                      const struct remarks *remarks) {
    char sentence[512];
    answer(tolls, wrong, sentence, sizeof sentence);
    const struct page page = {.campaign = campaign, .answer = sentence, .remarks = remarks};
    return page_status(&page);
}

static bool any_wrong(const struct faults_rows *rows) {
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(rows->at[i].status, "wrong") == 0)
            return true;
    return false;
}

/* Did others use a tenth as much CPU time as the samples did, or more? */
static bool was_disturbed(const struct faults_rows *rows) {
    double others = 0, own = 0;
    for (size_t i = 0; i < rows->count; i++) {
        const struct faults_row *row = &rows->at[i];
        if (strcmp(row->status, "ok") != 0 || isnan(row->other_cpu_s))
            continue;
        others += row->other_cpu_s;
        own += row->user_s + row->sys_s;
    }
    return others > 0.1 * own;
}

static int derive(const struct campaign *campaign, const struct faults_rows *rows) {
    struct tolls tolls;
    struct remarks remarks = {0};
    int err = tolls_make(&tolls, campaign, rows), status = EXIT_REFUSED_BY_SYSTEM;
    if (!err)
        err = tolls_write(&tolls, campaign);
    if (err) {
        log_say("cannot write faults.csv into '%.256s': %s", campaign->directory, strerror(-err));
    } else {
        status = plots_status(draw(&tolls, campaign), campaign);
        faults_print(&tolls, campaign);
        if (was_disturbed(rows))
            remark(&remarks, "this machine was not free: other processes ran during the samples "
                             "(other_cpu_s in " RECORDS_FILE "), so times are too long");
        if (standard_flush() != EXIT_DONE)
            status = EXIT_REFUSED_BY_SYSTEM;
    }
    if (any_wrong(rows)) {
        remark(&remarks, "some results were wrong: see status in '%.256s/" RECORDS_FILE "'",
               campaign->directory);
        status = EXIT_WRONG;
    }
    if (!err && write_page(&tolls, campaign, any_wrong(rows), &remarks) != EXIT_DONE && !status)
        status = EXIT_REFUSED_BY_SYSTEM;
    tolls_free(&tolls);
    return status;
}

int faults_report(const struct campaign *campaign) {
    struct faults_rows rows = {0};
    struct faults_row row;
    struct csv_file file = {.columns = faults_columns,
                            .column_count = faults_column_count,
                            .row = &row,
                            .keep = faults_rows_keep,
                            .context = &rows};
    char path[CAMPAIGN_PATH_SIZE + 128];
    int err = csv_read_file(&file, campaign_path(campaign, RECORDS_FILE, path));
    int status = EXIT_USAGE;
    if (err == -EPROTO)
        log_say("'%.256s', line %zu: malformed", path, file.line);
    else if (err)
        log_say("cannot read '%.256s': %s", path, strerror(-err));
    else
        status = derive(campaign, &rows);
    faults_rows_free(&rows);
    return status;
}

const struct instrument faults_instrument = {.conduct = faults_conduct, .report = faults_report};
