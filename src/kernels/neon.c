/* Kernel neon: two doubles a vector, what every aarch64 has. */
#include "kernels/cpu.h"
#include "kernels/kernel.h"

#include <stddef.h>

#if defined(__aarch64__)
#include <arm_neon.h>

#define LANES 2
#define TARGET

typedef double reals __attribute__((vector_size(16)));
typedef int64_t masks __attribute__((vector_size(16)));

static inline bool any_lane(masks mask) {
    return vmaxvq_u32((uint32x4_t)mask) != 0;
}

#include "kernels/vector_loop.h"

#define FILL    vector_fill
#define MISSING NULL
#else
#define FILL    NULL
#define MISSING "it needs an aarch64 CPU"
#endif

static const char *unavailable(void) {
    return MISSING;
}

const struct kernel kernel_neon = {
    .name = "neon",
    .summary = "vectors of 2, what every aarch64 has",
    .needs = CPU_NEON,
    .lanes = 2,
    .preference = 10,
    .exact = true,
    .unavailable = unavailable,
    .fill = FILL,
};
