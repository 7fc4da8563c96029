/* Helpers of the fuzz targets; contracts in fuzz.h. */
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char place[256];

char *fuzz_part(struct fuzz_input *input, char separator) {
    if (!input->data)
        return NULL;
    const uint8_t *end = input->size ? memchr(input->data, separator, input->size) : NULL;
    size_t length = end ? (size_t)(end - input->data) : input->size;
    char *part = malloc(length + 1);
    HOLDS(part);
    if (length)
        memcpy(part, input->data, length);
    part[length] = '\0';
    input->data = end ? end + 1 : NULL;
    input->size -= length + (end != NULL);
    return part;
}

/* How many bytes the character at the start of the text has; 0: it is none. RFC 3629. */
static size_t character(const unsigned char *text) {
    static const struct {
        unsigned char first, last, second_from, second_to;
        size_t bytes;
    } forms[] = {
        {0x20, 0x7e, 0, 0, 1},       {0xc2, 0xc2, 0xa0, 0xbf, 2}, {0xc3, 0xdf, 0x80, 0xbf, 2},
        {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
        {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
        {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (text[0] < forms[i].first || text[0] > forms[i].last)
            continue;
        if (forms[i].bytes > 1 && (text[1] < forms[i].second_from || text[1] > forms[i].second_to))
            return 0;
        for (size_t k = 2; k < forms[i].bytes; k++)
            if ((text[k] & 0xc0) != 0x80)
                return 0;
        return forms[i].bytes;
    }
    return 0;
}

bool fuzz_is_sentence(const char *text) {
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        size_t bytes = character(at);
        if (!bytes)
            return false;
        at += bytes;
    }
    return *text != '\0';
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *level) {
    (void)status;
    (void)kind;
    (void)level;
    return remove(path);
}

static void remove_place(void) {
    nftw(place, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_path(const char *file) {
    static char paths[10][512];
    static unsigned next;
    if (!*place) {
        const char *temporary = getenv("TMPDIR");
        snprintf(place, sizeof place, "%s/fuzz_XXXXXX", temporary ? temporary : "/tmp");
        HOLDS(mkdtemp(place));
        atexit(remove_place);
    }
    char *path = paths[next++ % 10];
    snprintf(path, sizeof paths[0], "%s/%s", place, file);
    for (char *slash = strchr(path + strlen(place) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        HOLDS(mkdir(path, 0777) == 0 || errno == EEXIST);
        *slash = '/';
    }
    return path;
}

void fuzz_keep(const char *file, const char *text) {
    const char *path = fuzz_path(file);
    if (!text) {
        unlink(path);
        return;
    }
    FILE *stream = fopen(path, "we");
    HOLDS(stream);
    fputs(text, stream);
    HOLDS(fclose(stream) == 0);
}

void fuzz_silence(void) {
    static FILE *nowhere;
    if (!nowhere)
        nowhere = freopen("/dev/null", "w", stdout);
    HOLDS(nowhere);
}
