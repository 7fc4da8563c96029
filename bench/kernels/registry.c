/* The list of widths, and the choice among them; contracts in width.h. */
#include "bench/kernels/width.h"

#include "kernels/cpu.h"

#include <stddef.h>

#define WIDTH(name) extern const struct width width_##name;
#include "bench/kernels/widths.def"
#undef WIDTH

static const struct width *const widths[] = {
#define WIDTH(name) &width_##name,
#include "bench/kernels/widths.def"
#undef WIDTH
};

#define WIDTHS (sizeof widths / sizeof *widths)

const struct width *const *width_list(unsigned *count) {
    *count = WIDTHS;
    return widths;
}

const char *width_unavailable(const struct width *width, enum chain chain) {
    const char *reason = width->unavailable ? width->unavailable() : NULL;
    bool fused = chain == CHAIN_FMA || chain == CHAIN_SIX;
    if (!reason && fused && !width->run[chain])
        return "it has no fused operations";
    return reason ? reason : cpu_missing(width->needs | (fused ? width->fused : 0));
}

unsigned width_round(enum chain chain) {
    switch (chain) {
    case CHAIN_SIX:
        return 4 * 6;
    case CHAIN_SEVEN:
        return 2 * 7;
    default:
        return 12;
    }
}

unsigned width_operations(enum chain mix) {
    return mix == CHAIN_SIX ? 6 : 7;
}

const char *width_chain_name(enum chain chain) {
    static const char *const names[CHAINS] = {
        [CHAIN_MUL] = "mul", [CHAIN_ADD] = "add",     [CHAIN_FMA] = "fma",
        [CHAIN_SIX] = "six", [CHAIN_SEVEN] = "seven",
    };
    return names[chain];
}

/* The widest one that such a kernel may use. */
const struct width *width_of_needs(uint32_t needs) {
    const struct width *widest = NULL;
    for (size_t i = 0; i < WIDTHS; i++) {
        bool built = !widths[i]->unavailable || !widths[i]->unavailable();
        if (built && (!widest || !(widths[i]->needs & ~needs)))
            widest = widths[i];
    }
    return widest;
}

enum chain width_chain_of_needs(uint32_t needs) {
    const struct width *width = width_of_needs(needs);
    bool fused = width && width->run[CHAIN_SIX] && !((width->needs | width->fused) & ~needs);
    return fused ? CHAIN_SIX : CHAIN_SEVEN;
}
