/* The list of kernels and the choice among them; contracts in kernel.h. */
#include "kernels/cpu.h"
#include "kernels/kernel.h"

#include <stddef.h>
#include <string.h>

#define KERNEL(name) extern const struct kernel kernel_##name;
#include "kernels/kernels.def"
#undef KERNEL

static const struct kernel *const kernels[] = {
#define KERNEL(name) &kernel_##name,
#include "kernels/kernels.def"
#undef KERNEL
};

const struct kernel *const *kernel_list(unsigned *count) {
    *count = sizeof kernels / sizeof *kernels;
    return kernels;
}

const struct kernel *kernel_find(const char *name) {
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
        if (strcmp(kernels[i]->name, name) == 0)
            return kernels[i];
    return NULL;
}

const char *kernel_unavailable(const struct kernel *kernel) {
    const char *reason = kernel->unavailable ? kernel->unavailable() : NULL;
    return reason ? reason : cpu_missing(kernel->needs);
}

const char *kernel_needs_x86_64(void) {
#ifdef __x86_64__
    return NULL;
#else
    return "it needs an x86-64 CPU";
#endif
}

const char *kernel_needs_aarch64(void) {
#ifdef __aarch64__
    return NULL;
#else
    return "it needs an aarch64 CPU";
#endif
}

const struct kernel *kernel_fastest(void) {
    const struct kernel *best = NULL;
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        const struct kernel *kernel = kernels[i];
        if (kernel->exact && !kernel_unavailable(kernel) &&
            (!best || kernel->preference > best->preference))
            best = kernel;
    }
    return best;
}
