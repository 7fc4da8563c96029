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

const struct backend *backend_find(const char *name) {
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++)
        if (strcmp(backends[i]->name, name) == 0)
            return backends[i];
    return NULL;
}

const char *backend_unavailable(const struct backend *backend) {
    return backend->unavailable ? backend->unavailable() : NULL;
}
