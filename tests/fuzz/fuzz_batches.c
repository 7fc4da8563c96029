/* batches.csv, and the bounds that follow from its rows as if they were one frame. */
#include "bench/tables/bounds.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    struct batch_rows rows;
    char *text = fuzz_part(&input, FUZZ_NEXT);
    size_t line;
    fuzz_keep("batches.csv", text);
    int err = batches_read(fuzz_path("batches.csv"), &rows, &line);
    HOLDS(err == 0 || err == -EPROTO || err == -ENODATA || (err == -ENOENT && !text));
    if (rows.count) {
        struct bounds bounds = bounds_of(rows.at, rows.count, 3);
        double most = bounds.sum_s * (1 + 1e-9);
        HOLDS(isfinite(bounds.sum_s) && bounds.sum_s >= 0);
        HOLDS(bounds.largest_s <= most && bounds.band_s >= 0 && bounds.band_s <= most);
    }
    batches_free(&rows);
    free(text);
    return 0;
}
