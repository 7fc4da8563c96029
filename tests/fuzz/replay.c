/* Gives a fuzz target the inputs in the files named, one line of TAP each: the program that a
 * target becomes without libFuzzer. */
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <unistd.h>

#define SIZE_MAX_OF_INPUT (1 << 20)

/* Which input was being tried when the target ended the process: its line says so. */
static bool replay(const char *path) {
    static uint8_t data[SIZE_MAX_OF_INPUT];
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    /* A copy of just that size, so that a sanitizer sees what is read beyond it. */
    uint8_t *exact = malloc(size ? size : 1);
    if (!exact)
        return false;
    memcpy(exact, data, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return true;
}

int main(int argc, char **argv) {
    int result = dup(STDOUT_FILENO); /* targets may silence theirs */
    for (int i = 1; i < argc; i++) {
        dprintf(STDERR_FILENO, "# %s\n", argv[i]);
        dprintf(result, "%sok %d - %s\n", replay(argv[i]) ? "" : "not ", i, argv[i]);
    }
    dprintf(result, "1..%d\n", argc - 1);
    return 0;
}
