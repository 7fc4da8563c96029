/* The chains, for every width: accumulators that do not depend on each other, so that nothing but
 * the units themselves limits them. The factor is next to 1 and the summand next to 0, so no
 * accumulator ever becomes an infinity or a subnormal number, which would be slower.
 *
 * The including file defines
 *   LANES              doubles in a vector
 *   TARGET             the function attribute that permits its instructions (may be empty)
 *   FUSED(a, b, c)     a * b + c rounded once; only if it has that
 * and gets chain_mul, chain_add, chain_seven, and with FUSED chain_fma and chain_six. */
#ifndef LANES
#error "define LANES and TARGET before including chains.h"
#endif

#include "bench/kernels/width.h"

typedef double reals __attribute__((vector_size(LANES * 8)));

/* Opaque to the compiler, which could otherwise compute in advance. */
static volatile const double factor = 1 - 0x1p-40, summand = 0x1p-40;

#define MUL(i) (at[i] *= m)
#define ADD(i) (at[i] += a)
#define SUB(i) (at[i] -= a)
#define FMA(i) (at[i] = FUSED(at[i], m, a))

/* A chain whose accumulators are at[0 … n - 1]. They number 12 to 14: enough for units with a
 * latency of 4 cycles at 3 operations a cycle, and with m and a they still fit 16 registers. */
#define CHAIN(name, n, ...)                                                                        \
    TARGET static double chain_##name(uint64_t rounds) {                                           \
        const reals m = (reals){0} + factor, a = (reals){0} + summand;                             \
        reals at[n], sum = a;                                                                      \
        for (unsigned i = 0; i < n; i++)                                                           \
            at[i] = m + (double)i;                                                                 \
        for (uint64_t done = 0; done < rounds; done++) {                                           \
            __VA_ARGS__;                                                                           \
        }                                                                                          \
        for (unsigned i = 0; i < n; i++)                                                           \
            sum += at[i];                                                                          \
        return sum[0];                                                                             \
    }

#define FOUR(OP, i) OP(i), OP(i + 1), OP(i + 2), OP(i + 3)

/* clang-format off */
CHAIN(mul, 12, FOUR(MUL, 0), FOUR(MUL, 4), FOUR(MUL, 8))
CHAIN(add, 12, FOUR(ADD, 0), FOUR(ADD, 4), FOUR(ADD, 8))
CHAIN(seven, 14, /* two iterations */
      MUL(0), ADD(1), MUL(2), SUB(3), MUL(4),  ADD(5),  ADD(6),
      MUL(7), ADD(8), MUL(9), SUB(10), MUL(11), ADD(12), ADD(13))
#ifdef FUSED
CHAIN(fma, 12, FOUR(FMA, 0), FOUR(FMA, 4), FOUR(FMA, 8))
CHAIN(six, 14, /* four iterations; fused operations take longest, so each has its own accumulator */
      MUL(0), ADD(6), MUL(1), SUB(7), MUL(2), FMA(10),
      MUL(3), ADD(8), MUL(4), SUB(9), MUL(5), FMA(11),
      MUL(0), ADD(6), MUL(1), SUB(7), MUL(2), FMA(12),
      MUL(3), ADD(8), MUL(4), SUB(9), MUL(5), FMA(13))
#define RUN_FUSED [CHAIN_FMA] = chain_fma, [CHAIN_SIX] = chain_six,
#else
#define RUN_FUSED
#endif
/* clang-format on */

#define RUN                                                                                        \
    { [CHAIN_MUL] = chain_mul, [CHAIN_ADD] = chain_add, RUN_FUSED[CHAIN_SEVEN] = chain_seven }
