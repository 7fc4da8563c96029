/* Kernel scalar: the reference. One point after another, as the definition in core/workload.h says;
 * every exact kernel is compared with this one. It takes no shortcuts, even where they are allowed.
 */
#include "kernels/kernel.h"

static uint64_t fill(const struct workload *workload, struct batch batch, uint32_t *out) {
    double left = workload_left(workload), top = workload_top(workload);
    double extent_im = workload_extent_im(workload);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < batch.count; i++) {
        uint64_t pixel = batch.first + i;
        uint32_t row = (uint32_t)(pixel / workload->width);
        uint32_t col = (uint32_t)(pixel % workload->width);
        double re = workload_re(workload, left, col);
        double im = workload_im(workload, top, extent_im, row);
        out[i] = orbit(re, im, workload->max_iter);
        sum += out[i];
    }
    return sum;
}

const struct kernel kernel_scalar = {
    .name = "scalar",
    .summary = "the reference: one point at a time, written to be read",
    .lanes = 1,
    .preference = 1,
    .exact = true,
    .fill = fill,
};
