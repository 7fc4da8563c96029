/* Parsing /proc and /sys; contracts in proc.h. */
#include "bench/measure/proc.h"

#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPU_NUMBER_MAX (1 << 20)
#define TICKS_MAX      (UINT64_MAX >> 8) /* so that a sum of eight does not wrap */

/* The next whole number behind blanks, at most `max`; *at moves behind it. No sign: strtoull would
 * take one. */
static bool next_number(const char **at, uint64_t max, uint64_t *number) {
    char *end;
    const char *start = *at + strspn(*at, " \t");
    if (!isdigit((unsigned char)*start))
        return false;
    errno = 0;
    *number = strtoull(start, &end, 10);
    *at = end;
    return errno == 0 && *number <= max;
}

bool proc_schedstat(const char *text, uint64_t *run_ns, uint64_t *delay_ns) {
    uint64_t run, delay;
    if (!next_number(&text, UINT64_MAX, &run) || !next_number(&text, UINT64_MAX, &delay))
        return false;
    *run_ns = run;
    *delay_ns = delay;
    return true;
}

bool proc_migrations(const char *text, uint64_t *migrations) {
    char value[32];
    return text_find_value(text, "se.nr_migrations", value, sizeof value) &&
           text_parse_u64(value, 0, UINT64_MAX - 1, migrations) == 0;
}

bool proc_ticks(const char *text, struct proc_ticks *ticks) {
    enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, FIELDS };
    uint64_t at[FIELDS];
    if (strncmp(text, "cpu ", 4) != 0)
        return false;
    text += 4;
    for (int field = 0; field < FIELDS; field++)
        if (!next_number(&text, TICKS_MAX, &at[field]))
            return false;
    *ticks = (struct proc_ticks){
        .busy = at[USER] + at[NICE] + at[SYSTEM] + at[IRQ] + at[SOFTIRQ],
        .idle = at[IDLE] + at[IOWAIT],
        .steal = at[STEAL],
    };
    return true;
}

bool proc_pressure(const char *text, uint64_t *some_us) {
    char line[160];
    if (!text_find_value(text, "some", line, sizeof line))
        return false;
    const char *total = strstr(line, "total=");
    return total && text_parse_u64(total + strlen("total="), 0, UINT64_MAX - 1, some_us) == 0;
}

double proc_mhz(const char *text, unsigned cpu) {
    char key[40], value[64], flags[8192];
    double mhz;
    snprintf(key, sizeof key, "\nprocessor\t: %u\n", cpu);
    const char *own = strncmp(text, key + 1, strlen(key) - 1) == 0 ? text : strstr(text, key);
    if (!own || !text_find_value(own, "flags", flags, sizeof flags) ||
        !strstr(flags, "aperfmperf") || !text_find_value(own, "cpu MHz", value, sizeof value) ||
        text_parse_double(value, &mhz) != 0 || mhz <= 0)
        return NAN;
    return mhz;
}

bool proc_process(const char *text, char *name, size_t size, uint64_t *ticks) {
    enum { STATE = 3, UTIME = 14, STIME = 15 }; /* as proc(5) counts fields, from 1 */
    const char *open = strchr(text, '('), *close = strrchr(text, ')');
    uint64_t user, system;
    if (!open || !close || close < open)
        return false;
    const char *at = close + 1;
    for (int field = STATE; field < UTIME; field++) {
        at += strspn(at, " ");
        at += strcspn(at, " ");
    }
    if (!next_number(&at, TICKS_MAX, &user) || !next_number(&at, TICKS_MAX, &system))
        return false;
    snprintf(name, size, "%.*s", (int)(close - open - 1), open + 1);
    *ticks = user + system;
    return true;
}

bool proc_cpu_list(const char *text, void (*visit)(void *context, unsigned cpu), void *context) {
    uint64_t first, last, next = 0;
    do {
        if (!next_number(&text, CPU_NUMBER_MAX - 1, &first))
            return false;
        last = first;
        if (*text == '-' && (text++, !next_number(&text, CPU_NUMBER_MAX - 1, &last)))
            return false;
        if (first < next || last < first)
            return false;
        for (next = first; next <= last; next++)
            visit(context, (unsigned)next);
    } while (*text == ',' && text++);
    return text[strspn(text, "\n")] == '\0';
}
