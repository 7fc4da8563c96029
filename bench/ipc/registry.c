/* The list of transports; contracts in transport.h. */
#include "bench/ipc/transport.h"

#define TRANSPORT(name) extern const struct transport transport_##name;
#include "bench/ipc/transports.def"
#undef TRANSPORT

static const struct transport *const transports[] = {
#define TRANSPORT(name) &transport_##name,
#include "bench/ipc/transports.def"
#undef TRANSPORT
};

const struct transport *const *transport_list(unsigned *count) {
    *count = sizeof transports / sizeof *transports;
    return transports;
}

const char *transport_unavailable(const struct transport *transport) {
    return transport->unavailable ? transport->unavailable() : NULL;
}
