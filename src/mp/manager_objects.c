/* A manager's containers, as they are in the server; contracts in manager_types.h. */
#include "mp/manager_types.h"

#include "base/size.h"
#include "mp/manager_wire.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* ---- strings on the heap ---- */

struct string {
    size_t bytes;
    unsigned char at[];
};

static struct string *string_new(const void *at, size_t bytes) {
    struct string *string = malloc(sizeof *string + bytes);
    if (!string)
        return NULL;
    string->bytes = bytes;
    memcpy(string->at, at, bytes);
    return string;
}

/* ---- lists and queues: strings in an array, the first of them at `first` ---- */

struct list {
    struct string **at;
    uint64_t first, count, room;
    uint64_t capacity; /* 0: any */
};

/* Makes room for one more at the end. */
static int list_grow(struct list *list) {
    if (list->first + list->count < list->room)
        return 0;
    if (list->first > list->room / 2) { /* a queue that was taken from */
        memmove(list->at, list->at + list->first, list->count * sizeof *list->at);
        list->first = 0;
        return 0;
    }
    uint64_t room = list->room ? 2 * list->room : 16;
    struct string **at = realloc(list->at, room * sizeof *at);
    if (!at)
        return -ENOMEM;
    list->at = at;
    list->room = room;
    return 0;
}

static void list_remove(struct list *list, uint64_t index) {
    struct string **place = list->at + list->first + index;
    free(*place);
    list->count--;
    if (index == 0)
        list->first++;
    else
        memmove(place, place + 1, (list->count - index) * sizeof *place);
}

static int64_t list_append(struct list *list, const void *at, size_t bytes) {
    if (list->capacity > 0 && list->count == list->capacity)
        return -EAGAIN;
    struct string *string = string_new(at, bytes);
    if (!string || list_grow(list) != 0) {
        free(string);
        return -ENOMEM;
    }
    list->at[list->first + list->count] = string;
    return (int64_t)list->count++;
}

static int64_t list_call(void *context, uint32_t verb, const void *message, size_t bytes,
                         struct manager_bytes *reply) {
    struct list *list = context;
    const struct manager_argument *request = message;
    if (bytes < sizeof *request)
        return -EINVAL;
    bytes -= sizeof *request;
    if (verb == MANAGER_LENGTH)
        return (int64_t)list->count;
    if (verb == MANAGER_APPEND)
        return list_append(list, request->bytes, bytes);
    if (verb > MANAGER_TAKE)
        return -ENOSYS;
    if (request->number >= list->count)
        return -ERANGE;
    struct string **place = list->at + list->first + request->number;
    if (verb == MANAGER_SET) {
        struct string *string = string_new(request->bytes, bytes);
        if (!string)
            return -ENOMEM;
        free(*place);
        *place = string;
        return 0;
    }
    int err = manager_bytes_add(reply, (*place)->at, (*place)->bytes);
    if (!err && verb == MANAGER_TAKE)
        list_remove(list, request->number);
    return err;
}

/* A queue is a list that is taken from at its front, and whose end can be waited for. */
static int64_t queue_call(void *context, uint32_t verb, const void *message, size_t bytes,
                          struct manager_bytes *reply) {
    const struct list *list = context;
    if (verb != MANAGER_LENGTH && verb != MANAGER_APPEND && verb != MANAGER_TAKE)
        return -ENOSYS;
    if (verb == MANAGER_TAKE && list->count == 0)
        return -EAGAIN;
    return list_call(context, verb, message, bytes, reply);
}

static void list_close(void *context) {
    struct list *list = context;
    for (uint64_t i = 0; i < list->count; i++)
        free(list->at[list->first + i]);
    free(list->at);
    free(list);
}

/* ---- dictionaries: a balanced tree, tsearch(3) ---- */

struct dict {
    void *root;
    uint64_t count;
};

struct pair {
    struct manager_string key; /* of a stored pair: `own`'s bytes */
    struct string *own, *string;
};

static int compare(const void *left, const void *right) {
    const struct manager_string *a = left, *b = right;
    int order = memcmp(a->at, b->at, size_min(a->bytes, b->bytes));
    return order ? order : (a->bytes > b->bytes) - (a->bytes < b->bytes);
}

static void pair_free(void *stored) {
    struct pair *pair = stored;
    free(pair->own);
    free(pair->string);
    free(pair);
}

static int dict_insert(struct dict *dict, struct manager_string key, struct string *string) {
    struct pair *pair = calloc(1, sizeof *pair);
    if (!pair)
        return -ENOMEM;
    pair->own = string_new(key.at, key.bytes);
    if (pair->own)
        pair->key = (struct manager_string){pair->own->at, key.bytes};
    if (!pair->own || !tsearch(pair, &dict->root, compare)) {
        pair_free(pair);
        return -ENOMEM;
    }
    pair->string = string;
    dict->count++;
    return 0;
}

static int dict_set(struct dict *dict, struct manager_string key, const void *at, size_t bytes) {
    struct string *string = string_new(at, bytes);
    if (!string)
        return -ENOMEM;
    struct pair **found = tfind(&key, &dict->root, compare);
    if (found) {
        free((*found)->string);
        (*found)->string = string;
        return 0;
    }
    int err = dict_insert(dict, key, string);
    if (err)
        free(string);
    return err;
}

static int64_t dict_call(void *context, uint32_t verb, const void *message, size_t bytes,
                         struct manager_bytes *reply) {
    struct dict *dict = context;
    const struct manager_argument *request = message;
    if (bytes < sizeof *request || request->number > bytes - sizeof *request)
        return -EINVAL;
    struct manager_string key = {request->bytes, request->number};
    if (verb == MANAGER_LENGTH)
        return (int64_t)dict->count;
    if (verb == MANAGER_SET)
        return dict_set(dict, key, request->bytes + key.bytes, bytes - sizeof *request - key.bytes);
    if (verb != MANAGER_GET && verb != MANAGER_TAKE)
        return -ENOSYS;
    struct pair **found = tfind(&key, &dict->root, compare);
    if (!found)
        return -ENODATA;
    struct pair *pair = *found;
    int err = manager_bytes_add(reply, pair->string->at, pair->string->bytes);
    if (err || verb == MANAGER_GET)
        return err;
    tdelete(&key, &dict->root, compare);
    pair_free(pair);
    dict->count--;
    return 0;
}

static void dict_close(void *context) {
    struct dict *dict = context;
    tdestroy(dict->root, pair_free);
    free(dict);
}

/* ---- values ---- */

struct number {
    int64_t now;
};

static int64_t value_call(void *context, uint32_t verb, const void *message, size_t bytes,
                          struct manager_bytes *reply) {
    struct number *value = context;
    const struct manager_argument *request = message;
    if (bytes != sizeof *request)
        return -EINVAL;
    if (verb != MANAGER_GET && verb != MANAGER_SET && verb != MANAGER_ADD)
        return -ENOSYS;
    int err = manager_bytes_add(reply, &value->now, sizeof value->now);
    if (!err && verb == MANAGER_SET)
        value->now = (int64_t)request->number;
    if (!err && verb == MANAGER_ADD)
        value->now = (int64_t)((uint64_t)value->now + request->number);
    return err;
}

/* ---- making one ---- */

static const struct {
    size_t bytes;
    manager_function *call;
    void (*close)(void *context);
} kinds[] = {
    [MANAGER_LIST] = {sizeof(struct list), list_call, list_close},
    [MANAGER_DICT] = {sizeof(struct dict), dict_call, dict_close},
    [MANAGER_VALUE] = {sizeof(struct number), value_call, free},
    [MANAGER_QUEUE] = {sizeof(struct list), queue_call, list_close},
};

int manager_object_new(const struct manager_new *wanted, struct manager_object *object) {
    if (wanted->kind >= sizeof kinds / sizeof *kinds)
        return -EINVAL;
    void *context = calloc(1, kinds[wanted->kind].bytes);
    if (!context)
        return -ENOMEM;
    if (wanted->kind == MANAGER_QUEUE)
        ((struct list *)context)->capacity = wanted->capacity;
    *object = (struct manager_object){kinds[wanted->kind].call, kinds[wanted->kind].close, context};
    return 0;
}
