/* Proves that every exact kernel of another architecture gives scalar's counts, with nothing but
 * the C library, so that it can be cross-compiled and run in an emulator (make aarch64). Speaks
 * TAP. */
#include "kernels/kernel.h"

#include <stdio.h>
#include <string.h>

#define WIDTH  133
#define HEIGHT 77

/* Compares the kernel with scalar on one view, in batches of many lengths. */
static bool same_counts(const struct kernel *kernel, const struct view *view, bool shortcuts) {
    static uint32_t expected[WIDTH * HEIGHT], got[WIDTH * HEIGHT];
    struct workload workload = workload_of_view(view, WIDTH, HEIGHT);
    struct batch whole = {.first = 0, .count = WIDTH * HEIGHT};
    if (workload.max_iter > 600)
        workload.max_iter = 600; /* an emulator is slow */
    uint64_t sum = kernel_find("scalar")->fill(&workload, whole, expected), got_sum = 0;
    workload.shortcuts = shortcuts;
    for (uint64_t first = 0; first < whole.count;) {
        struct batch batch = {.first = first, .count = 1 + first * 7 % 97};
        if (batch.first + batch.count > whole.count)
            batch.count = whole.count - batch.first;
        got_sum += kernel->fill(&workload, batch, got + first);
        first += batch.count;
    }
    return got_sum == sum && memcmp(expected, got, sizeof got) == 0;
}

int main(void) {
    unsigned kernel_count, view_count, number = 0, failed = 0;
    const struct kernel *const *kernels = kernel_list(&kernel_count);
    const struct view *views = view_list(&view_count);
    for (unsigned k = 0; k < kernel_count; k++) {
        if (!kernels[k]->exact || kernel_unavailable(kernels[k]))
            continue;
        for (unsigned v = 0; v < 2 * view_count; v++) {
            bool same = same_counts(kernels[k], &views[v / 2], v % 2);
            failed += !same;
            printf("%sok %u - %s, %s%s\n", same ? "" : "not ", ++number, kernels[k]->name,
                   views[v / 2].name, v % 2 ? ", shortcuts" : "");
        }
    }
    printf("1..%u\n", number);
    return failed != 0;
}
