/* Hot spare: a process that was forked ahead of need and stands by to become whichever worker dies.
 * The fork, and what a new process does first, then lie before the death and not behind it
 * (worker + eventfd → spare). */
#ifndef MP_SPARE_H
#define MP_SPARE_H

#include "mp/worker.h"

#include <stdbool.h>

/* Zeroed: nobody stands by. It must stay where it is while somebody does. */
struct spare {
    struct worker worker; /* the process that stands by */
    struct worker model;  /* whom it is like */
    int cue;              /* an eventfd, on which it is told its number */
    void (*prepares)(void *context);
    void *context;
};

/* Starts a process that stands by for workers like the model, which run the same main with the same
 * argument. First it calls prepares(context), unless NULL: what no number is needed for. Until it
 * steps in it takes no part in anything, and holds no lock and no lease; what it knows of its
 * parent is what was so when it was started. 0 or -errno: then nobody stands by. */
int spare_start(struct spare *spare, const struct worker *model, void (*prepares)(void *context),
                void *context);

static inline bool spare_stands_by(const struct spare *spare) {
    return spare->worker.started;
}

/* Does somebody stand by for such a worker? */
bool spare_serves(const struct spare *spare, const struct worker *dead);

/* The spare becomes the worker that died and was joined: *dead is then the spare's process, under
 * the dead one's name and number, and nobody stands by any more. Never blocks. If that process has
 * died in the meantime, the kernel says so as of any worker. */
void spare_step_in(struct spare *spare, struct worker *dead);

/* Kills and reaps whoever stands by, if anybody does. */
void spare_dismiss(struct spare *spare);

#endif
