/* Kernel sse2: two doubles a vector, what every x86-64 has. */
#include "kernels/cpu.h"
#include "kernels/kernel.h"

#include <stddef.h>

#if defined(__x86_64__)
#include <emmintrin.h>

#define LANES   2
#define VECTORS 6
#define TARGET
#define FUSES 0
#define SPLIT 0

typedef double real;
typedef uint64_t word __attribute__((may_alias));
typedef double reals __attribute__((may_alias, vector_size(16)));
typedef int64_t masks __attribute__((may_alias, vector_size(16)));

static inline unsigned at_most(reals a, reals b) {
    return (unsigned)_mm_movemask_pd(_mm_cmple_pd((__m128d)a, (__m128d)b));
}

static inline reals twice_plus(reals a, reals b) {
    return (a + a) + b;
}

#include "kernels/vector_loop.h"

#else
#define vector_fill NULL
#endif

const struct kernel kernel_sse2 = {
    .name = "sse2",
    .summary = "vectors of 2, what every x86-64 has",
    .needs = CPU_SSE2,
    .lanes = 2,
    .preference = 10,
    .exact = true,
    .unavailable = kernel_needs_x86_64,
    .fill = vector_fill,
};
