/* The containers that a manager's server holds ready (manager.h): lists, dictionaries, values and
 * queues of byte strings. Each is on the server's heap, as large as what is in it, and is known by
 * a number, the same for all clients; any process may be told it. Every verb is indivisible.
 *
 * All verbs return ≥ 0, or -errno: -ENOENT: no such container; -ENOSYS: it is of another kind;
 * -ENOMEM: the server has no memory, and nothing was changed; and what manager_call returns. A
 * string that comes out lies in the proxy until its next verb.
 *
 * -ETIMEDOUT with proxy->asked set comes from a server that does not answer, as one that is
 * stopped: the verb may still be carried out. What became of it manager_answer tells later, and the
 * string that came out manager_reply; so nothing is lost. */
#ifndef MP_MANAGER_TYPES_H
#define MP_MANAGER_TYPES_H

#include "mp/manager.h"

/* Any bytes, also none; borrowed. */
struct manager_string {
    const void *at;
    size_t bytes;
};

enum manager_kind { MANAGER_LIST, MANAGER_DICT, MANAGER_VALUE, MANAGER_QUEUE };

/* A new, empty container (a value: 0): its number. Capacity is for queues: how many strings before
 * putters wait; 0: any number. Dropping one frees it; who waits for it gets -ENOENT. Numbers are
 * not used again. */
int64_t manager_new(struct manager_proxy *proxy, enum manager_kind kind, uint64_t capacity);
int manager_drop(struct manager_proxy *proxy, uint32_t object);

/* How many strings a list or a queue holds, or pairs a dictionary. */
int64_t manager_length(struct manager_proxy *proxy, uint32_t object);

/* Lists: append returns the new string's index; take removes. -ERANGE: no such index. */
int64_t manager_list_append(struct manager_proxy *proxy, uint32_t list,
                            struct manager_string string);
int manager_list_set(struct manager_proxy *proxy, uint32_t list, uint64_t index,
                     struct manager_string string);
int manager_list_get(struct manager_proxy *proxy, uint32_t list, uint64_t index,
                     struct manager_string *string);
int manager_list_take(struct manager_proxy *proxy, uint32_t list, uint64_t index,
                      struct manager_string *string);

/* Dictionaries: set inserts or replaces; take removes. -ENODATA: no such key. */
int manager_dict_set(struct manager_proxy *proxy, uint32_t dict, struct manager_string key,
                     struct manager_string string);
int manager_dict_get(struct manager_proxy *proxy, uint32_t dict, struct manager_string key,
                     struct manager_string *string);
int manager_dict_take(struct manager_proxy *proxy, uint32_t dict, struct manager_string key,
                      struct manager_string *string);

/* Values: add tells what was there before, and wraps around. */
int manager_value_get(struct manager_proxy *proxy, uint32_t value, int64_t *number);
int manager_value_set(struct manager_proxy *proxy, uint32_t value, int64_t number);
int manager_value_add(struct manager_proxy *proxy, uint32_t value, int64_t amount, int64_t *before);

/* Queues: put blocks while the queue is full, get while it is empty; who has waited longest goes
 * first. The timed twins: -ETIMEDOUT at the deadline, and nothing was put or got; 0 tries once.
 * Only a server that does not answer lets them return MANAGER_GRACE_NS later, as above. */
int manager_queue_put(struct manager_proxy *proxy, uint32_t queue, struct manager_string string);
int manager_queue_put_until(struct manager_proxy *proxy, uint32_t queue,
                            struct manager_string string, uint64_t deadline_ns);
int manager_queue_get(struct manager_proxy *proxy, uint32_t queue, struct manager_string *string);
int manager_queue_get_until(struct manager_proxy *proxy, uint32_t queue,
                            struct manager_string *string, uint64_t deadline_ns);

#endif
