/* What the page shows of files that somebody else may have made: a figure, a table, a trace; in
 * this order. */
#include "bench/page/datatable.h"
#include "bench/page/drawn.h"
#include "bench/page/sheet.h"
#include "bench/page/svg.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>

/* What was printed, to be freed. */
static char *read_back(FILE *stream) {
    long size = ftell(stream);
    HOLDS(size >= 0);
    char *text = calloc((size_t)size + 1, 1);
    HOLDS(text);
    rewind(stream);
    HOLDS(fread(text, 1, (size_t)size, stream) == (size_t)size);
    return text;
}

/* Is there no element but those that draw? What is in quotes holds no '<'. */
static bool only_draws(const char *text) {
    static const char *const may[] = {"svg",     "g",        "path",  "circle", "rect",
                                      "polygon", "polyline", "line",  "text",   "tspan",
                                      "use",     "defs",     "title", "image"};
    for (const char *at = strchr(text, '<'); at; at = strchr(at + 1, '<')) {
        const char *name = at + 1 + (at[1] == '/');
        size_t length = strcspn(name, " \t\r\n/>"), i = 0;
        while (i < sizeof may / sizeof *may &&
               !(strlen(may[i]) == length && memcmp(may[i], name, length) == 0))
            i++;
        if (i == sizeof may / sizeof *may)
            return false;
    }
    return true;
}

static void try_figure(const char *text) {
    FILE *out = tmpfile();
    HOLDS(out);
    fuzz_keep("figure.svg", text);
    int err = svg_print(out, fuzz_path("figure.svg"), 1, "a <figure> & its \"words\"");
    HOLDS(err == 0 || err == -EPROTO || err == -ENOENT || err == -E2BIG || err == -EFBIG);
    char *printed = read_back(out);
    HOLDS(err || strncmp(printed, "<svg", 4) == 0);
    HOLDS(only_draws(printed));
    free(printed);
    fclose(out);
}

static void try_table(const char *text) {
    const struct datatable table = {.columns = "backend,n=blocks,?kernel,median_s=time,efficiency",
                                    .where = "backend",
                                    .is = "pool",
                                    .caption = "Times",
                                    .file = "table.csv"};
    struct sheet sheet;
    FILE *out = tmpfile();
    HOLDS(out);
    fuzz_keep("table.csv", text);
    int err = sheet_read(&sheet, fuzz_path("table.csv"));
    HOLDS(err == 0 || err == -EPROTO || err == -ENOENT);
    if (!err) {
        HOLDS(sheet.count == (sheet.rows + (sheet.columns > 0)) * sheet.columns);
        for (size_t i = 0; i < sheet.count; i++)
            HOLDS(!*sheet.cells[i] || fuzz_is_sentence(sheet.cells[i]));
        datatable_print(out, &table, &sheet);
        HOLDS(sheet_next(&sheet, 0, "backend", "pool") <= sheet.rows);
    }
    sheet_free(&sheet);
    fclose(out);
}

static void try_trace(const char *text) {
    static struct campaign campaign = {.name = "seed"};
    struct plan_case only = {.role = ROLE_CASE, .backend = backend_find("pool"), .view = "lesson"};
    FILE *out = tmpfile();
    HOLDS(out);
    only.job = (struct job){.workload = workload_of_view(view_find("lesson"), 9, 7),
                            .kernel = kernel_find("scalar"),
                            .workers = 3,
                            .batch = 16};
    fuzz_keep("page/trace/pool.json", text);
    snprintf(campaign.directory, sizeof campaign.directory, "%s", fuzz_path("page/trace"));
    *strrchr(campaign.directory, '/') = '\0';
    campaign.plan = (struct plan){.cases = &only, .count = 1, .experiment = "scaling"};
    HOLDS(drawn_print(out, &campaign) == 0);
    fclose(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    char *figure = fuzz_part(&input, FUZZ_NEXT), *table = fuzz_part(&input, FUZZ_NEXT);
    char *trace = fuzz_part(&input, FUZZ_NEXT);
    try_figure(figure);
    try_table(table);
    try_trace(trace);
    free(figure);
    free(table);
    free(trace);
    return 0;
}
