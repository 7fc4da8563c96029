/* Channels of two descriptors; contracts in fds.h. */
#include "bench/ipc/fds.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

int fds_keep(struct channel *channel, struct fds fds) {
    struct fds *kept = malloc(sizeof *kept);
    if (!kept) {
        close(fds.receive);
        close(fds.send);
        return -ENOMEM;
    }
    *kept = fds;
    channel->state = kept;
    channel->capacity = 0;
    return 0;
}

struct fds fds_of(const struct channel *channel) {
    return *(const struct fds *)channel->state;
}

void fds_close(struct channel *channel) {
    struct fds *fds = channel->state;
    close(fds->receive);
    close(fds->send);
    free(fds);
}
