/* What the fuzz targets share. A target is a file fuzz_NAME.c with one function, given any bytes at
 * all: by libFuzzer (make fuzz), and by replay.c, which needs no clang, with the inputs kept in
 * corpus/NAME (make test). A sanitizer's report, or a property that does not hold, ends it. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(property)                                                                            \
    do {                                                                                           \
        if (!(property)) {                                                                         \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #property);          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* What is left of an input. */
struct fuzz_input {
    const uint8_t *data;
    size_t size;
};

/* Between the parts of an input that stands for several texts. */
#define FUZZ_NEXT '\f'

/* The bytes up to the separator (which is skipped) or the end, as a terminated copy to be freed;
 * NULL when nothing is left. */
char *fuzz_part(struct fuzz_input *input, char separator);

/* Is this one line that may be shown to a person: not empty, UTF-8, no control characters? */
bool fuzz_is_sentence(const char *text);

/* The path of a file in a temporary directory of this process: made at the first call, removed at
 * the end. Stays valid until the tenth call from now. */
const char *fuzz_path(const char *file);

/* Makes that file hold the text, or removes it when there is none. */
void fuzz_keep(const char *file, const char *text);

/* From now on, what is printed is lost. */
void fuzz_silence(void);

#endif
