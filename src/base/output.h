/* An output file that is either whole or not there. Regular files and new names are written as a
 * file without a name, then linked beside their place and renamed into it; symbolic links are
 * followed; an existing device, FIFO or socket is written in place; "-" is standard output; a
 * directory is refused. */
#ifndef BASE_OUTPUT_H
#define BASE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

struct output {
    int fd;       /* -1: not open */
    bool direct;  /* written in place: a device, a FIFO, standard output */
    char *target; /* the path to appear, links resolved; NULL for standard output */
    char *named;  /* a temporary name that exists now, or NULL */
};

#define OUTPUT_CLOSED ((struct output){.fd = -1})

/* Starts an output at `path` (copied). 0, or -errno and *output is OUTPUT_CLOSED: -EISDIR for a
 * directory, -EACCES for an existing file that may not be written. Nothing is visible yet. */
int output_open(struct output *output, const char *path);

/* Appends all of the bytes. 0 or -errno; after an error only output_abandon is left. */
int output_write(struct output *output, const void *bytes, size_t size);

/* Makes the file appear, whole, under its name, and closes. 0, or -errno and nothing appeared. */
int output_commit(struct output *output);

/* Would two outputs that are open end up in the same file? */
bool output_same(const struct output *a, const struct output *b);

/* For a signal handler that is about to end the process: unlinks temporary names that exist now. */
void output_remove_partial(void);

/* Gives up: closes, and leaves no trace. Also for outputs that are closed already. */
void output_abandon(struct output *output);

#endif
