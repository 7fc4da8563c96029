/* Losses and factors on the page; contracts in why.h. */
#include "bench/page/why.h"

#include "bench/page/datatable.h"
#include "bench/page/html.h"
#include "bench/page/part.h"
#include "bench/page/sheet.h"
#include "bench/report/selection.h"

/* The backends of the first workload, in the order of the ranking. */
static bool is_first(const struct tables *tables, size_t row) {
    return table_key_same_group(&tables->ranking[row].key, &tables->ranking[0].key);
}

static void print_item(FILE *out, const struct tables *tables, const struct loss_row *loss) {
    char text[SELECTION_SENTENCE_SIZE];
    double accounted = selection_accounted(tables, loss);
    fputs("<li>", out);
    html_text(out, selection_sentence(tables, loss, text));
    if (selection_differs(accounted))
        html_print(out, " (× %.2f)", accounted);
    fputs(".\n", out);
}

void why_print_losses(FILE *out, const struct page *page) {
    const struct tables *tables = page->tables;
    bool differs = false;
    if (!tables || !tables->loss_count)
        return;
    uint64_t workers = selection_workers(tables, page->campaign->plan.usable_cpus);
    fputs("<div class=losses><ul>\n", out);
    for (size_t i = 0; i < tables->ranking_count && is_first(tables, i); i++) {
        const struct loss_row *loss = selection_loss(tables, &tables->ranking[i], workers);
        if (!loss)
            continue;
        print_item(out, tables, loss);
        differs |= selection_differs(selection_accounted(tables, loss));
    }
    fputs("</ul>\n", out);
    if (differs)
        fputs("<p class=note>Time is accounted for in renders after the timed ones. Behind ×: so "
              "many "
              "times as long did they take.</p>\n",
              out);
    fputs("</div>\n", out);
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
