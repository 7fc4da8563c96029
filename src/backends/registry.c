/* The list of backends; contracts in backend.h. */
#include "backends/backend.h"

#include <stddef.h>
#include <string.h>

#define BACKEND(name) extern const struct backend backend_##name;
#include "backends/backends.def"
#undef BACKEND

static const struct backend *const backends[] = {
#define BACKEND(name) &backend_##name,
#include "backends/backends.def"
#undef BACKEND
};

const struct backend *const *backend_list(unsigned *count) {
    *count = sizeof backends / sizeof *backends;
    return backends;
}

static const struct backend *const *lent;
static unsigned lent_count;

void backend_lend(const struct backend *const *others, unsigned count) {
    lent = others;
    lent_count = count;
}

const struct backend *backend_find(const char *name) {
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++)
        if (strcmp(backends[i]->name, name) == 0)
            return backends[i];
    for (unsigned i = 0; i < lent_count; i++)
        if (strcmp(lent[i]->name, name) == 0)
            return lent[i];
    return NULL;
}

const char *backend_unavailable(const struct backend *backend) {
    return backend->unavailable ? backend->unavailable() : NULL;
}
