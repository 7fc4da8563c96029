/* Proves, for every backend, that the time of each worker and coordinator is accounted for: the
 * terms add up to the time of the render with next to no residual, computing is CPU time even where
 * workers take turns on a CPU, what the kernel's own account contradicts is in no term, a death
 * tears only what it interrupted; and that the events of a timeline tell each batch once and do not
 * overlap. */
#include "tests/helpers.h"
#include "tests/stage.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define RENDERS 3

/* Some 100 ms for scalar. */
static struct job some_job(unsigned workers) {
    struct workload workload = small_workload(SANITIZED ? 100 : 300, 200);
    workload.max_iter = 1000;
    return job_of(workload, scalar(), workers, 500);
}

static void render_recorded(struct stage *stage, struct monitor_accounts *accounts) {
    counts_clear(&stage->counts);
    monitor_clear(&stage->monitor);
    monitor_render_begins(&stage->monitor, clock_now_ns());
    EXPECT(stage, stage->backend->render(stage->state, &stage->monitor, &stage->counts), 0);
    monitor_render_ended(&stage->monitor, clock_now_ns(), accounts);
    EXPECT(stage, monitor_batches_done(&stage->monitor), job_batches(&stage->job));
}

static int64_t sum_of(const int64_t terms[TERMS]) {
    int64_t sum = 0;
    for (int i = 0; i < TERMS; i++)
        sum += terms[i];
    return sum;
}

/* Nothing is below 0, all adds up, and what nobody accounts for is hardly anything. */
static void expect_sums(const struct stage *stage, const struct monitor_accounts *accounts,
                        unsigned renders) {
    const struct monitor *monitor = &stage->monitor;
    int64_t all_ns = (int64_t)(accounts->wall_ns * monitor->worker_count);
    int64_t there_ns = (int64_t)(accounts->wall_ns * monitor->workers_started);
    int64_t residual_ns = accounts->worker_ns[TERM_RESIDUAL] - (all_ns - there_ns);
    EXPECT(stage, accounts->renders, renders);
    EXPECT(stage, sum_of(accounts->worker_ns), all_ns);
    for (int i = 0; i < TERM_RESIDUAL; i++) {
        EXPECT_THAT(stage, accounts->worker_ns[i] >= 0);
        EXPECT_THAT(stage, accounts->coordinator_ns[i] >= 0);
    }
    EXPECT_THAT(stage, residual_ns >= -(int64_t)MS / 10);
    EXPECT_THAT(stage, residual_ns <= all_ns / 20 + (int64_t)MS);
    EXPECT_THAT(stage, accounts->worker_ns[TERM_COMPUTE] > 0);
    EXPECT_THAT(stage, accounts->compute_most_ns > 0);
    EXPECT_THAT(stage, accounts->compute_most_ns <= accounts->worker_ns[TERM_COMPUTE]);
    EXPECT_THAT(stage, accounts->compute_most_ns <= (int64_t)accounts->wall_ns);
    EXPECT(stage, accounts->worker_ns[TERM_DISPATCH] + accounts->worker_ns[TERM_COLLECT], 0);
    EXPECT(stage, accounts->coordinator_ns[TERM_COMPUTE] + accounts->coordinator_ns[TERM_SEND], 0);
    EXPECT(stage, sum_of(accounts->coordinator_ns), accounts->coordinators * accounts->wall_ns);
}

static void the_terms_add_up(const struct backend *backend) {
    for (unsigned workers = 1; workers <= 3; workers++) {
        struct stage stage;
        struct monitor_accounts accounts = {0};
        struct job job = some_job(backend->flags & BACKEND_ONE_WORKER ? 1 : workers);
        stage_set(&stage, backend, &job);
        EXPECT(&stage, stage_open(&stage), 0);
        EXPECT(&stage, stage_render(&stage), 0);
        render_recorded(&stage, &accounts);
        EXPECT(&stage, accounts.renders, 0); /* recording is off */
        monitor_record(&stage.monitor, RECORD_SUMS);
        for (unsigned i = 1; i <= RENDERS; i++) {
            render_recorded(&stage, &accounts);
            expect_sums(&stage, &accounts, i);
        }
        monitor_record(&stage.monitor, RECORD_NOTHING);
        EXPECT(&stage, stage_render(&stage), 0);
        EXPECT(&stage, stage_close(&stage), 0);
        if (backend->flags & BACKEND_PROCESSES)
            EXPECT_THAT(&stage, accounts.coordinators >= 1);
        stage_clear(&stage);
    }
}

static void recording_from_the_start_times_the_start(const struct backend *backend) {
    struct stage stage;
    struct monitor_accounts accounts = {0};
    struct job job = some_job(2);
    stage_set(&stage, backend, &job);
    monitor_record(&stage.monitor, RECORD_SUMS);
    EXPECT(&stage, stage_open(&stage), 0);
    render_recorded(&stage, &accounts);
    expect_sums(&stage, &accounts, 1);
    EXPECT(&stage, stage_close(&stage), 0);
    stage_clear(&stage);
}

/* ---- computing is CPU time ---- */

static uint64_t cpu_of(int who) {
    struct rusage usage;
    getrusage(who, &usage);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 * MS +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

/* More workers than CPUs: what they compute cannot be more than what the kernel gave them. */
static void computing_is_cpu_time(const struct backend *backend) {
    unsigned workers = 4 * (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    struct job job = some_job(workers < 64 ? workers : 64);
    struct stage stage;
    struct monitor_accounts accounts = {0};
    uint64_t before_ns = cpu_of(RUSAGE_SELF);
    job.batch = 100; /* 0.1 ms: much less than a turn on the CPU */
    stage_set(&stage, backend, &job);
    EXPECT(&stage, stage_open(&stage), 0);
    monitor_record(&stage.monitor, RECORD_SUMS);
    for (unsigned i = 0; i < RENDERS; i++)
        render_recorded(&stage, &accounts);
    EXPECT(&stage, stage_close(&stage), 0);
    uint64_t used_ns = cpu_of(RUSAGE_SELF) - before_ns + cpu_of(RUSAGE_CHILDREN);
    uint64_t compute_ns = (uint64_t)accounts.worker_ns[TERM_COMPUTE];
    EXPECT_THAT(&stage, compute_ns <= used_ns + used_ns / 10 + 5 * MS);
    EXPECT_THAT(&stage, compute_ns >= used_ns / 10);
    stage_clear(&stage);
}

/* ---- the kernel's second opinion ---- */

static void spin(uint64_t ns) {
    uint64_t until_ns = clock_cpu_ns() + ns;
    while (clock_cpu_ns() < until_ns)
        ;
}

/* 20 ms of computing and 20 ms of waiting, of which `lie` makes something else. */
static void account_of_a_liar(struct stage *stage, struct monitor_accounts *accounts,
                              void (*lie)(struct account *account, uint64_t now_ns)) {
    struct monitor *monitor = &stage->monitor;
    const struct timespec pause = {.tv_nsec = 20 * MS};
    monitor_workers_started(monitor, 1);
    monitor_record(monitor, RECORD_SUMS);
    monitor_render_begins(monitor, clock_now_ns());
    monitor_batch_begun(monitor, 0, 0);
    spin(20 * MS);
    monitor_phase(monitor, 0, PHASE_WAIT);
    nanosleep(&pause, NULL);
    uint64_t ended_ns = clock_now_ns();
    if (lie)
        lie(&monitor->accounts[0], ended_ns);
    monitor_render_ended(monitor, ended_ns, accounts);
    monitor_record(monitor, RECORD_NOTHING);
    EXPECT(stage, sum_of(accounts->worker_ns), accounts->wall_ns);
}

static void wait_is_called_compute(struct account *account, uint64_t now_ns) {
    (void)now_ns;
    atomic_fetch_add(&account->phase_ns[PHASE_COMPUTE], 10 * MS);
    atomic_fetch_add(&account->since_ns, 10 * MS); /* of the wait under way */
}

/* All but 1 ms of the computing, and of the waiting. */
static void nearly_all_is_called_descheduled(struct account *account, uint64_t now_ns) {
    uint64_t waited_ns = now_ns - atomic_load(&account->since_ns) - MS;
    uint64_t computed_ns = atomic_load(&account->phase_ns[PHASE_COMPUTE]) - MS;
    atomic_fetch_sub(&account->phase_ns[PHASE_COMPUTE], computed_ns);
    atomic_fetch_add(&account->since_ns, waited_ns);
    atomic_fetch_add(&account->off_ns, computed_ns + waited_ns);
}

static void what_the_kernel_denies_is_residual(const struct backend *backend) {
    typedef void lie(struct account * account, uint64_t now_ns);
    static lie *const lies[] = {NULL, wait_is_called_compute, nearly_all_is_called_descheduled};
    for (size_t i = 0; i < LENGTH(lies); i++) {
        struct stage stage;
        struct monitor_accounts accounts = {0};
        struct job job = some_job(1);
        stage_set(&stage, backend, &job);
        account_of_a_liar(&stage, &accounts, lies[i]);
        int64_t residual_ns = accounts.worker_ns[TERM_RESIDUAL];
        EXPECT_THAT(&stage, lies[i] ? residual_ns >= (int64_t)(8 * MS) : residual_ns < (int64_t)MS);
        EXPECT_THAT(&stage, residual_ns <= (int64_t)(25 * MS));
        stage_clear(&stage);
    }
}

/* Who never leaves it is starting, if it is there at all. */
static void starting_is_no_residual(const struct backend *backend) {
    for (unsigned started = 0; started <= 1; started++) {
        struct stage stage;
        struct monitor_accounts accounts = {0};
        struct job job = some_job(1);
        stage_set(&stage, backend, &job);
        monitor_workers_started(&stage.monitor, started);
        monitor_record(&stage.monitor, RECORD_SUMS);
        uint64_t begun_ns = clock_now_ns();
        monitor_render_begins(&stage.monitor, begun_ns);
        monitor_render_ended(&stage.monitor, begun_ns + 5 * MS, &accounts);
        EXPECT(&stage, accounts.worker_ns[started ? TERM_START : TERM_RESIDUAL], 5 * MS);
        EXPECT(&stage, sum_of(accounts.worker_ns), 5 * MS);
        stage_clear(&stage);
    }
}

/* ---- events ---- */

static void trace_set(struct stage *stage, const struct backend *backend, const struct job *job,
                      uint64_t batches) {
    struct monitor *monitor = &stage->monitor;
    stage_set(stage, backend, job);
    EXPECT(stage, timeline_open(&monitor->timeline, monitor_tracks(monitor), batches), 0);
    monitor_record(monitor, RECORD_EVENTS);
    EXPECT(stage, stage_open(stage), 0);
}

/* Counts how often each batch was computed; phases follow each other in each track. */
static void expect_track(const struct stage *stage, unsigned track, unsigned char *computed) {
    uint64_t count, end_ns = 0;
    const struct timeline_event *events = timeline_events(&stage->monitor.timeline, track, &count);
    for (uint64_t i = 0; i < count; i++) {
        if (events[i].kind >= PHASES)
            continue;
        EXPECT(stage, events[i].track, track);
        EXPECT_THAT(stage, events[i].start_ns >= end_ns);
        EXPECT_THAT(stage, events[i].end_ns >= events[i].start_ns);
        EXPECT(stage, events[i].batch != TIMELINE_NO_BATCH,
               events[i].kind == PHASE_COMPUTE || events[i].kind == PHASE_SEND);
        end_ns = events[i].end_ns;
        if (events[i].kind == PHASE_COMPUTE)
            computed[events[i].batch]++;
    }
}

static void events_tell_each_batch_once(const struct backend *backend) {
    struct stage stage;
    struct monitor_accounts accounts = {0};
    struct job job = some_job(3);
    uint64_t batches = job_batches(&job);
    unsigned char *computed = calloc(batches, 1);
    trace_set(&stage, backend, &job, batches);
    render_recorded(&stage, &accounts);
    monitor_record(&stage.monitor, RECORD_NOTHING);
    EXPECT(&stage, stage_close(&stage), 0);
    EXPECT(&stage, timeline_dropped(&stage.monitor.timeline), 0);
    for (unsigned i = 0; i < monitor_tracks(&stage.monitor); i++)
        expect_track(&stage, i, computed);
    for (uint64_t i = 0; i < batches; i++)
        EXPECT(&stage, computed[i], 1);
    stage_clear(&stage);
    free(computed);
}

static void what_does_not_fit_is_dropped_and_counted(const struct backend *backend) {
    struct stage stage;
    struct monitor_accounts accounts = {0};
    struct job job = flood(60, 60, 1);
    trace_set(&stage, backend, &job, 0);
    render_recorded(&stage, &accounts);
    EXPECT(&stage, stage_close(&stage), 0);
    EXPECT_THAT(&stage, timeline_dropped(&stage.monitor.timeline) >= 3000);
    stage_clear(&stage);
}

/* ---- a death ---- */

static struct {
    uint64_t first; /* pixel of the batch that kills, once */
    _Atomic bool spent;
} * bait;

static uint64_t fill_or_die(const struct workload *workload, struct batch batch, uint32_t *out) {
    if (batch.first == bait->first && !atomic_exchange(&bait->spent, true))
        raise(SIGKILL);
    return scalar()->fill(workload, batch, out);
}

static const struct kernel deadly = {.name = "deadly", .lanes = 1, .fill = fill_or_die};

static unsigned count_deaths(const struct stage *stage) {
    uint64_t count;
    unsigned deaths = 0;
    const struct monitor *monitor = &stage->monitor;
    const struct timeline_event *events =
        timeline_events(&monitor->timeline, monitor_original(monitor), &count);
    for (uint64_t i = 0; i < count; i++)
        deaths += events[i].kind == TIMELINE_DEATH && (int)events[i].value == -SIGKILL;
    return deaths;
}

/* The dead one's last batch is nobody's time; all else is. */
static void a_death_does_not_corrupt_the_sums(const struct backend *backend) {
    struct stage stage;
    struct monitor_accounts accounts = {0};
    struct job job = some_job(2);
    unsigned char *computed = calloc(job_batches(&job), 1);
    job.kernel = &deadly;
    bait = mmap(NULL, sizeof *bait, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bait->first = job_batch(&job, job_batches(&job) / 2).first;
    trace_set(&stage, backend, &job, job_batches(&job));
    render_recorded(&stage, &accounts);
    monitor_record(&stage.monitor, RECORD_NOTHING);
    EXPECT(&stage, stage_close(&stage), 0);
    EXPECT(&stage, stage.monitor.workers_lost, 1);
    EXPECT(&stage, count_deaths(&stage), 1);
    EXPECT(&stage, sum_of(accounts.worker_ns), 2 * accounts.wall_ns);
    EXPECT_THAT(&stage, accounts.worker_ns[TERM_RESIDUAL] > 0);
    EXPECT_THAT(&stage, accounts.worker_ns[TERM_RESIDUAL] < (int64_t)accounts.wall_ns);
    EXPECT_THAT(&stage, accounts.worker_ns[TERM_START] > 0);
    for (unsigned i = 0; i < monitor_tracks(&stage.monitor); i++)
        expect_track(&stage, i, computed);
    for (uint64_t i = 0; i < job_batches(&job); i++)
        EXPECT_THAT(&stage, computed[i] >= 1);
    stage_clear(&stage);
    free(computed);
}

int main(void) {
    static const struct aspect aspects[] = {
        ASPECT(the_terms_add_up, 0),
        ASPECT(recording_from_the_start_times_the_start, 0),
        ASPECT(computing_is_cpu_time, 0),
        ASPECT(what_the_kernel_denies_is_residual, BACKEND_ONE_WORKER),
        ASPECT(starting_is_no_residual, BACKEND_ONE_WORKER),
        ASPECT(events_tell_each_batch_once, 0),
        ASPECT(what_does_not_fit_is_dropped_and_counted, 0),
        ASPECT(a_death_does_not_corrupt_the_sums, BACKEND_PROCESSES),
    };
    return run_aspects("account", aspects, LENGTH(aspects));
}
