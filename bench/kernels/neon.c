/* Width neon: two doubles. */
#include "bench/kernels/width.h"
#include "kernels/cpu.h"

#include <stddef.h>

#if defined(__aarch64__)
#include <arm_neon.h>

#define LANES          2
#define TARGET         /* part of aarch64 */
#define FUSED(a, b, c) ((reals)vfmaq_f64((float64x2_t)(c), (float64x2_t)(a), (float64x2_t)(b)))

#include "bench/kernels/chains.h"

#define MISSING NULL
#else
#define RUN                                                                                        \
    { NULL }
#define MISSING "it needs an aarch64 CPU"
#endif

static const char *unavailable(void) {
    return MISSING;
}

const struct width width_neon = {
    .name = "neon",
    .lanes = 2,
    .needs = CPU_NEON,
    .unavailable = unavailable,
    .run = RUN,
};
