/* Kernel fma: avx512 with products and sums fused, so rounded once where orbit() rounds twice.
 * Fewer instructions, but other counts wherever an orbit is sensitive enough. */
#include "kernels/cpu.h"
#include "kernels/kernel.h"

#include <stddef.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define LANES   8
#define VECTORS 6
#define TARGET  __attribute__((target("avx512f,avx512dq,fma")))
#define FUSES   1
#define SPLIT   0

typedef double real;
typedef uint64_t word __attribute__((may_alias));
typedef double reals __attribute__((may_alias, vector_size(64)));
typedef int64_t masks __attribute__((may_alias, vector_size(64)));

TARGET static inline unsigned at_most(reals a, reals b) {
    return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_LE_OQ);
}

TARGET static inline reals fused(reals a, reals b, reals c) {
    return (reals)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
}

#define CONTRACTED

#include "kernels/vector_loop.h"

#else
#define vector_fill NULL
#endif

const struct kernel kernel_fma = {
    .name = "fma",
    .summary = "vectors of 8, fused multiply-add: some counts differ",
    .needs = CPU_AVX512F | CPU_AVX512DQ | CPU_FMA,
    .lanes = 8,
    .exact = false,
    .unavailable = kernel_needs_x86_64,
    .fill = vector_fill,
};
