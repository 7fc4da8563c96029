/* Losses and factors on the page; contracts in why.h. */
#include "bench/page/why.h"

#include "bench/page/datatable.h"
#include "bench/page/html.h"
#include "bench/page/part.h"
#include "bench/page/sheet.h"

#include <string.h>

#define KEY_COLUMNS 14 /* with which every derived table begins */

static bool same_key(const struct sheet *a, size_t row_a, const struct sheet *b, size_t row_b) {
    for (size_t column = 0; column < KEY_COLUMNS; column++)
        if (strcmp(sheet_cell(a, row_a, column), sheet_cell(b, row_b, column)) != 0)
            return false;
    return true;
}

/* The loss that a row of the ranking stands for: a row, or all of them: there is none. */
static size_t find_loss(const struct sheet *losses, const struct sheet *ranking, size_t row) {
    size_t found = 0;
    while (found < losses->rows && !same_key(ranking, row, losses, found))
        found++;
    return found;
}

static void print_list(FILE *out, const struct sheet *losses, const struct sheet *ranking) {
    size_t sentence = sheet_column(losses, "sentence", 8);
    size_t end = sheet_next(ranking, 1, "rank", "1");
    fputs("<ul class=losses>\n", out);
    for (size_t row = 0; row < end; row++) {
        size_t loss = find_loss(losses, ranking, row);
        if (loss == losses->rows)
            continue;
        fputs("<li>", out);
        html_text(out, sheet_cell(losses, loss, sentence));
        fputs(".\n", out);
    }
    fputs("</ul>\n", out);
}

void why_print_losses(FILE *out, const struct campaign *campaign) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    struct sheet losses, ranking = {0};
    if (sheet_read(&losses, campaign_path(campaign, "loss.csv", path)) == 0 &&
        sheet_read(&ranking, campaign_path(campaign, "ranking.csv", path)) == 0 &&
        losses.columns > KEY_COLUMNS && ranking.columns > KEY_COLUMNS && losses.rows &&
        ranking.rows)
        print_list(out, &losses, &ranking);
    sheet_free(&losses);
    sheet_free(&ranking);
}

void why_print_factors(FILE *out, const struct campaign *campaign) {
    static const struct datatable table = {
        .columns = "backend,?kernel,?schedule,?width,?height,?batch,workers,n=blocks,"
                   "load_balance=load balance %,communication_efficiency=communication %,"
                   "parallel_efficiency=parallel %,ns_per_iteration=ns per iteration,"
                   "computational_scaling=scaling %,"
                   "global_efficiency=global %,karp_flatt=serial fraction",
        .where = "role",
        .is = "case",
        .caption = "The factors of efficiency",
        .file = "factors.csv"};
    char path[CAMPAIGN_PATH_SIZE + 128];
    struct sheet sheet;
    struct part part;
    part_open(&part);
    if (sheet_read(&sheet, campaign_path(campaign, table.file, path)) == 0 && part.stream)
        datatable_print(part.stream, &table, &sheet);
    sheet_free(&sheet);
    if (part_end(&part) == 0) {
        part_drop(&part);
        return;
    }
    fputs("<section id=factors>\n<h2>Factors</h2>\n<p>What an efficiency is made of: load balance "
          "× communication = parallel efficiency; that × scaling (of the CPU time for an "
          "iteration) = global efficiency. Each is a median, so the products hold only "
          "nearly.</p>\n<details open><summary>Factors of each case</summary>\n",
          out);
    part_put(&part, out, PART_FIGURES_END, table.file);
    fputs("</details>\n</section>\n", out);
}
