/* Trace: a render that was recorded, as a timeline for Perfetto (ui.perfetto.dev) or
 * chrome://tracing. Format: "Trace Event Format" of the Chromium project, a JSON object. Each
 * worker and each coordinator is a track with its phases one behind the other; queues are counters;
 * deaths are instants. `otherData` says what was rendered, what each track's time was spent on, how
 * many events there are, how many did not fit, and what recording them cost. */
#ifndef TRACE_H
#define TRACE_H

#include "base/output.h"
#include "render.h"

#include <stdint.h>

/* Writes the events of the last recorded render, after render_run. 0; -ENOMEM; or what output_write
 * returns. The caller commits the output. */
int trace_write(struct output *output, const struct render *render);

/* The same as a file of its own. 0 or -errno, and then there is no file. */
int trace_save(const char *path, const struct render *render);

#endif
