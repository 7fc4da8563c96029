/* Kernel neon: two doubles a vector, what every aarch64 has. */
#include "kernels/cpu.h"
#include "kernels/kernel.h"

#include <stddef.h>

#if defined(__aarch64__)
#include <arm_neon.h>

#define LANES   2
#define VECTORS 6
#define TARGET
#define FUSES 1
#define SPLIT 0

typedef double real;
typedef uint64_t word __attribute__((may_alias));
typedef double reals __attribute__((may_alias, vector_size(16)));
typedef int64_t masks __attribute__((may_alias, vector_size(16)));

static inline unsigned at_most(reals a, reals b) {
    return (unsigned)((a <= b)[0] & 1) | (unsigned)((a <= b)[1] & 2);
}

/* One rounding, and orbit() too rounds once here: doubling is exact. */
static inline reals twice_plus(reals a, reals b) {
    return (reals)vfmaq_f64((float64x2_t)b, vdupq_n_f64(2), (float64x2_t)a);
}

#include "kernels/vector_loop.h"

#else
#define vector_fill NULL
#endif

const struct kernel kernel_neon = {
    .name = "neon",
    .summary = "vectors of 2, what every aarch64 has",
    .needs = CPU_NEON,
    .lanes = 2,
    .preference = 10,
    .exact = true,
    .unavailable = kernel_needs_aarch64,
    .fill = vector_fill,
};
