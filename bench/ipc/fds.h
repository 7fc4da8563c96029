/* Fds: what transports on a pair of descriptors share: one to send into, one to receive from. */
#ifndef BENCH_IPC_FDS_H
#define BENCH_IPC_FDS_H

#include "bench/ipc/transport.h"

/* As pipe(2) has it. */
struct fds {
    int receive, send;
};

/* Makes them the channel's, whose capacity the kernel then counts in bytes. 0; -ENOMEM: closed. */
int fds_keep(struct channel *channel, struct fds fds);

/* The channel's. */
struct fds fds_of(const struct channel *channel);

/* A transport's close: closes both. */
void fds_close(struct channel *channel);

#endif
