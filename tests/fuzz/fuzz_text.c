/* Numbers, sizes, pairs, lists and lines of "key: value", and the numbers that are printed. */
#include "base/text.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <string.h>

static void try_whole(const char *text) {
    uint64_t value = 7, again;
    char printed[32];
    if (text_parse_u64(text, 0, UINT64_MAX, &value) != 0) {
        HOLDS(value == 7);
        return;
    }
    snprintf(printed, sizeof printed, "%llu", (unsigned long long)value);
    HOLDS(strcmp(text + strspn(text, "0"), value ? printed : "") == 0);
    HOLDS((text_parse_u64(text, 10, 1000, &again) == 0) == (value >= 10 && value <= 1000));
}

static void try_printed(double value) {
    char printed[TEXT_DOUBLE_SIZE];
    double again;
    HOLDS(text_parse_double(text_double(value, printed), &again) == 0);
    HOLDS(memcmp(&value, &again, sizeof value) == 0);
}

static void try_real(const char *text) {
    double value, other;
    if (text_parse_double(text, &value) == 0) {
        HOLDS(isfinite(value));
        try_printed(value);
    }
    if (text_parse_pair(text, &value, &other) == 0) {
        HOLDS(isfinite(value) && isfinite(other) && strchr(text, ','));
        try_printed(value);
        try_printed(other);
    }
}

static void try_size(const char *text) {
    uint64_t width = 0, height = 0;
    if (text_parse_size(text, 5000, &width, &height) != 0)
        HOLDS(width == 0 && height == 0);
    else
        HOLDS(width >= 1 && width <= 5000 && height >= 1 && height <= 5000);
}

/* What has been taken from a list is the list, up to where it is refused. */
static void try_list(const char *text) {
    char item[16];
    const char *rest = text, *at = text;
    while (text_next_item(&rest, item, sizeof item) == 1) {
        HOLDS(*item && !strchr(item, ',') && strncmp(at, item, strlen(item)) == 0);
        at += strlen(item);
        HOLDS(rest ? *at++ == ',' && at == rest : *at == '\0');
    }
}

static void try_lines(const char *text) {
    char key[16], value[24] = "unset";
    snprintf(key, sizeof key, "%.*s", (int)strcspn(text, ":\n"), text);
    if (!text_find_value(text, key, value, sizeof value))
        HOLDS(strcmp(value, "unset") == 0);
    else
        HOLDS(strlen(value) < sizeof value && !strchr(value, '\n') && strstr(text, value));
}

static void try_bits(const uint8_t *data, size_t size) {
    char printed[TEXT_BYTES_SIZE];
    double value;
    uint64_t bytes;
    if (size < sizeof value)
        return;
    memcpy(&value, data, sizeof value);
    if (isfinite(value))
        try_printed(value);
    memcpy(&bytes, data, sizeof bytes);
    HOLDS(strchr(text_bytes(bytes, printed), ' '));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    char *text = fuzz_part(&input, '\0');
    if (text) {
        try_whole(text);
        try_real(text);
        try_size(text);
        try_list(text);
        try_lines(text);
        text_tame(text);
        HOLDS(!*text || fuzz_is_sentence(text));
    }
    try_bits(data, size);
    free(text);
    return 0;
}
