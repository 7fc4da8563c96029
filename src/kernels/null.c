/* Kernel null: no work at all. Every count is 0, so what a render still costs is the backend's
 * plumbing; a batch that was lost still shows as sentinels. */
#include "kernels/kernel.h"

#include <string.h>

static uint64_t fill(const struct workload *workload, struct batch batch, uint32_t *out) {
    (void)workload;
    memset(out, 0, batch.count * sizeof *out);
    return 0;
}

const struct kernel kernel_null = {
    .name = "null",
    .summary = "no arithmetic: every count is 0, what remains is plumbing",
    .lanes = 1,
    .exact = false,
    .fill = fill,
};
