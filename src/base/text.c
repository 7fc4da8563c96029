/* Strict parsing and exact printing; contracts in text.h. */
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int text_parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *value) {
    if (!isdigit((unsigned char)text[0])) {
        bool negative = text[0] == '-' && isdigit((unsigned char)text[1]);
        return negative && text[1 + strspn(text + 1, "0123456789")] == '\0' ? -ERANGE : -EINVAL;
    }
    char *end;
    errno = 0;
    unsigned long long parsed = strtoull(text, &end, 10);
    if (*end != '\0')
        return -EINVAL;
    if (errno == ERANGE || parsed < min || parsed > max)
        return -ERANGE;
    *value = parsed;
    return 0;
}

/* strtod, but nothing that it accepts beyond a plain or hexadecimal number: no blanks, inf or nan.
 */
static int parse_double_prefix(const char *text, double *value, const char **end) {
    const char *digits = text + (*text == '-' || *text == '+');
    if (!isdigit((unsigned char)digits[0]) && digits[0] != '.')
        return -EINVAL;
    char *stop;
    double parsed = strtod(text, &stop);
    if (stop == text)
        return -EINVAL;
    *value = parsed;
    *end = stop;
    return 0;
}

int text_parse_double(const char *text, double *value) {
    const char *end;
    double parsed;
    int err = parse_double_prefix(text, &parsed, &end);
    if (err)
        return err;
    if (*end != '\0')
        return -EINVAL;
    if (!isfinite(parsed))
        return -ERANGE;
    *value = parsed;
    return 0;
}

int text_parse_pair(const char *text, double *a, double *b) {
    const char *end;
    double first, second;
    int err = parse_double_prefix(text, &first, &end);
    if (err)
        return err;
    if (*end != ',')
        return -EINVAL;
    err = text_parse_double(end + 1, &second);
    if (err)
        return err;
    if (!isfinite(first))
        return -ERANGE;
    *a = first;
    *b = second;
    return 0;
}

int text_parse_size(const char *text, uint64_t max, uint64_t *width, uint64_t *height) {
    char first[32];
    uint64_t w, h;
    size_t length = strcspn(text, "x");
    const char *second = text[length] ? text + length + 1 : text;
    if (length >= sizeof first)
        return -EINVAL;
    memcpy(first, text, length);
    first[length] = '\0';
    int err = text_parse_u64(first, 1, max, &w);
    if (!err)
        err = text_parse_u64(second, 1, max, &h);
    if (err)
        return err;
    *width = w;
    *height = h;
    return 0;
}

int text_next_item(const char **list, char *item, size_t size) {
    if (*list == NULL)
        return 0;
    size_t length = strcspn(*list, ",");
    if (length == 0)
        return -EINVAL;
    if (length >= size)
        return -ENAMETOOLONG;
    memcpy(item, *list, length);
    item[length] = '\0';
    *list = (*list)[length] == ',' ? *list + length + 1 : NULL;
    return 1;
}

const char *text_double(double value, char buffer[TEXT_DOUBLE_SIZE]) {
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(buffer, TEXT_DOUBLE_SIZE, "%.*g", digits, value);
        if (strtod(buffer, NULL) == value)
            break;
    }
    return buffer;
}

const char *text_bytes(uint64_t bytes, char buffer[TEXT_BYTES_SIZE]) {
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double amount = (double)bytes;
    size_t unit = 0;
    while (amount >= (unit ? 1023.95 : 1024) && unit + 1 < sizeof units / sizeof *units) {
        amount /= 1024;
        unit++;
    }
    snprintf(buffer, TEXT_BYTES_SIZE, unit ? "%.1f %s" : "%.0f %s", amount, units[unit]);
    return buffer;
}

long text_read_file(const char *path, char *buffer, size_t size) {
    FILE *file = fopen(path, "re");
    if (!file)
        return -errno;
    size_t length = fread(buffer, 1, size - 1, file);
    int err = ferror(file) ? -EIO : 0;
    fclose(file);
    buffer[length] = '\0';
    return err ? err : (long)length;
}

bool text_find_value(const char *text, const char *key, char *value, size_t size) {
    size_t key_length = strlen(key);
    for (const char *line = text; line && *line;) {
        const char *end = strchr(line, '\n');
        const char *after = line + key_length;
        if (strncmp(line, key, key_length) == 0 &&
            (*after == ':' || isblank((unsigned char)*after))) {
            after += strspn(after, ": \t");
            size_t length = end ? (size_t)(end - after) : strlen(after);
            while (length && isspace((unsigned char)after[length - 1]))
                length--;
            snprintf(value, size, "%.*s", (int)length, after);
            return true;
        }
        line = end ? end + 1 : NULL;
    }
    return false;
}

/* How many bytes the printable character at the start of the text has; 0: it is none. RFC 3629;
 * U+FFFE and U+FFFF may not stand in XML. */
static size_t character_bytes(const unsigned char *text) {
    static const unsigned least[] = {0, ' ', 0xa0, 0x800, 0x10000};
    unsigned first = text[0], code = first;
    size_t bytes = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first >= 0xf8 || (first & 0xc0) == 0x80)
        return 0;
    if (bytes > 1)
        code = first & (0x7fu >> bytes);
    for (size_t i = 1; i < bytes; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3f);
    }
    bool surrogate = code >= 0xd800 && code <= 0xdfff;
    bool refused = surrogate || code == 0x7f || (code & 0xfffe) == 0xfffe;
    return code >= least[bytes] && code <= 0x10ffff && !refused ? bytes : 0;
}

void text_tame(char *text) {
    while (*text) {
        size_t bytes = character_bytes((const unsigned char *)text);
        if (!bytes)
            *text = '?';
        text += bytes ? bytes : 1;
    }
}
