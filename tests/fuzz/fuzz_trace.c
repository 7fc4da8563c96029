/* A trace, as the marks of a Gantt plot. */
#include "bench/tables/tables.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>

#define MARKS 500

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct campaign campaign;
    struct plan_case only = {.role = ROLE_CASE, .backend = backend_find("pool"), .view = "lesson"};
    struct fuzz_input input = {data, size};
    char *text = fuzz_part(&input, FUZZ_NEXT), sentence[512] = "";
    struct tables tables = {0};
    fuzz_keep("trace/pool.json", text);
    snprintf(campaign.directory, sizeof campaign.directory, "%s", fuzz_path("trace"));
    *strrchr(campaign.directory, '/') = '\0';
    campaign.plan = (struct plan){.cases = &only, .count = 1};
    int err = gantt_make(&tables, &campaign, sentence, sizeof sentence);
    HOLDS(err == 0 || (err == -EPROTO && fuzz_is_sentence(sentence)));
    HOLDS(tables.gantt_count <= MARKS && (err == 0 || tables.gantt_count == 0));
    for (size_t i = 0; i < tables.gantt_count; i++) {
        const struct gantt_row *row = &tables.gantt[i];
        HOLDS(fuzz_is_sentence(row->name) && fuzz_is_sentence(row->phase));
        HOLDS(row->begin_s >= 0 && row->begin_s <= row->end_s);
        HOLDS(row->low >= 0 && row->low <= row->high && row->high <= 1);
    }
    tables_free(&tables);
    free(text);
    return 0;
}
