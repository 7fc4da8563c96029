/* Kernel avx2: four doubles a vector. */
#include "kernels/cpu.h"
#include "kernels/kernel.h"

#include <stddef.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define LANES   4
#define VECTORS 6
#define TARGET  __attribute__((target("avx2,fma")))
#define FUSES   1
#define SPLIT   0 /* three units for sums and products: a store more costs more */

typedef double real;
typedef uint64_t word __attribute__((may_alias));
typedef double reals __attribute__((may_alias, vector_size(32)));
typedef int64_t masks __attribute__((may_alias, vector_size(32)));

TARGET static inline unsigned at_most(reals a, reals b) {
    return (unsigned)_mm256_movemask_pd(_mm256_cmp_pd((__m256d)a, (__m256d)b, _CMP_LE_OQ));
}

/* One rounding, and orbit() too rounds once here: doubling is exact. */
TARGET static inline reals twice_plus(reals a, reals b) {
    return (reals)_mm256_fmadd_pd(_mm256_set1_pd(2), (__m256d)a, (__m256d)b);
}

#include "kernels/vector_loop.h"

#else
#define vector_fill NULL
#endif

const struct kernel kernel_avx2 = {
    .name = "avx2",
    .summary = "vectors of 4",
    .needs = CPU_AVX2 | CPU_FMA,
    .lanes = 4,
    .preference = 20,
    .exact = true,
    .unavailable = kernel_needs_x86_64,
    .fill = vector_fill,
};
