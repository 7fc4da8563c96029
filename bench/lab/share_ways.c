/* The ways of lab share: queue, pipe, value and lock, array, manager; contracts in share_home.h. */
#include "base/clock.h"
#include "base/size.h"
#include "bench/lab/share_home.h"
#include "mp/manager_types.h"

#include <errno.h>
#include <stdlib.h>

/* On the heap; NULL: no memory. */
static void *packed(const mpz_t number, size_t *length) {
    void *bytes = malloc(share_length(number));
    if (bytes)
        *length = share_pack(bytes, number);
    return bytes;
}

/* ---- queue: messages of all workers in one line ---- */

static int open_queue(struct share_home *home) {
    return queue_open(&home->arena, SHARE_WORKERS, home->whole_bytes, &home->queue);
}

static long put_into_queue(struct share_home *home, unsigned worker, const mpz_t part) {
    size_t length;
    (void)worker;
    void *message = packed(part, &length);
    if (!message)
        return -ENOMEM;
    int err = queue_put(home->queue, message, length);
    free(message);
    bell_ring(home->supervisor.bell); /* for each: the last may be any */
    return err ? err : (long)length;
}

static int take_from_queue(struct share_home *home, int news) {
    const void *message = NULL;
    long length;
    (void)news;
    while ((length = queue_front(home->queue, &message)) > 0) {
        share_take(home, message, (size_t)length);
        queue_drop(home->queue);
    }
    return length == -EAGAIN ? 0 : (int)length;
}

/* ---- pipes: a private one for each worker ---- */

enum { PARENT, WORKER };

/* The worker's end is closed here before the next worker could inherit it: then its end shows. */
static int hire_with_pipe(struct share_home *home, worker_main *main) {
    struct pipe *pipe = &home->pipes[home->pipes_open];
    unsigned number = home->pipes_open;
    int err = pipe_open(pipe);
    if (err)
        return err;
    home->pipes_open++;
    err = supervisor_start(&home->supervisor, WORKER_PROCESS, "share worker", main, home);
    pipe_close(&pipe->ends[WORKER]);
    return err ? err : supervisor_watch(&home->supervisor, pipe->ends[PARENT].fd, number);
}

static void close_pipes(struct share_home *home) {
    for (unsigned i = 0; i < home->pipes_open; i++)
        pipe_close(&home->pipes[i].ends[PARENT]);
}

static long send_through_pipe(struct share_home *home, unsigned worker, const mpz_t part) {
    struct pipe_end *own = &home->pipes[worker].ends[WORKER];
    size_t length;
    char nothing;
    close_pipes(home); /* the copies that it inherited */
    void *message = packed(part, &length);
    if (!message)
        return -ENOMEM;
    int err = pipe_send(own, message, length);
    free(message);
    if (!err)
        pipe_receive(own, &nothing, 1); /* until the parent closes: an end would be news for ever */
    return err ? err : (long)length;
}

static int take_from_pipe(struct share_home *home, int news) {
    if (news != SUPERVISOR_READY)
        return 0;
    struct pipe_end *end = &home->pipes[home->supervisor.readable].ends[PARENT];
    long length = pipe_length(end, CLOCK_NEVER);
    void *message = length > 0 ? malloc((size_t)length) : NULL;
    if (length > 0)
        length = message ? pipe_receive(end, message, (size_t)length) : -ENOMEM;
    if (length > 0)
        share_take(home, message, (size_t)length);
    free(message);
    return length == -EPIPE ? -ECHILD : length < 0 ? (int)length : 0;
}

/* ---- value and lock: one product that every worker multiplies its part into ---- */

/* A value is 64 bits, which no factorial to speak of fits into: it holds the length of what lies
 * beside it in shared pages, and its lock guards both. */
static int open_product(struct share_home *home) {
    void *length, *product;
    int err = arena_take(&home->arena, sizeof *home->length, &length);
    if (!err)
        err = arena_take(&home->arena, home->whole_bytes, &product);
    if (err)
        return err;
    home->length = length;
    home->product = product;
    home->product[0] = (unsigned char)home->task->calculation->identity;
    return value_open(home->length, 1);
}

/* Python's `with value.get_lock(): value.value *= part`. A worker that is killed in the middle
 * leaves the product half written: who gets the lock next gives up. */
static long multiply_under_lock(struct share_home *home, unsigned worker, const mpz_t part) {
    mpz_t product;
    (void)worker;
    int err = lock_acquire(&home->length->lock);
    if (err == LOCK_RECOVERED)
        lock_release(&home->length->lock);
    if (err)
        return err < 0 ? err : -EOWNERDEAD;
    mpz_init(product);
    share_unpack(product, home->product, (size_t)value_get(home->length));
    home->task->calculation->combine(product, part);
    size_t length = share_pack(home->product, product);
    value_set(home->length, (int64_t)length);
    lock_release(&home->length->lock);
    mpz_clear(product);
    return (long)length;
}

static int gather_product(struct share_home *home) {
    share_take(home, home->product, (size_t)value_get(home->length));
    return 0;
}

/* ---- array: an element for each worker, written in place ---- */

struct element {
    uint64_t bytes;
    unsigned char digits[];
};

static int open_array(struct share_home *home) {
    size_t bytes = size_align(sizeof(struct element) + home->whole_bytes, 64);
    return array_open(&home->arena, SHARE_WORKERS, bytes, &home->array);
}

/* Without the lock: each element has one writer, and is read when that has ended. */
static long write_in_place(struct share_home *home, unsigned worker, const mpz_t part) {
    struct element *element = array_at(home->array, worker);
    element->bytes = share_pack(element->digits, part);
    return (long)element->bytes;
}

static int gather_array(struct share_home *home) {
    for (unsigned worker = 0; worker < SHARE_WORKERS; worker++) {
        const struct element *element = array_at(home->array, worker);
        share_take(home, element->digits, element->bytes);
    }
    return 0;
}

/* ---- manager: a dictionary in a server process ---- */

static int open_manager(struct share_home *home) {
    int err = manager_open(&home->manager, NULL, 0);
    if (!err)
        err = manager_start(&home->manager, &home->supervisor);
    if (!err)
        err = manager_connect(&home->manager, &home->proxy);
    if (err)
        return err;
    home->connected = true;
    int64_t dict = manager_new(&home->proxy, MANAGER_DICT, 0);
    home->dict = (uint32_t)dict;
    return dict < 0 ? (int)dict : 0;
}

static long set_in_dict(struct share_home *home, unsigned worker, const mpz_t part) {
    struct manager_proxy proxy;
    size_t length;
    manager_disconnect(&home->proxy); /* the copy that it inherited */
    void *bytes = packed(part, &length);
    if (!bytes)
        return -ENOMEM;
    int err = manager_connect(&home->manager, &proxy);
    if (!err)
        err = manager_dict_set(&proxy, home->dict, (struct manager_string){&worker, sizeof worker},
                               (struct manager_string){bytes, length});
    manager_disconnect(&proxy);
    free(bytes);
    return err ? err : (long)length;
}

static int gather_dict(struct share_home *home) {
    int err = 0;
    for (unsigned worker = 0; !err && worker < SHARE_WORKERS; worker++) {
        struct manager_string key = {&worker, sizeof worker}, bytes;
        err = manager_dict_get(&home->proxy, home->dict, key, &bytes);
        if (!err)
            share_take(home, bytes.at, bytes.bytes);
    }
    return err;
}

static void close_manager(struct share_home *home) {
    if (home->connected)
        manager_end(&home->proxy);
    manager_disconnect(&home->proxy);
    manager_close(&home->manager);
}

const struct share_way share_ways[SHARE_WAYS] = {
    {.name = "serially"},
    {
        .name = "queue",
        .open = open_queue,
        .bring = put_into_queue,
        .take = take_from_queue,
    },
    {
        .name = "pipe",
        .hire = hire_with_pipe,
        .bring = send_through_pipe,
        .take = take_from_pipe,
        .close = close_pipes,
    },
    {
        .name = "value and lock",
        .open = open_product,
        .bring = multiply_under_lock,
        .gather = gather_product,
    },
    {
        .name = "array",
        .open = open_array,
        .bring = write_in_place,
        .gather = gather_array,
    },
    {
        .name = "manager",
        .open = open_manager,
        .bring = set_in_dict,
        .gather = gather_dict,
        .close = close_manager,
    },
};
