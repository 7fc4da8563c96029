/* An output file that is either whole or not there. Regular files and new names are written as a
 * file without a name; it is linked to a new name, or linked beside one that exists and renamed
 * over it; symbolic links are followed; an existing device, FIFO or socket is written in place; "-"
 * is standard output; a directory is refused. */
#ifndef BASE_OUTPUT_H
#define BASE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/* How it got its place, hence how it is taken back. */
enum output_place {
    OUTPUT_NOWHERE,   /* not yet, or written in place */
    OUTPUT_NEW,       /* nothing was there */
    OUTPUT_EXCHANGED, /* what was there has the temporary name */
    OUTPUT_OVER       /* what was there is gone, so this stays */
};

struct output {
    int fd;        /* -1: not open */
    bool direct;   /* written in place: a device, a FIFO, standard output */
    bool replaces; /* a file was there when it was opened */
    enum output_place place;
    char *target; /* the path to appear, links resolved; NULL for standard output */
    char *named;  /* a temporary name that exists now, or NULL */
};

#define OUTPUT_CLOSED ((struct output){.fd = -1})

/* Starts an output at `path` (copied); the structure stays where it is until it is closed. 0, or
 * -errno and *output is OUTPUT_CLOSED: -EISDIR for a directory, -EACCES for an existing file that
 * may not be written. Nothing is visible yet. */
int output_open(struct output *output, const char *path);

/* Appends all of the bytes. 0 or -errno; after an error only output_abandon is left. */
int output_write(struct output *output, const void *bytes, size_t size);

/* Makes the file appear, whole, under its name, and closes. 0, or -errno and nothing appeared. */
int output_commit(struct output *output);

/* For outputs of which all or none should appear: place each, then keep each. What is placed stands
 * under its name, whole, and nothing is left to fail, but until it is kept output_abandon takes it
 * back: what it replaced is there again, unless the file system cannot exchange two names. Returns
 * like output_commit. */
int output_place(struct output *output);

/* Makes it final. Also for outputs that are closed already. */
void output_keep(struct output *output);

/* Would two outputs that are open end up in the same file? */
bool output_same(const struct output *a, const struct output *b);

/* For a signal handler that is about to end the process: takes back whatever is not kept, and holds
 * up everybody who then changes an output. False: an output is changing right now; later. */
bool output_remove_partial(void);

/* Gives up: closes, and leaves no trace. Also for outputs that are closed already. */
void output_abandon(struct output *output);

#endif
