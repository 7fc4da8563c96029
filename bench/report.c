/* mandelbench report: a campaign's tables, plots and verdict, from its raw records alone. */
#include "base/log.h"
#include "base/standard.h"
#include "base/version.h"
#include "bench/campaign/batches.h"
#include "bench/commands.h"
#include "bench/experiments/experiment.h"
#include "bench/measure/instrument.h"
#include "bench/page/page.h"
#include "bench/page/verdict.h"
#include "bench/report/plots.h"
#include "bench/report/terminal.h"
#include "bench/tables/order.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static int status_of_error(int err) {
    return err == -EPROTO || err == -ENOENT || err == -ENOTDIR || err == -ENODATA
               ? EXIT_USAGE
               : EXIT_REFUSED_BY_SYSTEM;
}

static int write_all(const struct tables *tables, const struct cells *cells,
                     const struct raw_rows *rows) {
    const struct campaign *campaign = cells->campaign;
    int err = tables_write(tables, campaign);
    if (!err)
        err = order_write(cells, rows);
    if (err) {
        log_say("cannot write tables into '%.256s': %s", campaign->directory, strerror(-err));
        return EXIT_REFUSED_BY_SYSTEM;
    }
    return plots_status(plots_draw(tables, campaign), campaign);
}

static bool any_wrong(const struct raw_rows *rows) {
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(rows->at[i].status, "wrong") == 0)
            return true;
    return false;
}

/* Did others use a tenth of a CPU or more while samples ran? */
static bool was_disturbed(const struct raw_rows *rows) {
    double others = 0, own = 0;
    for (size_t i = 0; i < rows->count; i++) {
        const struct raw_row *row = &rows->at[i];
        if (strcmp(row->status, "ok") != 0 || isnan(row->other_cpu_s))
            continue;
        others += row->other_cpu_s;
        own += row->render_s * (double)row->renders;
    }
    return others > 0.1 * own;
}

/* The page, once all that it shows is there. */
static int write_page(const struct campaign *campaign, const struct raw_rows *rows,
                      const struct tables *tables, const struct remarks *remarks) {
    char answer[512];
    const struct verdict verdict = {tables, rows, campaign->plan.usable_cpus};
    verdict_answer(&verdict, answer, sizeof answer);
    const struct page page = {campaign, answer, verdict_print, &verdict, remarks, tables};
    return page_status(&page);
}

static int derive(const struct campaign *campaign, const struct raw_rows *rows,
                  const struct batch_rows *batches, bool strict) {
    struct cells cells;
    struct tables tables = {0};
    struct remarks remarks = {0};
    char sentence[512] = "";
    int err = cells_make(&cells, campaign, rows);
    cells.batches = batches;
    if (!err)
        err = tables_make(&tables, &cells, sentence, sizeof sentence);
    int status = err ? status_of_error(err) : write_all(&tables, &cells, rows);
    if (err)
        log_say("%s", strerror(-err));
    else if (*sentence)
        remark(&remarks, "%s", sentence);
    if (!err) {
        terminal_print(&tables, campaign);
        if (was_disturbed(rows))
            remark(&remarks,
                   "this machine was not free: other processes ran during the samples "
                   "(other_cpu_s in raw.csv), so times are too long and speedups too low");
        if (standard_flush() != EXIT_DONE)
            status = EXIT_REFUSED_BY_SYSTEM;
        if (status == EXIT_DONE && strict && !tables_are_sound(&tables)) {
            status = EXIT_SUSPECT;
            if (!tables_are_suspect(&tables))
                remark(&remarks, "nothing shows that these measurements are sound: the control "
                                 "needs more blocks for an interval");
        }
    }
    if (any_wrong(rows)) {
        remark(&remarks, "some results were wrong: see status in '%.256s/raw.csv'",
               campaign->directory);
        status = EXIT_WRONG;
    }
    if (!err && write_page(campaign, rows, &tables, &remarks) != EXIT_DONE && status != EXIT_WRONG)
        status = EXIT_REFUSED_BY_SYSTEM;
    tables_free(&tables);
    cells_free(&cells);
    return status;
}

/* What became of reading a record: EXIT_DONE, or the status of what has been said. */
static int say_read(int err, const char *path, size_t line) {
    if (err == -EPROTO)
        log_say("'%.256s', line %zu: malformed", path, line);
    else if (err)
        log_say("cannot read '%.256s': %s", path, strerror(-err));
    return err ? status_of_error(err) : EXIT_DONE;
}

/* Campaigns of older versions have none, and then no bounds. */
static int read_batches(const struct campaign *campaign, struct batch_rows *batches) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    size_t line;
    int err = batches_read(campaign_path(campaign, "batches.csv", path), batches, &line);
    return err == -ENOENT ? EXIT_DONE : say_read(err, path, line);
}

/* A campaign of renders. */
static int report_renders(const struct campaign *campaign, bool strict) {
    struct raw_rows rows = {0};
    struct batch_rows batches = {0};
    char path[CAMPAIGN_PATH_SIZE + 128];
    long whole_bytes;
    size_t line = 0;
    int err = raw_read(campaign_path(campaign, "raw.csv", path), &rows, &whole_bytes, &line);
    int status = say_read(err, path, line);
    if (!status)
        status = read_batches(campaign, &batches);
    if (!status)
        status = derive(campaign, &rows, &batches, strict);
    batches_free(&batches);
    raw_free(&rows);
    return status;
}

int report_campaign(const char *directory, bool strict) {
    struct campaign campaign;
    char sentence[512];
    int err = campaign_read(&campaign, directory, sentence, sizeof sentence);
    const struct experiment *experiment = experiment_find(campaign.plan.experiment);
    int status;
    if (err) {
        log_say("%s", sentence);
        status = status_of_error(err);
    } else if (experiment && experiment->instrument) {
        status = experiment->instrument->report(&campaign);
    } else {
        status = report_renders(&campaign, strict);
    }
    campaign_free(&campaign);
    return status;
}

/* Takes --strict out of the arguments, wherever it stands. */
static bool take_strict(int *argc, char **argv) {
    int kept = 0, all = *argc;
    for (int i = 0; i < all; i++)
        if (strcmp(argv[i], "--strict") != 0)
            argv[kept++] = argv[i];
    *argc = kept;
    return kept < all;
}

int command_report(int argc, char **argv) {
    bool strict = take_strict(&argc, argv);
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        printf("Usage: mandelbench report DIRECTORY [--strict]\n"
               "Derives every table, plot and report.html of a campaign again from manifest.json, "
               "raw.csv\n(peak_raw.csv, ipc_raw.csv, faults_raw.csv), batches.csv, trace/ and "
               "hyperfine/. With\n--strict it ends with 4 unless the control shows that the "
               "measurements "
               "are sound.\n");
        return standard_flush();
    }
    if (argc != 2) {
        log_say("report takes one campaign directory; see mandelbench report --help");
        return EXIT_USAGE;
    }
    return report_campaign(argv[1], strict);
}
