/* A campaign as somebody else may have left it: manifest.json, then the rows of raw.csv and
 * peak_raw.csv, or of ipc_raw.csv or faults_raw.csv. From there to its tables, as mandelbench
 * report goes, without the figures. */
#include "bench/campaign/campaign.h"
#include "bench/faults/faults.h"
#include "bench/faults/print.h"
#include "bench/ipc/ipc.h"
#include "bench/ipc/print.h"
#include "bench/ipc/samples.h"
#include "bench/kernels/print.h"
#include "bench/probe/probe.h"
#include "bench/report/terminal.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>

static void keep_rows(const char *name, const struct csv_column *columns, size_t count,
                      const char *rows) {
    FILE *stream = fopen(fuzz_path(name), "we");
    HOLDS(stream);
    csv_write_header(columns, count, stream);
    fputs(rows ? rows : "", stream);
    HOLDS(fclose(stream) == 0);
}

/* The manifest that is written of what was read says the same. */
static void try_again(const struct campaign *campaign) {
    static struct campaign written, again;
    char sentence[512], path[512];
    snprintf(path, sizeof path, "%s", fuzz_path("again/manifest.json"));
    *strrchr(path, '/') = '\0';
    written = *campaign;
    snprintf(written.directory, sizeof written.directory, "%s", path);
    HOLDS(campaign_write_manifest(&written) == 0);
    HOLDS(campaign_read(&again, path, sentence, sizeof sentence) == 0);
    HOLDS(strcmp(again.name, campaign->name) == 0);
    HOLDS(strcmp(again.machine.cpu, campaign->machine.cpu) == 0);
    HOLDS(again.seed == campaign->seed && again.blocks == campaign->blocks);
    HOLDS(again.looks.count == campaign->looks.count && again.repeats == campaign->repeats);
    HOLDS(again.plan.count == campaign->plan.count);
    for (uint32_t i = 0; i < again.plan.count; i++)
        HOLDS(plan_same(&again.plan.cases[i], &campaign->plan.cases[i]));
    campaign_free(&again);
}

static void try_kernels(const struct campaign *campaign, const struct cells *cells,
                        const char *text) {
    struct peak_row row;
    struct peak_rows rows = {0};
    struct rates rates;
    struct csv_file file = {.columns = peak_columns,
                            .column_count = peak_column_count,
                            .row = &row,
                            .keep = peak_rows_keep,
                            .context = &rows};
    keep_rows("c/peak_raw.csv", peak_columns, peak_column_count, text);
    if (csv_read_file(&file, fuzz_path("c/peak_raw.csv")) == 0) {
        HOLDS(rates_make(&rates, cells, &rows) == 0);
        HOLDS(rates_write(&rates, campaign) == 0);
        kernels_print(&rates, campaign);
        rates_free(&rates);
    }
    peak_rows_free(&rows);
}

static void try_renders(const struct campaign *campaign, const char *text, const char *peaks) {
    struct raw_rows rows;
    struct cells cells;
    struct tables tables;
    long whole_bytes;
    size_t line;
    char sentence[512];
    keep_rows("c/raw.csv", raw_columns, RAW_FIRST_COLUMNS, text);
    if (raw_read(fuzz_path("c/raw.csv"), &rows, &whole_bytes, &line) == 0) {
        HOLDS(cells_make(&cells, campaign, &rows) == 0);
        HOLDS(tables_make(&tables, &cells, sentence, sizeof sentence) == 0);
        HOLDS(tables_write(&tables, campaign) == 0);
        terminal_print(&tables, campaign);
        tables_free(&tables);
        try_kernels(campaign, &cells, peaks);
        cells_free(&cells);
    }
    raw_free(&rows);
}

/* The samples of an instrument of its own: ipc or faults. */
static void try_probe(const struct campaign *campaign, const struct probe *probe,
                      const char *text) {
    struct panel panel;
    struct table table;
    size_t line;
    char sentence[512];
    keep_rows("c/probe_raw.csv", probe->samples->columns, probe->samples->column_count, text);
    if (panel_read(&panel, probe, campaign, fuzz_path("c/probe_raw.csv"), &line) == 0) {
        HOLDS(probe_tabulate(&panel, &table) == 0);
        HOLDS(table_write(&table, campaign) == 0);
        probe->print(&table, campaign);
        probe->answer(&table, false, sentence, sizeof sentence);
        HOLDS(!*sentence || fuzz_is_sentence(sentence));
        free((void *)table.rows);
    }
    panel_free(&panel);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct campaign campaign;
    struct fuzz_input input = {data, size};
    char *manifest = fuzz_part(&input, FUZZ_NEXT), *rows = fuzz_part(&input, FUZZ_NEXT);
    char *peaks = fuzz_part(&input, FUZZ_NEXT);
    char sentence[512] = "", path[512];
    fuzz_silence();
    fuzz_keep("c/manifest.json", manifest ? manifest : "");
    snprintf(path, sizeof path, "%s", fuzz_path("c/manifest.json"));
    *strrchr(path, '/') = '\0';
    int err = campaign_read(&campaign, path, sentence, sizeof sentence);
    if (err) {
        HOLDS(err == -EPROTO && fuzz_is_sentence(sentence));
    } else {
        HOLDS(!*campaign.machine.cpu || fuzz_is_sentence(campaign.machine.cpu));
        HOLDS(campaign.plan.count <= PLAN_CASES_MAX);
        try_again(&campaign);
        if (campaign.plan.count)
            try_renders(&campaign, rows, peaks);
        else
            try_probe(&campaign,
                      strcmp(campaign.plan.experiment, "faults") == 0 ? &faults_probe : &ipc_probe,
                      rows);
    }
    campaign_free(&campaign);
    free(manifest);
    free(rows);
    free(peaks);
    return 0;
}
