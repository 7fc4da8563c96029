/* Reporting the experiment kernels; contracts in bench/measure/instrument.h. */
#include "base/log.h"
#include "base/standard.h"
#include "base/text.h"
#include "base/version.h"
#include "bench/kernels/kernels.h"
#include "bench/kernels/print.h"
#include "bench/page/page.h"
#include "bench/report/plots.h"
#include "bench/report/support.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* What a figure's script is given; every argument is text. */
struct figure {
    char directory[PATH_MAX], kernels[512], views[256], subtitle[256];
};

/* Appends a word, unless the list has it or has no room for it. */
static void name(const char *word, char *words, size_t size) {
    size_t used = strlen(words), length = strlen(word);
    for (const char *at = words; (at = strstr(at, word)) != NULL; at += length)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return;
    if (used + length + 2 <= size)
        snprintf(words + used, size - used, "%s%s", used ? " " : "", word);
}

/* Slow ones first: gnuplot's axis goes upwards. */
static int slowest_first(const void *a, const void *b) {
    double x = (*(const struct rate_row *const *)a)->giterations_per_s;
    double y = (*(const struct rate_row *const *)b)->giterations_per_s;
    return (x > y) - (x < y);
}

/* A figure shows one core, and pictures of the first one's size. */
static int name_parts(const struct rates *rates, bool shortcuts, struct figure *figure) {
    const struct rate_row **rows = calloc(rates->count + 1, sizeof *rows);
    const struct table_key *first = &rates->at[0].key;
    size_t count = 0;
    if (!rows)
        return -ENOMEM;
    figure->kernels[0] = figure->views[0] = '\0';
    for (size_t i = 0; i < rates->count; i++) {
        const struct table_key *key = &rates->at[i].key;
        if (key->workers != 1 || key->width != first->width || key->height != first->height ||
            (key->shortcuts == CSV_TRUE) != shortcuts)
            continue;
        name(key->view, figure->views, sizeof figure->views);
        if (strcmp(key->view, first->view) == 0)
            rows[count++] = &rates->at[i];
    }
    qsort(rows, count, sizeof *rows, slowest_first);
    for (size_t i = 0; i < count; i++)
        name(rows[i]->key.kernel, figure->kernels, sizeof figure->kernels);
    free(rows);
    return 0;
}

static int draw(const struct rates *rates, bool shortcuts, struct figure *figure) {
    int err = name_parts(rates, shortcuts, figure);
    if (err || !*figure->kernels)
        return err;
    const char *const arguments[] = {
        figure->directory,
        figure->kernels,
        figure->views,
        figure->subtitle,
        shortcuts ? "true" : "false",
        shortcuts ? "kernels-shortcuts" : "kernels",
        shortcuts ? "Effective iterations per second of one core, with shortcuts"
                  : "Iterations per second of one core",
        NULL};
    return support_plot("kernels.gp", arguments);
}

static int draw_all(const struct rates *rates, const struct campaign *campaign) {
    static struct figure figure;
    if (!rates->count)
        return 0;
    if (!realpath(campaign->directory, figure.directory))
        return -errno;
    const struct rate_row *first = &rates->at[0];
    snprintf(figure.subtitle, sizeof figure.subtitle, "%.60s · %llux%llu, batch %llu · n = %llu",
             campaign->machine.cpu, (unsigned long long)first->key.width,
             (unsigned long long)first->key.height, (unsigned long long)first->key.batch,
             (unsigned long long)first->n);
    text_tame(figure.subtitle); /* a name that was cut */
    int err = draw(rates, false, &figure);
    return err ? err : draw(rates, true, &figure);
}

static bool any_wrong(const struct raw_rows *rows) {
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(rows->at[i].status, "wrong") == 0)
            return true;
    return false;
}

/* Did others take a tenth of the calibrations' time, or was a block's peak a tenth below
 * another's? */
static bool was_disturbed(const struct rates *rates) {
    for (size_t i = 0; i < rates->peak_count; i++) {
        const struct peak_summary *peak = &rates->peaks[i];
        if (peak->undisturbed < 0.9 ||
            peak->slowest_goperations_per_s < 0.9 * peak->fastest_goperations_per_s)
            return true;
    }
    return false;
}

/* The fastest exact kernel of the first view, on one core and without shortcuts. */
static void answer(const struct rates *rates, char *sentence, size_t size) {
    const struct rate_row *best = NULL;
    *sentence = '\0';
    for (size_t i = 0; i < rates->count; i++) {
        const struct rate_row *row = &rates->at[i];
        if (row->key.workers == 1 && row->key.shortcuts != CSV_TRUE && row->key.exact == CSV_TRUE &&
            strcmp(row->key.view, rates->at[0].key.view) == 0 &&
            (!best || row->giterations_per_s > best->giterations_per_s))
            best = row;
    }
    if (best)
        snprintf(sentence, size,
                 "%s is the fastest exact kernel on one core (%s): %.2f·10⁹ iterations per second, "
                 "%.2f times as fast as scalar.",
                 best->key.kernel, best->key.view, best->giterations_per_s, best->ratio_to_scalar);
}

static int write_page(const struct rates *rates, const struct campaign *campaign,
                      const struct remarks *remarks) {
    char sentence[512];
    answer(rates, sentence, sizeof sentence);
    const struct page page = {.campaign = campaign, .answer = sentence, .remarks = remarks};
    return page_status(&page);
}

static int derive(const struct campaign *campaign, const struct raw_rows *rows,
                  const struct peak_rows *peaks) {
    struct cells cells;
    struct rates rates = {0};
    struct remarks remarks = {0};
    int err = cells_make(&cells, campaign, rows), status = EXIT_REFUSED_BY_SYSTEM;
    if (!err)
        err = rates_make(&rates, &cells, peaks);
    if (!err)
        err = rates_write(&rates, campaign);
    if (err) {
        log_say("cannot write kernels.csv and peak.csv into '%.256s': %s", campaign->directory,
                strerror(-err));
    } else {
        status = plots_status(draw_all(&rates, campaign), campaign);
        kernels_print(&rates, campaign);
        if (was_disturbed(&rates))
            remark(&remarks,
                   "this machine was not free: the calibrations in peak.csv were disturbed or "
                   "unsteady, so rates are too low");
        if (standard_flush() != EXIT_DONE)
            status = EXIT_REFUSED_BY_SYSTEM;
    }
    if (any_wrong(rows)) {
        remark(&remarks, "some results were wrong: see status in '%.256s/raw.csv'",
               campaign->directory);
        status = EXIT_WRONG;
    }
    if (!err && write_page(&rates, campaign, &remarks) != EXIT_DONE && !status)
        status = EXIT_REFUSED_BY_SYSTEM;
    rates_free(&rates);
    cells_free(&cells);
    return status;
}

/* 0, or what has been said. */
static int read_rows(const struct campaign *campaign, const char *name, struct csv_file *file) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    int err = csv_read_file(file, campaign_path(campaign, name, path));
    if (err == -EPROTO)
        log_say("'%.256s', line %zu: malformed", path, file->line);
    else if (err)
        log_say("cannot read '%.256s': %s", path, strerror(-err));
    return err;
}

int kernels_report(const struct campaign *campaign) {
    struct raw_rows rows = {0};
    struct peak_rows peaks = {0};
    struct raw_row row;
    struct peak_row peak;
    struct csv_file raw = {.columns = raw_columns,
                           .column_count = raw_column_count,
                           .least_columns = RAW_FIRST_COLUMNS,
                           .row = &row,
                           .keep = raw_keep,
                           .context = &rows};
    struct csv_file calibrations = {.columns = peak_columns,
                                    .column_count = peak_column_count,
                                    .row = &peak,
                                    .keep = peak_rows_keep,
                                    .context = &peaks};
    int err = read_rows(campaign, "raw.csv", &raw);
    if (!err)
        err = read_rows(campaign, PEAK_FILE, &calibrations);
    int status = err ? EXIT_USAGE : derive(campaign, &rows, &peaks);
    peak_rows_free(&peaks);
    raw_free(&rows);
    return status;
}

const struct instrument kernels_instrument = {.conduct = kernels_conduct, .report = kernels_report};
