/* A team of OpenMP threads, for the backends that use one. No variant itself. In a build without
 * OpenMP all of it is still there, and says so. */
#ifndef BACKENDS_OPENMP_TEAM_H
#define BACKENDS_OPENMP_TEAM_H

#include "backends/backend.h"

/* A backend's hooks, but render. The state is the job. */
const char *openmp_team_unavailable(void);
int openmp_team_open(const struct job *job, struct monitor *monitor, void **state);

/* One batch, by the thread that calls; nothing once a stop was asked for. */
void openmp_team_batch(const struct job *job, struct monitor *monitor, struct counts *counts,
                       uint64_t index);

#endif
