/* Width avx2: four doubles. */
#include "bench/kernels/width.h"
#include "kernels/cpu.h"

#include <stddef.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define LANES          4
#define TARGET         __attribute__((target("avx2,fma")))
#define FUSED(a, b, c) ((reals)_mm256_fmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c)))

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

const struct width width_avx2 = {
    .name = "avx2",
    .lanes = 4,
    .needs = CPU_AVX2,
    .fused = CPU_FMA,
    .unavailable = unavailable,
    .run = RUN,
};
