/* A process ahead of need; contracts in spare.h. */
#include "mp/spare.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The spare's life: waits for its cue, a number and 1 more, and is that worker from then on. */
static int stand_by(void *argument, unsigned none) {
    const struct spare *spare = argument;
    uint64_t cue;
    (void)none;
    if (spare->prepares)
        spare->prepares(spare->context);
    while (read(spare->cue, &cue, sizeof cue) != sizeof cue)
        if (errno != EINTR)
            return 1;
    close(spare->cue);
    prctl(PR_SET_NAME, spare->model.name);
    return spare->model.main(spare->model.argument, (unsigned)(cue - 1));
}

int spare_start(struct spare *spare, const struct worker *model, void (*prepares)(void *context),
                void *context) {
    *spare = (struct spare){
        .model = *model, .cue = eventfd(0, EFD_CLOEXEC), .prepares = prepares, .context = context};
    if (spare->cue < 0)
        return -errno;
    int err = worker_start(&spare->worker, WORKER_PROCESS, "spare", 0, stand_by, spare);
    if (err)
        close(spare->cue);
    return err;
}

bool spare_serves(const struct spare *spare, const struct worker *dead) {
    return spare_stands_by(spare) && dead->kind == WORKER_PROCESS &&
           dead->main == spare->model.main && dead->argument == spare->model.argument;
}

void spare_step_in(struct spare *spare, struct worker *dead) {
    uint64_t cue = (uint64_t)dead->number + 1;
    ssize_t ignored = write(spare->cue, &cue, sizeof cue); /* the first: there is room for it */
    (void)ignored;
    close(spare->cue);
    struct worker successor = *dead;
    successor.pid = spare->worker.pid;
    successor.pidfd = spare->worker.pidfd;
    successor.exitcode = WORKER_RUNNING;
    successor.stopped_ns = 0;
    successor.overdue = false;
    *dead = successor;
    *spare = (struct spare){0};
}

void spare_dismiss(struct spare *spare) {
    if (!spare_stands_by(spare))
        return;
    close(spare->cue);
    worker_kill(&spare->worker);
    worker_join(&spare->worker);
    *spare = (struct spare){0};
}
