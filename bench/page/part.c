/* Keeping the page small; contracts in part.h. */
#include "bench/page/part.h"

#include "bench/page/html.h"

#include <stdlib.h>

void part_open(struct part *part) {
    *part = (struct part){0};
    part->stream = open_memstream(&part->text, &part->bytes);
}

size_t part_end(struct part *part) {
    if (!part->stream || fclose(part->stream) != 0)
        part->bytes = 0;
    part->stream = NULL;
    return part->bytes;
}

void part_put(struct part *part, FILE *out, long end, const char *file) {
    if (part->bytes <= PART_BYTES_MAX && ftell(out) + (long)part->bytes <= end) {
        fwrite(part->text, 1, part->bytes, out);
    } else {
        fputs("<p class=note>Too large for this page: see ", out);
        html_text(out, file);
        fputs(".</p>\n", out);
    }
    part_drop(part);
}

void part_drop(struct part *part) {
    free(part->text);
    *part = (struct part){0};
}
