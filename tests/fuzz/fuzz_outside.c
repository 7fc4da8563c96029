/* What hyperfine exported, then what the processes said of themselves. */
#include "bench/tables/tables.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct campaign campaign;
    struct fuzz_input input = {data, size};
    char *seen = fuzz_part(&input, FUZZ_NEXT), *said = fuzz_part(&input, FUZZ_NEXT);
    char sentence[512] = "";
    struct tables tables = {0};
    fuzz_keep("hyperfine/mandel.json", seen);
    fuzz_keep("hyperfine/inside.jsonl", said);
    snprintf(campaign.directory, sizeof campaign.directory, "%s", fuzz_path("hyperfine"));
    *strrchr(campaign.directory, '/') = '\0';
    int err = outside_make(&tables, &campaign, sentence, sizeof sentence);
    HOLDS(err == 0 || (err == -EPROTO && fuzz_is_sentence(sentence)));
    for (size_t i = 0; i < tables.outside_count; i++)
        HOLDS(tables.outside[i].n >= 1 && fuzz_is_sentence(tables.outside[i].backend));
    tables_free(&tables);
    free(seen);
    free(said);
    return 0;
}
