/* A shared number; contracts in value.h. */
#include "mp/value.h"

int value_open(struct value *value, int64_t number) {
    value_set(value, number);
    return lock_open(&value->lock);
}
