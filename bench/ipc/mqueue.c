/* Transport mqueue: a POSIX message queue with what the system allows everybody (usually 10
 * messages of 8192 bytes): a larger message goes in equal parts, as a program without privileges
 * has to send it. Its name is gone before anybody else could need it. */
#include "base/size.h"
#include "base/text.h"
#include "bench/ipc/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NAMES 100 /* tried, if others of ours have them */

struct parts {
    mqd_t queue;
    size_t count, bytes; /* of one message; a part's, which mq_receive needs room for */
};

/* One of the system's limits, or what Linux usually has. */
static uint64_t limit(const char *path, uint64_t usual) {
    char text[32], value[32];
    uint64_t number;
    if (text_read_file(path, text, sizeof text) <= 0 || sscanf(text, "%31s", value) != 1 ||
        text_parse_u64(value, 1, UINT32_MAX, &number) != 0)
        return usual;
    return number;
}

/* The fewest equal parts that are small enough. */
static void cut(struct parts *parts, size_t bytes) {
    size_t most = limit("/proc/sys/fs/mqueue/msgsize_max", 8192);
    parts->count = size_divide_up(bytes, most);
    while (bytes % parts->count != 0)
        parts->count++;
    parts->bytes = bytes / parts->count;
}

static int open_nameless(struct mq_attr *attributes, mqd_t *queue) {
    char name[64];
    for (unsigned i = 0; i < NAMES; i++) {
        snprintf(name, sizeof name, "/mandelbench.%ld.%u", (long)getpid(), i);
        *queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, attributes);
        if (*queue >= 0)
            return mq_unlink(name) == 0 ? 0 : -errno;
        if (errno != EEXIST)
            return -errno;
    }
    return -EEXIST;
}

static int mqueue_open(struct channel *channel) {
    struct parts *parts = malloc(sizeof *parts);
    if (!parts)
        return -ENOMEM;
    cut(parts, channel->bytes);
    uint64_t wished = channel->capacity * parts->count;
    struct mq_attr attributes = {
        .mq_maxmsg = (long)size_min(wished, limit("/proc/sys/fs/mqueue/msg_max", 10)),
        .mq_msgsize = (long)parts->bytes};
    int err = open_nameless(&attributes, &parts->queue);
    if (err) {
        free(parts);
        return err;
    }
    channel->state = parts;
    channel->capacity = size_max((uint64_t)attributes.mq_maxmsg / parts->count, 1);
    return 0;
}

static int mqueue_send(struct channel *channel, const void *message) {
    const struct parts *parts = channel->state;
    for (size_t i = 0; i < parts->count; i++)
        while (mq_send(parts->queue, (const char *)message + i * parts->bytes, parts->bytes, 0) !=
               0)
            if (errno != EINTR)
                return -errno;
    return 0;
}

static int mqueue_receive(struct channel *channel, void *message) {
    const struct parts *parts = channel->state;
    for (size_t i = 0; i < parts->count;) {
        ssize_t bytes =
            mq_receive(parts->queue, (char *)message + i * parts->bytes, parts->bytes, NULL);
        if (bytes < 0 && errno != EINTR)
            return -errno;
        if (bytes >= 0 && (size_t)bytes != parts->bytes)
            return -EILSEQ;
        i += bytes >= 0;
    }
    return 0;
}

static void mqueue_close(struct channel *channel) {
    struct parts *parts = channel->state;
    mq_close(parts->queue);
    free(parts);
}

static const char *mqueue_unavailable(void) {
    struct channel channel = {.bytes = 1, .capacity = 1};
    int err = mqueue_open(&channel);
    if (!err)
        mqueue_close(&channel);
    switch (err) {
    case 0:
        return NULL;
    case -ENOSYS:
        return "this system has no POSIX message queues";
    case -EACCES:
    case -EPERM:
        return "this system forbids POSIX message queues";
    case -EMFILE:
    case -ENFILE:
    case -ENOSPC:
        return "the limits on POSIX message queues are used up";
    default:
        return "the system refuses a POSIX message queue";
    }
}

const struct transport transport_mqueue = {
    .name = "mqueue",
    .summary = "a POSIX message queue, in parts where a message exceeds its limit",
    .unavailable = mqueue_unavailable,
    .open = mqueue_open,
    .send = mqueue_send,
    .receive = mqueue_receive,
    .close = mqueue_close,
};
