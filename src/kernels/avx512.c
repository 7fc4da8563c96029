/* Kernel avx512: eight doubles a vector. */
#include "kernels/cpu.h"
#include "kernels/kernel.h"

#include <stddef.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define LANES   8
#define VECTORS 6
#define TARGET  __attribute__((target("avx512f,avx512dq")))
#define FUSES   1
#define SPLIT   1 /* two units for sums and products, and one for stores */

typedef double real;
typedef uint64_t word __attribute__((may_alias));
typedef double reals __attribute__((may_alias, vector_size(64)));
typedef int64_t masks __attribute__((may_alias, vector_size(64)));

TARGET static inline unsigned at_most(reals a, reals b) {
    return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_LE_OQ);
}

/* One rounding, and orbit() too rounds once here: doubling is exact. */
TARGET static inline reals twice_plus(reals a, reals b) {
    return (reals)_mm512_fmadd_pd(_mm512_set1_pd(2), (__m512d)a, (__m512d)b);
}

#include "kernels/vector_loop.h"

#else
#define vector_fill NULL
#endif

/* Preferred to 256 bits wherever it is there: some CPUs lower their clock for it, by a quarter at
 * most, but an instruction does twice the work. `mandelbench run kernels` measures both, and
 * MANDEL_CPU_DISABLE=avx512f does without. */
const struct kernel kernel_avx512 = {
    .name = "avx512",
    .summary = "vectors of 8",
    .needs = CPU_AVX512F | CPU_AVX512DQ,
    .lanes = 8,
    .preference = 30,
    .exact = true,
    .unavailable = kernel_needs_x86_64,
    .fill = vector_fill,
};
