/* Transport condvar: the textbook's bounded buffer: slots under a process-shared pthread mutex with
 * two conditions, one signal for each message. */
#include "bench/ipc/slots.h"

#include <errno.h>
#include <pthread.h>

struct buffer {
    pthread_mutex_t mutex; /* guards the slots */
    pthread_cond_t not_empty, not_full;
    struct slots *slots;
};

static int open_mutex(pthread_mutex_t *mutex) {
    pthread_mutexattr_t attributes;
    int err = pthread_mutexattr_init(&attributes);
    if (err)
        return err;
    err = pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    if (!err)
        err = pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return err;
}

static int open_condition(pthread_cond_t *condition) {
    pthread_condattr_t attributes;
    int err = pthread_condattr_init(&attributes);
    if (err)
        return err;
    err = pthread_condattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    if (!err)
        err = pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
    return err;
}

static int condvar_open(struct channel *channel) {
    void *piece;
    int err = arena_take(channel->arena, sizeof(struct buffer), &piece);
    if (err)
        return err;
    struct buffer *buffer = channel->state = piece;
    err = open_mutex(&buffer->mutex);
    if (!err)
        err = open_condition(&buffer->not_empty);
    if (!err)
        err = open_condition(&buffer->not_full);
    return err ? -err : slots_open(channel, &buffer->slots);
}

static int condvar_send(struct channel *channel, const void *message) {
    struct buffer *buffer = channel->state;
    int err = pthread_mutex_lock(&buffer->mutex);
    if (err)
        return -err;
    while (!err && !slots_put(buffer->slots, message))
        err = pthread_cond_wait(&buffer->not_full, &buffer->mutex);
    pthread_mutex_unlock(&buffer->mutex);
    return err ? -err : -pthread_cond_signal(&buffer->not_empty);
}

static int condvar_receive(struct channel *channel, void *message) {
    struct buffer *buffer = channel->state;
    int err = pthread_mutex_lock(&buffer->mutex);
    if (err)
        return -err;
    while (!err && !slots_get(buffer->slots, message))
        err = pthread_cond_wait(&buffer->not_empty, &buffer->mutex);
    pthread_mutex_unlock(&buffer->mutex);
    return err ? -err : -pthread_cond_signal(&buffer->not_full);
}

static void condvar_close(struct channel *channel) {
    (void)channel; /* pthread_cond_destroy would wait for a waiter that was killed */
}

const struct transport transport_condvar = {
    .name = "condvar",
    .summary = "slots under a pthread mutex with two conditions",
    .open = condvar_open,
    .send = condvar_send,
    .receive = condvar_receive,
    .close = condvar_close,
};
