/* Lists of CPU features: refused whole, or taken whole. */
#include "kernels/cpu.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    char *names = fuzz_part(&input, '\0'), unknown[32];
    memset(unknown, 'x', sizeof unknown);
    uint32_t before = cpu_features();
    if (names && cpu_disable(names, unknown, sizeof unknown) != 0) {
        HOLDS(cpu_features() == before);
        HOLDS(memchr(unknown, '\0', sizeof unknown));
    } else {
        HOLDS((cpu_features() & ~before) == 0);
    }
    free(names);
    return 0;
}
