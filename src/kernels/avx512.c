/* Kernel avx512: eight doubles a vector. */
#include "kernels/cpu.h"
#include "kernels/kernel.h"

#include <stddef.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define LANES  8
#define TARGET __attribute__((target("avx512f,avx512dq")))

typedef double reals __attribute__((vector_size(64)));
typedef int64_t masks __attribute__((vector_size(64)));

TARGET static inline bool any_lane(masks mask) {
    return _mm512_movepi64_mask((__m512i)mask) != 0;
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

const struct kernel kernel_avx512 = {
    .name = "avx512",
    .summary = "vectors of 8",
    .needs = CPU_AVX512F | CPU_AVX512DQ,
    .lanes = 8,
    .preference = 30,
    .exact = true,
    .unavailable = unavailable,
    .fill = FILL,
};
