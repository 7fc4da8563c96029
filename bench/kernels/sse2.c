/* Width sse2: two doubles, and no fused operations. */
#include "bench/kernels/width.h"
#include "kernels/cpu.h"

#include <stddef.h>

#if defined(__x86_64__)
#define LANES  2
#define TARGET /* part of x86-64 */

#include "bench/kernels/chains.h"

#define MISSING NULL
#else
#define RUN                                                                                        \
    { NULL }
#define MISSING "it needs an x86-64 CPU"
#endif

static const char *unavailable(void) {
    return MISSING;
}

const struct width width_sse2 = {
    .name = "sse2",
    .lanes = 2,
    .needs = CPU_SSE2,
    .unavailable = unavailable,
    .run = RUN,
};
