/* Schedules: what is read is written so that it reads the same. */
#include "backends/job.h"
#include "tests/fuzz/fuzz.h"

#include <limits.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    struct schedule schedule, again;
    char *text = fuzz_part(&input, '\0'), written[SCHEDULE_TEXT_SIZE];
    if (text && schedule_parse(text, &schedule) == 0) {
        HOLDS(schedule.chunk <= INT_MAX && schedule.kind <= SCHEDULE_AUTO);
        HOLDS(schedule_parse(schedule_text(schedule, written), &again) == 0);
        HOLDS(again.kind == schedule.kind && again.chunk == schedule.chunk);
    }
    free(text);
    return 0;
}
