/* Kernel sse2: two doubles a vector, what every x86-64 has. */
#include "kernels/cpu.h"
#include "kernels/kernel.h"

#include <stddef.h>

#if defined(__x86_64__)
#include <emmintrin.h>

#define LANES 2
#define TARGET

typedef double reals __attribute__((vector_size(16)));
typedef int64_t masks __attribute__((vector_size(16)));

static inline bool any_lane(masks mask) {
    return _mm_movemask_pd((__m128d)mask) != 0;
}

#include "kernels/vector_loop.h"

#define FILL    vector_fill
#define MISSING NULL
#else
#define FILL    NULL
#define MISSING "it needs an x86-64 CPU"
#endif

static const char *unavailable(void) {
    return MISSING;
}

const struct kernel kernel_sse2 = {
    .name = "sse2",
    .summary = "vectors of 2, what every x86-64 has",
    .needs = CPU_SSE2,
    .lanes = 2,
    .preference = 10,
    .exact = true,
    .unavailable = unavailable,
    .fill = FILL,
};
