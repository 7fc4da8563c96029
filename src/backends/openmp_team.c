/* OpenMP's run-time library; contracts in openmp_team.h. Its threads live on between regions, and
 * end with the process: that is why no process may be forked after a region. */
#include "backends/openmp_team.h"

#include <errno.h>
#include <stdint.h>

#ifdef _OPENMP
#include <ctype.h>
#include <omp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static const omp_sched_t kinds[] = {
    [SCHEDULE_STATIC] = omp_sched_static,
    [SCHEDULE_DYNAMIC] = omp_sched_dynamic,
    [SCHEDULE_GUIDED] = omp_sched_guided,
    [SCHEDULE_AUTO] = omp_sched_auto,
};

const char *openmp_team_unavailable(void) {
    return NULL;
}

/* Bytes, as OMP_STACKSIZE says them ("512", in KiB, or with B, K, M or G); 0: it says nothing. The
 * library reads it too, and has no function that tells. */
static size_t stack_bytes(void) {
    static const char units[] = "BKMG";
    const char *text = getenv("OMP_STACKSIZE");
    char *end;
    unsigned long long number = text ? strtoull(text, &end, 10) : 0;
    if (number == 0)
        return 0;
    while (isspace((unsigned char)*end))
        end++;
    const char *unit = *end ? strchr(units, toupper((unsigned char)*end)) : units + 1;
    unsigned shift = unit ? 10 * (unsigned)(unit - units) : 64;
    return shift < 64 && number <= SIZE_MAX >> shift ? (size_t)number << shift : 0;
}

/* What the library takes for itself in a team: it queues up to 64 tasks a thread. */
#define LIBRARY_BYTES(threads) ((size_t)(threads)*32768 + 262144)

static int try_memory(size_t bytes) {
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED)
        return -ENOMEM;
    munmap(pages, bytes);
    return 0;
}

static void *pass(void *gate) {
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

/* Starts that many threads, all there at once, and lets them end: 0 or -errno. */
static int start_and_join(pthread_t *threads, unsigned count) {
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_attr_t attributes;
    unsigned started = 0;
    int err = -pthread_attr_init(&attributes);
    if (err)
        return err;
    if (stack_bytes())
        pthread_attr_setstacksize(&attributes, stack_bytes());
    pthread_mutex_lock(&gate);
    while (!err && started < count) {
        err = -pthread_create(&threads[started], &attributes, pass, &gate);
        started += !err;
    }
    if (!err)
        err = try_memory(LIBRARY_BYTES(count + 1));
    pthread_mutex_unlock(&gate);
    while (started > 0)
        pthread_join(threads[--started], NULL);
    pthread_attr_destroy(&attributes);
    return err;
}

/* The library ends the program, with words of its own, when the system refuses it a thread or
 * memory: it is better that we are refused first. Its threads get the stacks that ours leave. */
static int try_threads(unsigned workers) {
    unsigned most = (unsigned)omp_get_thread_limit(), team = workers < most ? workers : most;
    if (team < 2)
        return 0;
    pthread_t *threads = calloc(team - 1, sizeof *threads);
    int err = threads ? start_and_join(threads, team - 1) : -ENOMEM;
    free(threads);
    return err;
}

/* Starts the team once, so that open and not the first render pays for its threads. */
int openmp_team_open(const struct job *job, struct monitor *monitor, void **state) {
    unsigned threads = 0;
    int err = try_threads(job->workers);
    if (err)
        return err;
    omp_set_num_threads((int)job->workers);
    omp_set_schedule(kinds[job->schedule.kind], (int)job->schedule.chunk);
#pragma omp parallel
    {
        monitor_phase(monitor, (unsigned)omp_get_thread_num(), PHASE_WAIT);
#pragma omp single
        threads = (unsigned)omp_get_num_threads();
    }
    monitor_workers_started(monitor, threads);
    *state = (void *)(uintptr_t)job;
    return 0;
}

static unsigned thread_number(void) {
    return (unsigned)omp_get_thread_num();
}
#else
const char *openmp_team_unavailable(void) {
    return "this build has no OpenMP";
}

int openmp_team_open(const struct job *job, struct monitor *monitor, void **state) {
    (void)job;
    (void)monitor;
    (void)state;
    return -ENOSYS;
}

static unsigned thread_number(void) {
    return 0;
}
#endif

void openmp_team_batch(const struct job *job, struct monitor *monitor, struct counts *counts,
                       uint64_t index) {
    if (monitor_stop_requested(monitor))
        return;
    unsigned thread = thread_number();
    struct batch batch = job_batch(job, index);
    monitor_batch_begun(monitor, thread, index);
    uint64_t sum = job->kernel->fill(&job->workload, batch, counts->at + batch.first);
    monitor_batch_done(monitor, thread, index, sum);
    monitor_phase(monitor, thread, PHASE_WAIT);
}
