/* Page: report.html, a campaign on one page that needs neither network nor script: the answer, the
 * verdicts, what speaks against them, every figure with its data, the machine, the command. It is
 * made of the manifest, the derived tables and the plots in the campaign's directory. */
#ifndef BENCH_PAGE_PAGE_H
#define BENCH_PAGE_PAGE_H

#include "bench/campaign/campaign.h"
#include "bench/page/remarks.h"

#include "bench/tables/tables.h"

#include <stdio.h>

/* What an experiment's own instrument knows of its result. */
struct page {
    const struct campaign *campaign;
    const char *answer; /* one sentence: who won, and by how much; "" if nobody did */
    /* Prints sections of HTML below the answer, or NULL. */
    void (*verdict)(FILE *out, const void *context);
    const void *context;
    const struct remarks *remarks;
    /* Of a campaign of renders, for its warnings and losses; else NULL. */
    const struct tables *tables;
};

/* Writes report.html into the campaign's directory, whole or not at all. 0; -ENOENT: the style
 * sheet is not where this program was built or installed; or -errno. */
int page_write(const struct page *page);

/* Writes it and says what failed: the exit status. */
int page_status(const struct page *page);

#endif
