/* The page from its top to its end; contracts in page.h. */
#include "bench/page/page.h"

#include "base/log.h"
#include "base/output.h"
#include "base/text.h"
#include "base/version.h"
#include "bench/experiments/experiment.h"
#include "bench/page/drawn.h"
#include "bench/page/figure.h"
#include "bench/page/html.h"
#include "bench/page/part.h"
#include "bench/page/warnings.h"
#include "bench/page/why.h"
#include "bench/report/support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STYLE_BYTES_MAX (32 << 10)

/* The style sheet lies beside gnuplot's scripts and becomes part of the page. */
static int print_style(FILE *out) {
    char path[2048], *text = malloc(STYLE_BYTES_MAX);
    int err = text ? support_find("page.css", path, sizeof path) : -ENOMEM;
    long length = err ? err : text_read_file(path, text, STYLE_BYTES_MAX);
    if (length > 0)
        fprintf(out, "<style>\n%s</style>\n", text);
    free(text);
    return length < 0 ? (int)length : 0;
}

/* The experiment's question, as a sentence of its own. */
static void print_question(FILE *out, const struct campaign *campaign) {
    char text[256];
    const struct experiment *experiment = experiment_find(campaign->plan.experiment);
    snprintf(text, sizeof text, "%s", experiment ? experiment->summary : campaign->plan.experiment);
    if (*text >= 'a' && *text <= 'z')
        *text = (char)(*text - 'a' + 'A');
    html_text(out, text);
}

/* Whatever the page holds, it can neither run nor fetch anything. */
static int print_head(FILE *out, const struct campaign *campaign) {
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
          "style-src 'unsafe-inline'; img-src data:\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"
          "<link rel=\"icon\" href=\"data:,\">\n<title>",
          out);
    html_print(out, "%s: %s", campaign->name, campaign->plan.experiment);
    fputs("</title>\n", out);
    int err = print_style(out);
    fputs("</head>\n<body>\n", out);
    return err;
}

static void print_answer(FILE *out, const struct page *page) {
    const struct campaign *campaign = page->campaign;
    fputs("<header>\n<p class=kicker>", out);
    html_print(out, "mandelbench · %s · %.10s", campaign->name, campaign->started);
    fputs("</p>\n<h1>", out);
    print_question(out, campaign);
    fputs("</h1>\n", out);
    if (*page->answer) {
        fputs("<p class=answer>", out);
        html_text(out, page->answer);
        fputs("</p>\n", out);
    }
    fputs("</header>\n<main>\n", out);
}

static void print_items(FILE *out, const struct page *page) {
    for (size_t i = 0; i < page->remarks->count; i++) {
        fputs("<li>", out);
        html_text(out, page->remarks->text[i]);
        fputs("\n", out);
    }
    if (page->tables)
        warnings_print(out, page->tables);
}

static void print_warnings(FILE *out, const struct page *page) {
    struct part items;
    part_open(&items);
    if (items.stream)
        print_items(items.stream, page);
    bool any = part_end(&items) > 0;
    fputs("<section id=warnings>\n<h2>Warnings</h2>\n", out);
    fputs(any ? "<ul class=warnings>\n" : "<p>None.</p>\n", out);
    if (any)
        part_put(&items, out, PART_FIGURES_END, "summary.csv");
    part_drop(&items);
    fputs(any ? "</ul>\n</section>\n" : "</section>\n", out);
}

static void print_term(FILE *out, const char *term, const char *text) {
    fputs("<dt>", out);
    html_text(out, term);
    fputs("<dd>", out);
    html_text(out, *text ? text : "not known");
    putc('\n', out);
}

static void print_machine(FILE *out, const struct campaign *campaign) {
    const struct machine *machine = &campaign->machine;
    char text[128], bytes[TEXT_BYTES_SIZE];
    fputs("<section id=machine>\n<h2>Machine</h2>\n<dl>\n", out);
    print_term(out, "processor", machine->cpu);
    snprintf(text, sizeof text, "%llu online, %u usable", (unsigned long long)machine->cpus_online,
             campaign->plan.usable_cpus);
    print_term(out, "CPUs", text);
    print_term(out, "memory", text_bytes(machine->memory_bytes, bytes));
    print_term(out, "system", machine->kernel);
    print_term(out, "compiler", campaign->compiler);
    snprintf(text, sizeof text, "%s (%s)", campaign->version, campaign->commit);
    print_term(out, "mandelbench", text);
    print_term(out, "started", campaign->started);
    snprintf(text, sizeof text, "%llu planned, seed %llu", (unsigned long long)campaign->blocks,
             (unsigned long long)campaign->seed);
    print_term(out, "blocks", text);
    fputs("</dl>\n</section>\n", out);
}

static void print_command(FILE *out, const struct campaign *campaign) {
    fputs("<section id=again>\n<h2>To do it again</h2>\n<pre><code>", out);
    html_text(out, campaign->command);
    fputs("</code></pre>\n<p>The same seed gives the same order of samples: add <code>--seed ",
          out);
    html_print(out, "%llu", (unsigned long long)campaign->seed);
    fputs("</code>. <code>mandelbench report</code> on this directory makes this page again, from "
          "the "
          "raw records alone. Every number here stands in one of the CSV files beside it.</p>\n"
          "</section>\n",
          out);
}

static int print_page(FILE *out, const struct page *page) {
    int err = print_head(out, page->campaign);
    print_answer(out, page);
    if (page->verdict)
        page->verdict(out, page->context);
    print_warnings(out, page);
    figure_print_all(out, page);
    why_print_factors(out, page->campaign);
    if (!err)
        err = drawn_print(out, page->campaign);
    fputs("<div class=two>\n", out);
    print_machine(out, page->campaign);
    print_command(out, page->campaign);
    fputs("</div>\n</main>\n</body>\n</html>\n", out);
    return err;
}

static int write_file(const struct campaign *campaign, const char *text, size_t bytes) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    struct output output;
    int err = output_open(&output, campaign_path(campaign, "report.html", path));
    if (err)
        return err;
    err = output_write(&output, text, bytes);
    if (!err)
        err = output_commit(&output);
    output_abandon(&output);
    return err;
}

int page_write(const struct page *page) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream)
        return -ENOMEM;
    int err = print_page(stream, page);
    if (fclose(stream) != 0)
        err = -ENOMEM;
    if (!err)
        err = write_file(page->campaign, text, bytes);
    free(text);
    return err;
}

int page_status(const struct page *page) {
    int err = page_write(page);
    if (err == -ENOENT)
        log_say("no report.html: page.css is not where this program was built or installed");
    else if (err)
        log_say("cannot write '%.256s/report.html': %s", page->campaign->directory, strerror(-err));
    return !err || err == -ENOENT ? EXIT_DONE : EXIT_REFUSED_BY_SYSTEM;
}
