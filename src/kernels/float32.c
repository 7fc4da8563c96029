/* Kernel float32: sixteen floats a vector. Twice the lanes, but 24 bits tell fewer points apart, so
 * counts differ, and a deep view shows blocks. */
#include "kernels/cpu.h"
#include "kernels/kernel.h"

#include <stddef.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define LANES   16
#define VECTORS 4
#define TARGET  __attribute__((target("avx512f,avx512dq")))
#define FUSES   1
#define SPLIT   1

typedef float real;
typedef uint32_t word __attribute__((may_alias));
typedef float reals __attribute__((may_alias, vector_size(64)));
typedef int32_t masks __attribute__((may_alias, vector_size(64)));

TARGET static inline unsigned at_most(reals a, reals b) {
    return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_LE_OQ);
}

TARGET static inline reals twice_plus(reals a, reals b) {
    return (reals)_mm512_fmadd_ps(_mm512_set1_ps(2), (__m512)a, (__m512)b);
}

#include "kernels/vector_loop.h"

#else
#define vector_fill NULL
#endif

const struct kernel kernel_float32 = {
    .name = "float32",
    .summary = "vectors of 16 in single precision: many counts differ",
    .needs = CPU_AVX512F | CPU_AVX512DQ,
    .lanes = 16,
    .exact = false,
    .unavailable = kernel_needs_x86_64,
    .fill = vector_fill,
};
