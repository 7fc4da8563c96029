/* The list of checks, and what they share; contracts in check.h. */
#include "bench/doctor/check.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CHECK(name) extern const struct check check_##name;
#include "bench/doctor/checks.def"
#undef CHECK

static const struct check *const checks[] = {
#define CHECK(name) &check_##name,
#include "bench/doctor/checks.def"
#undef CHECK
};

const struct check *const *check_list(unsigned *count) {
    *count = sizeof checks / sizeof *checks;
    return checks;
}

const struct check *check_find(const char *name) {
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (strcmp(checks[i]->name, name) == 0)
            return checks[i];
    return NULL;
}

void finding_is(struct finding *finding, enum finding_state state, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    finding->state = state;
    vsnprintf(finding->value, sizeof finding->value, format, arguments);
    va_end(arguments);
    text_tame(finding->value); /* names of processes and machines are others' */
}

void finding_advise(struct finding *finding, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->command, sizeof finding->command, format, arguments);
    va_end(arguments);
    text_tame(finding->command);
}

bool check_line(const char *root, const char *file, char *line, size_t size) {
    char path[1024];
    snprintf(path, sizeof path, "%.700s/%.300s", root, file);
    if (text_read_file(path, line, size) < 0)
        return false;
    line[strcspn(line, "\n")] = '\0';
    return *line;
}

bool check_number(const char *root, const char *file, uint64_t *number) {
    char line[32];
    return check_line(root, file, line, sizeof line) &&
           text_parse_u64(line, 0, UINT64_MAX, number) == 0;
}
