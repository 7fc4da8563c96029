/* The clients' verbs of a manager's containers; contracts in manager_types.h. */
#include "mp/manager_types.h"

#include "base/clock.h"
#include "base/size.h"
#include "mp/manager_wire.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

int64_t manager_new(struct manager_proxy *proxy, enum manager_kind kind, uint64_t capacity) {
    struct manager_new wanted = {.capacity = capacity, .kind = (uint32_t)kind};
    return manager_call(proxy, MANAGER_SERVER, MANAGER_NEW, &wanted, sizeof wanted);
}

int manager_drop(struct manager_proxy *proxy, uint32_t object) {
    return (int)manager_call(proxy, MANAGER_SERVER, MANAGER_DROP, &object, sizeof object);
}

/* What a verb sends, and where what comes back goes. */
struct ask {
    enum manager_verb verb;
    uint64_t number;
    bool waits; /* until the deadline, else never */
    uint64_t deadline_ns;
    struct manager_string key, string, *out;
};

static void append(unsigned char **at, struct manager_string string) {
    if (string.bytes > 0)
        memcpy(*at, string.at, string.bytes);
    *at += string.bytes;
}

/* Until when the server is to have answered. */
static uint64_t answer_by(const struct manager_proxy *proxy, const struct ask *ask) {
    if (!ask->waits)
        return clock_after_ns(proxy->patience_ns);
    uint64_t grace_ns = size_min(proxy->patience_ns, MANAGER_GRACE_NS);
    if (ask->deadline_ns >= CLOCK_NEVER - grace_ns)
        return CLOCK_NEVER;
    return size_max(ask->deadline_ns, clock_now_ns()) + grace_ns;
}

static int64_t carry(struct manager_proxy *proxy, uint32_t object, const struct ask *ask) {
    uint64_t bytes;
    if (!size_add(ask->key.bytes, ask->string.bytes, &bytes) ||
        !size_add(bytes, sizeof(struct manager_argument), &bytes))
        return -EMSGSIZE;
    struct manager_argument *request = manager_room(proxy, bytes);
    if (!request)
        return -ENOMEM;
    unsigned char *at = request->bytes;
    request->number = ask->number;
    append(&at, ask->key);
    append(&at, ask->string);
    int64_t status = manager_ask(proxy, object, ask->verb, bytes, ask->deadline_ns);
    if (status == 0)
        status = manager_answer_until(proxy, answer_by(proxy, ask));
    if (status >= 0 && ask->out)
        ask->out->at = manager_reply(proxy, &ask->out->bytes);
    return status;
}

int64_t manager_length(struct manager_proxy *proxy, uint32_t object) {
    return carry(proxy, object, &(struct ask){.verb = MANAGER_LENGTH});
}

int64_t manager_list_append(struct manager_proxy *proxy, uint32_t list,
                            struct manager_string string) {
    return carry(proxy, list, &(struct ask){.verb = MANAGER_APPEND, .string = string});
}

int manager_list_set(struct manager_proxy *proxy, uint32_t list, uint64_t index,
                     struct manager_string string) {
    return (int)carry(proxy, list,
                      &(struct ask){.verb = MANAGER_SET, .number = index, .string = string});
}

int manager_list_get(struct manager_proxy *proxy, uint32_t list, uint64_t index,
                     struct manager_string *string) {
    return (int)carry(proxy, list,
                      &(struct ask){.verb = MANAGER_GET, .number = index, .out = string});
}

int manager_list_take(struct manager_proxy *proxy, uint32_t list, uint64_t index,
                      struct manager_string *string) {
    return (int)carry(proxy, list,
                      &(struct ask){.verb = MANAGER_TAKE, .number = index, .out = string});
}

int manager_dict_set(struct manager_proxy *proxy, uint32_t dict, struct manager_string key,
                     struct manager_string string) {
    return (int)carry(
        proxy, dict,
        &(struct ask){.verb = MANAGER_SET, .number = key.bytes, .key = key, .string = string});
}

int manager_dict_get(struct manager_proxy *proxy, uint32_t dict, struct manager_string key,
                     struct manager_string *string) {
    return (int)carry(
        proxy, dict,
        &(struct ask){.verb = MANAGER_GET, .number = key.bytes, .key = key, .out = string});
}

int manager_dict_take(struct manager_proxy *proxy, uint32_t dict, struct manager_string key,
                      struct manager_string *string) {
    return (int)carry(
        proxy, dict,
        &(struct ask){.verb = MANAGER_TAKE, .number = key.bytes, .key = key, .out = string});
}

static int value_verb(struct manager_proxy *proxy, uint32_t value, const struct ask *ask,
                      int64_t *before) {
    int64_t status = carry(proxy, value, ask);
    if (status >= 0 && before)
        memcpy(before, manager_reply(proxy, NULL), sizeof *before);
    return (int)status;
}

int manager_value_get(struct manager_proxy *proxy, uint32_t value, int64_t *number) {
    return value_verb(proxy, value, &(struct ask){.verb = MANAGER_GET}, number);
}

int manager_value_set(struct manager_proxy *proxy, uint32_t value, int64_t number) {
    return value_verb(proxy, value, &(struct ask){.verb = MANAGER_SET, .number = (uint64_t)number},
                      NULL);
}

int manager_value_add(struct manager_proxy *proxy, uint32_t value, int64_t amount,
                      int64_t *before) {
    return value_verb(proxy, value, &(struct ask){.verb = MANAGER_ADD, .number = (uint64_t)amount},
                      before);
}

int manager_queue_put_until(struct manager_proxy *proxy, uint32_t queue,
                            struct manager_string string, uint64_t deadline_ns) {
    int64_t status = carry(
        proxy, queue,
        &(struct ask){
            .verb = MANAGER_APPEND, .string = string, .waits = true, .deadline_ns = deadline_ns});
    return status < 0 ? (int)status : 0;
}

int manager_queue_put(struct manager_proxy *proxy, uint32_t queue, struct manager_string string) {
    return manager_queue_put_until(proxy, queue, string, CLOCK_NEVER);
}

int manager_queue_get_until(struct manager_proxy *proxy, uint32_t queue,
                            struct manager_string *string, uint64_t deadline_ns) {
    return (int)carry(
        proxy, queue,
        &(struct ask){
            .verb = MANAGER_TAKE, .out = string, .waits = true, .deadline_ns = deadline_ns});
}

int manager_queue_get(struct manager_proxy *proxy, uint32_t queue, struct manager_string *string) {
    return manager_queue_get_until(proxy, queue, string, CLOCK_NEVER);
}
