/* The verdict as sentence and table; contracts in verdict.h. */
#include "bench/page/verdict.h"

#include "bench/page/html.h"
#include "bench/report/selection.h"
#include "bench/report/terminal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 40 /* of the table; speedup.csv has all */

/* The width of a drawn interval, in its own units. */
#define SCALE_WIDTH 130

static bool has_role(const struct speedup_row *row, const char *role) {
    return strcmp(row->key.role, role) == 0;
}

/* Why a sentence can only be about medians, as a sentence before it. false: it can be about more.
 */
static bool say_doubt(const struct tables *tables, FILE *out) {
    if (tables_are_suspect(tables)) {
        fputs("This campaign is suspect: serial seems to differ from itself, or the noise is too "
              "large. ",
              out);
        return true;
    }
    if (selection_any_interval(tables))
        return false;
    if (tables->blocks == 1)
        fputs("Not resolved: one block has no intervals. ", out);
    else
        fprintf(out, "Not resolved: %llu blocks are too few for intervals. ",
                (unsigned long long)tables->blocks);
    return true;
}

/* Where medians pass serial's, of whoever does so first. */
static void say_crossing(const struct tables *tables, FILE *out) {
    const struct threshold_row *least = NULL;
    for (size_t i = 0; i < tables->threshold_count; i++)
        if (!isnan(tables->threshold[i].crossing) &&
            (!least || tables->threshold[i].crossing < least->crossing))
            least = &tables->threshold[i];
    if (least)
        fprintf(out, "By medians alone, %s passes serial first, at about %.0f pixels.",
                least->key.backend, least->crossing);
    else
        fputs("By medians alone, no backend passes serial between two of these sizes.", out);
}

/* The sentence about thresholds: along batches and picture sizes nobody wins everywhere. */
static void say_thresholds(const struct tables *tables, bool doubt, FILE *out) {
    const struct threshold_row *least = &tables->threshold[0], *most = least;
    for (size_t i = 1; i < tables->threshold_count; i++) {
        const struct threshold_row *row = &tables->threshold[i];
        if (row->threshold < least->threshold)
            least = row;
        if (row->threshold > most->threshold)
            most = row;
    }
    bool sizes = strcmp(least->criterion, "faster than serial") == 0;
    if (sizes && doubt) {
        say_crossing(tables, out);
        return;
    }
    if (least->threshold == CSV_NO_WHOLE) {
        fprintf(out, sizes ? "No backend beats serial at any of these sizes."
                           : "No backend keeps half of its best efficiency at any of these sizes.");
        return;
    }
    fprintf(out,
            sizes ? "%s%s beats serial from pictures of %llu pixels on"
                  : "%s%s keeps half of its best efficiency (against serial at its best) down to "
                    "batches of %llu pixels",
            doubt ? "By medians alone, " : "", least->key.backend,
            (unsigned long long)least->threshold);
    if (most->threshold == CSV_NO_WHOLE)
        fprintf(out, "; %s does so at none of these sizes.", most->key.backend);
    else if (most->threshold > least->threshold)
        fprintf(out, "; %s needs %llu.", most->key.backend, (unsigned long long)most->threshold);
    else
        fprintf(out, ", and so do all others.");
}

static void say_winner(const struct tables *tables, const struct ranking_row *first, bool doubt,
                       FILE *out) {
    const struct speedup_row *row = selection_speedup(tables, &first->key);
    char name[SELECTION_NAME_SIZE];
    fprintf(out, "%s%s with %llu worker%s is the fastest: %.2f ms a render",
            doubt ? "By medians alone, " : "", selection_name(tables, &first->key, name),
            (unsigned long long)first->key.workers, first->key.workers == 1 ? "" : "s",
            first->median_s * 1e3);
    if (row && has_role(row, "case"))
        fprintf(out, ", %.2f times as fast as serial", row->speedup);
    if (row && has_role(row, "case") && !isnan(row->speedup_lo))
        fprintf(out, " [%.2f, %.2f]", row->speedup_lo, row->speedup_hi);
}

static void say_second(const struct tables *tables, const struct ranking_row *second, FILE *out) {
    char name[SELECTION_NAME_SIZE];
    selection_name(tables, &second->key, name);
    if (strcmp(second->verdict, "slower") == 0)
        fprintf(out, "; %s, the next, takes %.3f times as long [%.3f, %.3f]", name,
                second->ratio_to_best, second->ratio_lo, second->ratio_hi);
    else
        fprintf(out, "; it cannot be told apart from the next, %s", name);
}

static void say_ranking(const struct tables *tables, bool doubt, FILE *out) {
    const struct ranking_row *first = NULL, *second = NULL;
    for (size_t i = 0; i < tables->ranking_count; i++) {
        const struct ranking_row *row = &tables->ranking[i];
        if (!first && row->rank == 1)
            first = row;
        else if (first && !second && row->rank == 2 && table_key_same_group(&row->key, &first->key))
            second = row;
    }
    if (!first)
        return;
    say_winner(tables, first, doubt, out);
    if (second && !doubt)
        say_second(tables, second, out);
    putc('.', out);
}

void verdict_answer(const struct verdict *verdict, char *sentence, size_t size) {
    memset(sentence, 0, size);
    FILE *stream = fmemopen(sentence, size - 1, "w");
    if (!stream)
        return;
    if (verdict->tables->speedup_count) {
        bool doubt = say_doubt(verdict->tables, stream);
        if (verdict->tables->threshold_count)
            say_thresholds(verdict->tables, doubt, stream);
        else
            say_ranking(verdict->tables, doubt, stream);
    }
    fclose(stream);
}

/* What differs among the rows, or is known, so that only this needs a column. */
struct differing {
    bool kernel, view, size, batch;
    bool bound; /* some row has one */
};

static struct differing find_differing(const struct speedup_row *const *rows, size_t count) {
    struct differing differing = {0};
    for (size_t i = 0; i < count; i++)
        differing.bound |= !isnan(rows[i]->bound_s);
    for (size_t i = 1; i < count; i++) {
        const struct table_key *a = &rows[0]->key, *b = &rows[i]->key;
        differing.kernel |= strcmp(a->kernel, b->kernel) != 0 || a->shortcuts != b->shortcuts;
        differing.view |= strcmp(a->view, b->view) != 0;
        differing.size |= a->width != b->width || a->height != b->height;
        differing.batch |= a->batch != b->batch;
    }
    return differing;
}

/* A row with what it gains: over serial at its best, where there are batches of several sizes. */
struct gain {
    const struct speedup_row *row;
    double gain;
};

static int largest_first(const void *a, const void *b) {
    double x = ((const struct gain *)a)->gain, y = ((const struct gain *)b)->gain;
    return (x < y) - (x > y);
}

static double gain_of(const struct tables *tables, const struct speedup_row *row) {
    const struct granularity_row *granularity = granularity_of(tables, &row->key);
    return granularity ? granularity->efficiency * (double)row->key.workers : row->speedup;
}

/* All that is compared, the fastest first. A new array, or NULL. */
static const struct speedup_row **collect(const struct tables *tables, size_t *count) {
    const struct speedup_row **rows = calloc(tables->speedup_count + 1, sizeof *rows);
    struct gain *gains = calloc(tables->speedup_count + 1, sizeof *gains);
    *count = 0;
    for (size_t i = 0; rows && gains && i < tables->speedup_count; i++) {
        const struct speedup_row *row = &tables->speedup[i];
        if (has_role(row, "case") || has_role(row, "baseline"))
            gains[(*count)++] = (struct gain){row, gain_of(tables, row)};
    }
    if (gains)
        qsort(gains, *count, sizeof *gains, largest_first);
    for (size_t i = 0; i < *count; i++)
        rows[i] = gains[i].row;
    free(gains);
    return rows;
}

static double widest(const struct speedup_row *const *rows, size_t count) {
    double most = 1;
    for (size_t i = 0; i < count; i++)
        most = fmax(most,
                    fmax(rows[i]->speedup, isnan(rows[i]->speedup_hi) ? 0 : rows[i]->speedup_hi));
    return most;
}

/* The interval as a line with a dot, above a mark for serial. */
static void print_interval(FILE *out, const struct speedup_row *row, double most) {
    double scale = (SCALE_WIDTH - 8) / most;
    fprintf(out,
            "<td><svg class=interval width=%d height=14 viewBox=\"0 0 %d 14\" aria-hidden=true>"
            "<path class=one d=\"M%.1f 0v14\"/>",
            SCALE_WIDTH, SCALE_WIDTH, 4 + scale);
    if (!isnan(row->speedup_lo) && !has_role(row, "baseline"))
        fprintf(out, "<path class=range d=\"M%.1f 7H%.1f\"/>", 4 + row->speedup_lo * scale,
                4 + row->speedup_hi * scale);
    fprintf(out, "<circle cx=%.1f cy=7 r=3 /></svg>", 4 + row->speedup * scale);
}

static void print_keys(FILE *out, const struct tables *tables, const struct table_key *key,
                       struct differing differing) {
    char kernel[TERMINAL_KERNEL_SIZE], name[SELECTION_NAME_SIZE];
    fputs("<th scope=row>", out);
    html_text(out, selection_name(tables, key, name));
    if (differing.kernel) {
        fputs("<td>", out);
        html_text(out, terminal_kernel(key, kernel));
    }
    if (differing.view) {
        fputs("<td>", out);
        html_text(out, key->view);
    }
    if (differing.size)
        fprintf(out, "<td class=\"n key\">%llu × %llu", (unsigned long long)key->width,
                (unsigned long long)key->height);
    else if (differing.batch)
        fprintf(out, "<td class=n>%llu", (unsigned long long)key->batch);
    fprintf(out, "<td class=n>%llu", (unsigned long long)key->workers);
}

/* "faster", "slower", "open" or "baseline": what a row's colour follows. */
static const char *class_of(const struct speedup_row *row) {
    if (has_role(row, "baseline"))
        return "baseline";
    if (strcmp(row->verdict, "faster") == 0 || strcmp(row->verdict, "slower") == 0)
        return row->verdict;
    return "open";
}

/* The least that it can take, and how much of the time that is. */
static void print_bound(FILE *out, const struct speedup_row *row) {
    if (isnan(row->bound_s))
        fputs("<td class=n><td class=n>", out);
    else
        fprintf(out, "<td class=n>%.3f<td class=n>%.0f %%", row->bound_s * 1e3, row->pct_of_bound);
}

/* Against serial at its best, where there are batches of several sizes. */
static void print_efficiency(FILE *out, const struct tables *tables,
                             const struct speedup_row *row) {
    const struct granularity_row *granularity = granularity_of(tables, &row->key);
    double efficiency = granularity ? granularity->efficiency : row->efficiency;
    if (has_role(row, "baseline") && !granularity)
        fputs("<td class=n>", out);
    else
        fprintf(out, "<td class=n>%.0f %%", efficiency * 100);
}

/* "not resolved (needs about 9 blocks)": a narrow page leaves out what is in brackets. */
static void print_said(FILE *out, const char *verdict) {
    size_t words = strcspn(verdict, "(");
    html_print(out, "%.*s", (int)words, verdict);
    if (verdict[words]) {
        fputs("<span class=needs>", out);
        html_text(out, verdict + words);
        fputs("</span>", out);
    }
}

static void print_row(FILE *out, const struct verdict *verdict, const struct speedup_row *row,
                      struct differing differing, double most) {
    bool baseline = has_role(row, "baseline");
    fprintf(out, "<tr class=\"%s%s\">", class_of(row),
            row->key.workers > verdict->usable_cpus ? " over" : "");
    print_keys(out, verdict->tables, &row->key, differing);
    fprintf(out, "<td class=n>%.2f<td class=said>", row->speedup);
    print_said(out, baseline ? "baseline" : row->verdict);
    if (isnan(row->speedup_lo) || baseline)
        fputs("<td class=n>", out);
    else
        fprintf(out, "<td class=n>%.2f – %.2f", row->speedup_lo, row->speedup_hi);
    print_interval(out, row, most);
    print_efficiency(out, verdict->tables, row);
    fprintf(out, "<td class=n>%.3f", row->median_s * 1e3);
    if (differing.bound)
        print_bound(out, row);
    if (differing.size && differing.batch) /* which follows from the size */
        fprintf(out, "<td class=n>%llu", (unsigned long long)row->key.batch);
    putc('\n', out);
}

static void print_headings(FILE *out, struct differing differing) {
    fprintf(
        out,
        "<thead><tr><th scope=col>backend%s%s%s%s<th scope=col class=n>workers"
        "<th scope=col class=n>speedup<th scope=col>against serial<th scope=col class=n>interval"
        "<th scope=col><span class=hidden>drawn</span><th scope=col class=n>efficiency"
        "<th scope=col class=n>render, ms%s%s</thead>\n<tbody>\n",
        differing.kernel ? "<th scope=col>kernel" : "", differing.view ? "<th scope=col>view" : "",
        differing.size ? "<th scope=col class=n>pixels" : "",
        differing.batch && !differing.size ? "<th scope=col class=n>batch" : "",
        differing.bound ? "<th scope=col class=n>at best, ms<th scope=col class=n>reached" : "",
        differing.batch && differing.size ? "<th scope=col class=n>batch" : "");
}

static void print_caption(FILE *out, const struct speedup_row *first, struct differing differing,
                          size_t shown, size_t count) {
    const struct table_key *key = &first->key;
    char kernel[TERMINAL_KERNEL_SIZE];
    fputs("<caption>", out);
    html_print(out, "%s", differing.view ? "Several views" : key->view);
    if (!differing.size)
        html_print(out, ", %llu × %llu pixels", (unsigned long long)key->width,
                   (unsigned long long)key->height);
    if (!differing.kernel)
        html_print(out, ", kernel %s", terminal_kernel(key, kernel));
    if (!differing.batch)
        html_print(out, ", batches of %llu pixels", (unsigned long long)key->batch);
    html_print(out, "; %llu blocks", (unsigned long long)first->n);
    if (shown < count)
        html_print(out, "; the fastest %zu of %zu rows, all stand in speedup.csv", shown, count);
    fputs("</caption>\n", out);
}

static bool any_over(const struct verdict *verdict, const struct speedup_row *const *rows,
                     size_t count) {
    for (size_t i = 0; i < count; i++)
        if (rows[i]->key.workers > verdict->usable_cpus)
            return true;
    return false;
}

static void print_table(FILE *out, const struct verdict *verdict,
                        const struct speedup_row *const *rows, size_t count) {
    struct differing differing = find_differing(rows, count);
    size_t shown = count < ROWS_MAX ? count : ROWS_MAX;
    double most = widest(rows, count);
    fputs("<section id=verdict>\n<h2>Verdict</h2>\n<div class=scroll><table class=verdict>", out);
    print_caption(out, rows[0], differing, shown, count);
    print_headings(out, differing);
    for (size_t i = 0; i < shown; i++)
        print_row(out, verdict, rows[i], differing, most);
    fputs("</tbody></table></div>\n<p class=note>Medians over the blocks. Speedup is the median of "
          "the ratios to serial in the same block; all intervals of the table hold together with "
          "95 %.",
          out);
    if (differing.bound)
        fputs(
            " At best is the least that a render can take with so many workers and these batches; "
            "reached, how near it came.",
            out);
    if (verdict->tables->granularity_count)
        fputs(" Speedup is against serial with the same batches, efficiency against the best that "
              "serial does with any.",
              out);
    if (any_over(verdict, rows, count))
        fputs(" Pale rows have more workers than usable CPUs: they take turns.", out);
    fputs("</p>\n</section>\n", out);
}

/* How many samples there are, by how they ended. */
static void print_samples(FILE *out, const struct raw_rows *rows) {
    size_t wrong = 0, failed = 0, noisy = 0, judged = 0;
    for (size_t i = 0; i < rows->count; i++) {
        wrong += strcmp(rows->at[i].status, "wrong") == 0;
        failed += strcmp(rows->at[i].status, "failed") == 0;
        noisy += rows->at[i].noisy == CSV_TRUE;
        judged += rows->at[i].noisy == CSV_TRUE || rows->at[i].noisy == CSV_FALSE;
    }
    html_print(out, "%zu samples: %zu wrong, %zu failed, ", rows->count, wrong, failed);
    if (judged == rows->count)
        html_print(out, "%zu marked as disturbed.", noisy);
    else if (judged)
        html_print(out, "%zu of the %zu that could be judged marked as disturbed.", noisy, judged);
    else
        html_print(out, "and whether they were disturbed was not judged.");
}

static void print_control_row(FILE *out, const struct control_row *row) {
    fprintf(out, "<tr%s><td>", control_is_suspect(row) ? " class=broken" : "");
    html_print(out, "%s %llu × %llu, %s, batch %llu", row->key.view,
               (unsigned long long)row->key.width, (unsigned long long)row->key.height,
               row->key.kernel, (unsigned long long)row->key.batch);
    fprintf(out, "<td class=n>%.3f<td class=n>", row->ratio);
    if (!isnan(row->ratio_lo))
        fprintf(out, "%.3f – %.3f", row->ratio_lo, row->ratio_hi);
    fputs("<td class=n>", out);
    if (isfinite(row->detectable))
        fprintf(out, "%.1f %%", row->detectable * 100);
    fputs("<td>", out);
    html_text(out, row->verdict);
    putc('\n', out);
}

static void print_control(FILE *out, const struct verdict *verdict) {
    const struct tables *tables = verdict->tables;
    fputs("<section id=control>\n<h2>Control</h2>\n", out);
    if (tables_are_suspect(tables))
        fputs(
            "<p class=broken>This campaign is suspect: serial seems to differ from itself, or the "
            "noise is too large to compare anything.</p>\n",
            out);
    fputs("<p>Serial was measured twice in every block, under two names. By whatever the one seems "
          "faster than the other is noise, and no verdict rests on less. ",
          out);
    print_samples(out, verdict->rows);
    fputs("</p>\n<div class=scroll><table><caption>Serial against serial (A/A)</caption><thead><tr>"
          "<th scope=col>picture<th scope=col class=n>ratio<th scope=col class=n>interval"
          "<th scope=col class=n>detectable<th scope=col>verdict</thead><tbody>\n",
          out);
    for (size_t i = 0; i < tables->control_count; i++)
        print_control_row(out, &tables->control[i]);
    fputs("</tbody></table></div>\n</section>\n", out);
}

void verdict_print(FILE *out, const void *context) {
    const struct verdict *verdict = context;
    size_t count;
    const struct speedup_row **rows = collect(verdict->tables, &count);
    if (rows && count)
        print_table(out, verdict, rows, count);
    free(rows);
    print_control(out, verdict);
}
