/* A manager's containers; contracts in manager_types.h. First what runs in the server, then the
 * verbs of the clients. */
#include "mp/manager_types.h"

#include "base/clock.h"
#include "base/size.h"
#include "mp/manager_wire.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

enum verb { VERB_LENGTH, VERB_APPEND, VERB_SET, VERB_GET, VERB_TAKE, VERB_ADD };

/* Every request: an index, a number, or the length of a key; then the key and the string. */
struct request {
    uint64_t number;
    unsigned char bytes[];
};

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
    const struct request *request = message;
    if (bytes < sizeof *request)
        return -EINVAL;
    bytes -= sizeof *request;
    if (verb == VERB_LENGTH)
        return (int64_t)list->count;
    if (verb == VERB_APPEND)
        return list_append(list, request->bytes, bytes);
    if (verb > VERB_TAKE)
        return -ENOSYS;
    if (request->number >= list->count)
        return -ERANGE;
    struct string **place = list->at + list->first + request->number;
    if (verb == VERB_SET) {
        struct string *string = string_new(request->bytes, bytes);
        if (!string)
            return -ENOMEM;
        free(*place);
        *place = string;
        return 0;
    }
    int err = manager_bytes_add(reply, (*place)->at, (*place)->bytes);
    if (!err && verb == VERB_TAKE)
        list_remove(list, request->number);
    return err;
}

/* A queue is a list that is taken from at its front, and whose end can be waited for. */
static int64_t queue_call(void *context, uint32_t verb, const void *message, size_t bytes,
                          struct manager_bytes *reply) {
    const struct list *list = context;
    if (verb != VERB_LENGTH && verb != VERB_APPEND && verb != VERB_TAKE)
        return -ENOSYS;
    if (verb == VERB_TAKE && list->count == 0)
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
    const struct request *request = message;
    if (bytes < sizeof *request || request->number > bytes - sizeof *request)
        return -EINVAL;
    struct manager_string key = {request->bytes, request->number};
    if (verb == VERB_LENGTH)
        return (int64_t)dict->count;
    if (verb == VERB_SET)
        return dict_set(dict, key, request->bytes + key.bytes, bytes - sizeof *request - key.bytes);
    if (verb != VERB_GET && verb != VERB_TAKE)
        return -ENOSYS;
    struct pair **found = tfind(&key, &dict->root, compare);
    if (!found)
        return -ENODATA;
    struct pair *pair = *found;
    int err = manager_bytes_add(reply, pair->string->at, pair->string->bytes);
    if (err || verb == VERB_GET)
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
    const struct request *request = message;
    if (bytes != sizeof *request)
        return -EINVAL;
    if (verb != VERB_GET && verb != VERB_SET && verb != VERB_ADD)
        return -ENOSYS;
    int err = manager_bytes_add(reply, &value->now, sizeof value->now);
    if (!err && verb == VERB_SET)
        value->now = (int64_t)request->number;
    if (!err && verb == VERB_ADD)
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

/* ---- the clients' verbs ---- */

int64_t manager_new(struct manager_proxy *proxy, enum manager_kind kind, uint64_t capacity) {
    struct manager_new wanted = {.capacity = capacity, .kind = (uint32_t)kind};
    return manager_call(proxy, MANAGER_SERVER, MANAGER_NEW, &wanted, sizeof wanted);
}

int manager_drop(struct manager_proxy *proxy, uint32_t object) {
    return (int)manager_call(proxy, MANAGER_SERVER, MANAGER_DROP, &object, sizeof object);
}

/* What a verb sends, and where what comes back goes. */
struct ask {
    enum verb verb;
    uint64_t number, deadline_ns; /* deadline 0 for what never waits */
    struct manager_string key, string, *out;
};

static void append(unsigned char **at, struct manager_string string) {
    if (string.bytes > 0)
        memcpy(*at, string.at, string.bytes);
    *at += string.bytes;
}

static int64_t carry(struct manager_proxy *proxy, uint32_t object, const struct ask *ask) {
    uint64_t bytes;
    if (!size_add(ask->key.bytes, ask->string.bytes, &bytes) ||
        !size_add(bytes, sizeof(struct request), &bytes))
        return -EMSGSIZE;
    struct request *request = manager_room(proxy, bytes);
    if (!request)
        return -ENOMEM;
    unsigned char *at = request->bytes;
    request->number = ask->number;
    append(&at, ask->key);
    append(&at, ask->string);
    int64_t status = manager_ask(proxy, object, ask->verb, bytes, ask->deadline_ns);
    if (status == 0)
        status = manager_answer(proxy);
    if (status >= 0 && ask->out)
        ask->out->at = manager_reply(proxy, &ask->out->bytes);
    return status;
}

int64_t manager_length(struct manager_proxy *proxy, uint32_t object) {
    return carry(proxy, object, &(struct ask){.verb = VERB_LENGTH});
}

int64_t manager_list_append(struct manager_proxy *proxy, uint32_t list,
                            struct manager_string string) {
    return carry(proxy, list, &(struct ask){.verb = VERB_APPEND, .string = string});
}

int manager_list_set(struct manager_proxy *proxy, uint32_t list, uint64_t index,
                     struct manager_string string) {
    return (int)carry(proxy, list,
                      &(struct ask){.verb = VERB_SET, .number = index, .string = string});
}

int manager_list_get(struct manager_proxy *proxy, uint32_t list, uint64_t index,
                     struct manager_string *string) {
    return (int)carry(proxy, list, &(struct ask){.verb = VERB_GET, .number = index, .out = string});
}

int manager_list_take(struct manager_proxy *proxy, uint32_t list, uint64_t index,
                      struct manager_string *string) {
    return (int)carry(proxy, list,
                      &(struct ask){.verb = VERB_TAKE, .number = index, .out = string});
}

int manager_dict_set(struct manager_proxy *proxy, uint32_t dict, struct manager_string key,
                     struct manager_string string) {
    return (int)carry(
        proxy, dict,
        &(struct ask){.verb = VERB_SET, .number = key.bytes, .key = key, .string = string});
}

int manager_dict_get(struct manager_proxy *proxy, uint32_t dict, struct manager_string key,
                     struct manager_string *string) {
    return (int)carry(
        proxy, dict,
        &(struct ask){.verb = VERB_GET, .number = key.bytes, .key = key, .out = string});
}

int manager_dict_take(struct manager_proxy *proxy, uint32_t dict, struct manager_string key,
                      struct manager_string *string) {
    return (int)carry(
        proxy, dict,
        &(struct ask){.verb = VERB_TAKE, .number = key.bytes, .key = key, .out = string});
}

static int value_verb(struct manager_proxy *proxy, uint32_t value, const struct ask *ask,
                      int64_t *before) {
    int64_t status = carry(proxy, value, ask);
    if (status >= 0 && before)
        memcpy(before, manager_reply(proxy, NULL), sizeof *before);
    return (int)status;
}

int manager_value_get(struct manager_proxy *proxy, uint32_t value, int64_t *number) {
    return value_verb(proxy, value, &(struct ask){.verb = VERB_GET}, number);
}

int manager_value_set(struct manager_proxy *proxy, uint32_t value, int64_t number) {
    return value_verb(proxy, value, &(struct ask){.verb = VERB_SET, .number = (uint64_t)number},
                      NULL);
}

int manager_value_add(struct manager_proxy *proxy, uint32_t value, int64_t amount,
                      int64_t *before) {
    return value_verb(proxy, value, &(struct ask){.verb = VERB_ADD, .number = (uint64_t)amount},
                      before);
}

int manager_queue_put_until(struct manager_proxy *proxy, uint32_t queue,
                            struct manager_string string, uint64_t deadline_ns) {
    int64_t status =
        carry(proxy, queue,
              &(struct ask){.verb = VERB_APPEND, .string = string, .deadline_ns = deadline_ns});
    return status < 0 ? (int)status : 0;
}

int manager_queue_put(struct manager_proxy *proxy, uint32_t queue, struct manager_string string) {
    return manager_queue_put_until(proxy, queue, string, CLOCK_NEVER);
}

int manager_queue_get_until(struct manager_proxy *proxy, uint32_t queue,
                            struct manager_string *string, uint64_t deadline_ns) {
    return (int)carry(proxy, queue,
                      &(struct ask){.verb = VERB_TAKE, .out = string, .deadline_ns = deadline_ns});
}

int manager_queue_get(struct manager_proxy *proxy, uint32_t queue, struct manager_string *string) {
    return manager_queue_get_until(proxy, queue, string, CLOCK_NEVER);
}
