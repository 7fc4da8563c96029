/* CPU features by name; contracts in cpu.h. On x86-64 the compiler's own run-time check is asked:
 * it knows that the operating system must save wide registers too. */
#include "kernels/cpu.h"

#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

static const struct {
    const char *name;
    uint32_t bit;
    const char *missing, *disabled;
} features[] = {
#define FEATURE(name, bit)                                                                         \
    { name, bit, "this CPU has no " name, name " is switched off by MANDEL_CPU_DISABLE" }
    FEATURE("sse2", CPU_SSE2),       FEATURE("avx2", CPU_AVX2),         FEATURE("fma", CPU_FMA),
    FEATURE("avx512f", CPU_AVX512F), FEATURE("avx512dq", CPU_AVX512DQ), FEATURE("neon", CPU_NEON),
#undef FEATURE
};

#define FEATURES (sizeof features / sizeof *features)

static uint32_t disabled;

static uint32_t present(void) {
    uint32_t found = 0;
#if defined(__x86_64__)
    __builtin_cpu_init();
    found |= __builtin_cpu_supports("sse2") ? CPU_SSE2 : 0;
    found |= __builtin_cpu_supports("avx2") ? CPU_AVX2 : 0;
    found |= __builtin_cpu_supports("fma") ? CPU_FMA : 0;
    found |= __builtin_cpu_supports("avx512f") ? CPU_AVX512F : 0;
    found |= __builtin_cpu_supports("avx512dq") ? CPU_AVX512DQ : 0;
#elif defined(__aarch64__)
    found |= getauxval(AT_HWCAP) & (1 << 1) /* HWCAP_ASIMD */ ? CPU_NEON : 0;
#endif
    return found;
}

uint32_t cpu_features(void) {
    return present() & ~disabled;
}

int cpu_disable(const char *names, char *unknown, size_t size) {
    uint32_t named = 0;
    char name[32];
    int more;
    while ((more = text_next_item(&names, name, sizeof name)) == 1) {
        uint32_t bit = 0;
        for (size_t i = 0; i < FEATURES; i++)
            if (strcmp(features[i].name, name) == 0)
                bit = features[i].bit;
        if (!bit) {
            snprintf(unknown, size, "%s", name);
            return -EINVAL;
        }
        named |= bit;
    }
    if (more < 0) {
        snprintf(unknown, size, "%.24s", names);
        return -EINVAL;
    }
    disabled |= named;
    return 0;
}

const char *cpu_missing(uint32_t needs) {
    uint32_t here = present();
    for (size_t i = 0; i < FEATURES; i++) {
        if (!(needs & features[i].bit))
            continue;
        if (!(here & features[i].bit))
            return features[i].missing;
        if (disabled & features[i].bit)
            return features[i].disabled;
    }
    return NULL;
}

const char *cpu_names(void) {
    static char names[128];
    for (size_t i = 0, used = 0; i < FEATURES; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "",
                                 features[i].name);
    return names;
}
