/* Width avx512: eight doubles. */
#include "bench/kernels/width.h"
#include "kernels/cpu.h"

#include <stddef.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define LANES          8
#define TARGET         __attribute__((target("avx512f")))
#define FUSED(a, b, c) ((reals)_mm512_fmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c)))

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

const struct width width_avx512 = {
    .name = "avx512",
    .lanes = 8,
    .needs = CPU_AVX512F,
    .unavailable = unavailable,
    .run = RUN,
};
