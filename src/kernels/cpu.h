/* What this CPU (and its operating system) can do, as one word of feature bits, less those that
 * were switched off by name for a test or an experiment. */
#ifndef KERNELS_CPU_H
#define KERNELS_CPU_H

#include <stddef.h>
#include <stdint.h>

enum cpu_feature {
    CPU_SSE2 = 1 << 0,
    CPU_AVX2 = 1 << 1,
    CPU_FMA = 1 << 2,
    CPU_AVX512F = 1 << 3,
    CPU_AVX512DQ = 1 << 4,
    CPU_NEON = 1 << 5,
};

/* Features that are present and not switched off. */
uint32_t cpu_features(void);

/* Switches features off: a comma list of names (any architecture's names are known everywhere).
 * Call it before threads or workers start. 0; -EINVAL, nothing changed, and the unknown name in
 * `unknown`. */
int cpu_disable(const char *names, char *unknown, size_t size);

/* NULL when all of `needs` are there, else a sentence on the first that is not. */
const char *cpu_missing(uint32_t needs);

/* All feature names, comma separated. */
const char *cpu_names(void);

#endif
