/* Schedules as text; contracts in job.h. */
#include "backends/job.h"

#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

static const char *const kinds[] = {
    [SCHEDULE_STATIC] = "static",
    [SCHEDULE_DYNAMIC] = "dynamic",
    [SCHEDULE_GUIDED] = "guided",
    [SCHEDULE_AUTO] = "auto",
};

int schedule_parse(const char *text, struct schedule *schedule) {
    const char *comma = strchr(text, ',');
    size_t length = comma ? (size_t)(comma - text) : strlen(text);
    uint64_t chunk = 0;
    if (comma && text_parse_u64(comma + 1, 1, INT_MAX, &chunk) != 0)
        return -EINVAL;
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        if (strlen(kinds[kind]) != length || strncasecmp(kinds[kind], text, length) != 0)
            continue;
        *schedule = (struct schedule){.kind = (enum schedule_kind)kind, .chunk = (uint32_t)chunk};
        return 0;
    }
    return -EINVAL;
}

const char *schedule_text(struct schedule schedule, char text[SCHEDULE_TEXT_SIZE]) {
    if (schedule.chunk)
        snprintf(text, SCHEDULE_TEXT_SIZE, "%s,%u", kinds[schedule.kind], schedule.chunk);
    else
        snprintf(text, SCHEDULE_TEXT_SIZE, "%s", kinds[schedule.kind]);
    return text;
}
