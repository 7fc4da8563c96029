/* Proves, for every backend of processes, that workers killed at random instants cost nothing but
 * time: each frame is compared with serial's, bit by bit, and whatever does not get on is a hang.
 *
 * Renders run in a process of their own, the scene; assassins, its siblings, kill its children, and
 * now and then stop one. A run may end by design, when deaths follow each other without progress or
 * over one batch; these ends are rare, are counted, and must have the right words and enough kills
 * behind them. CHAOS_KILLS is how many deaths each backend must have survived before it is enough.
 * test_steps.c is the strong form. */
#define LIMIT_S 3600u /* of all runs of a backend; a hang is found much sooner */
#include "tests/helpers.h"
#include "tests/stage.h"

#include "mp/supervisor.h"
#include "render.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define KILLS       (SANITIZED ? 150 : 1000)
#define ASSASSINS   2
#define SAMPLES     60  /* of recoveries */
#define STOP_ONE_IN 400 /* attacks */
#define LEASE_NS    (50 * MS)
#define TRUCE_NS    (400 * MS)
#define RUN_NS      (30 * MS)
#define HANG_S      (SANITIZED ? 60 : 20)

/* What all processes of a case share. */
struct log {
    _Atomic bool over;
    _Atomic unsigned pace_us; /* between two attacks of an assassin, on average */
    _Atomic uint64_t kills;
    _Atomic uint64_t truce_ns; /* until then nobody attacks, so that a stopped worker is overdue */
    _Atomic uint64_t frames, losses, overdue, reissued;
    _Atomic uint64_t losses_in[PHASE_SEND + 2]; /* by phase, and behind them those without */
    _Atomic uint64_t poisoned, barren;
    struct job job; /* of the run under way, for the last words about a hang */
    uint64_t seed;
};

static void *shared_pages(size_t bytes) {
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(pages != MAP_FAILED);
    return pages;
}

/* ---- the scene ---- */

static const struct backend *real;
static struct stage reference;

/* Every frame of a run is looked at, not only the last. */
static int render_and_compare(void *state, struct monitor *monitor, struct counts *counts) {
    int err = real->render(state, monitor, counts);
    if (err)
        return err;
    struct counts_difference difference = counts_compare(counts, &reference.counts);
    if (difference.pixels == 0)
        return 0;
    fprintf(stderr, "%s: %" PRIu64 " wrong pixels, the first is %" PRIu64 "\n", real->name,
            difference.pixels, difference.first);
    _exit(1);
}

/* Small frames, so that most kills meet another part of a render. */
static struct job any_job(struct dice *dice) {
    static const uint64_t batches[] = {1, 3, 20, 100, 300};
    const struct kernel *kernel = dice_below(dice, 2) ? scalar() : kernel_find("null");
    unsigned workers = 1 + (unsigned)dice_below(dice, 4);
    uint64_t batch = batches[dice_below(dice, LENGTH(batches))];
    return job_of(small_workload(60, 41), kernel, workers, batch);
}

static void note_loss(void *context, const struct monitor_loss *loss) {
    struct log *log = context;
    atomic_fetch_add(&log->losses_in[loss->phase < 0 ? PHASE_SEND + 1 : loss->phase], 1);
    atomic_fetch_add(&log->overdue, loss->overdue);
}

static void expect_words(const struct render *render, const char *words) {
    if (strstr(render->sentence, words))
        return;
    fprintf(stderr, "'%s' says nothing of '%s'\n", render->sentence, words);
    _exit(1);
}

/* A run that ended although it was not done: by design, and only because of us. */
static void judge_end(const struct render *render, struct log *log, uint64_t kills) {
    const struct monitor_loss *loss = &render->monitor.loss;
    const unsigned workers = render->job->workers;
    char batch[32];
    expect_words(render, loss->name);
    if (loss->end == LOSS_POISON && kills >= 3) {
        snprintf(batch, sizeof batch, "batch %" PRId64, loss->batch);
        expect_words(render, batch);
        expect_words(render, "over this batch");
        atomic_fetch_add(&log->poisoned, 1);
    } else if (loss->end == LOSS_BARREN && kills >= workers + SUPERVISOR_BARREN_MOST) {
        expect_words(render, "nothing gets done");
        atomic_fetch_add(&log->barren, 1);
    } else {
        fprintf(stderr, "ended after %" PRIu64 " kills: %s\n", kills, render->sentence);
        _exit(1);
    }
}

/* Nobody stands by, or somebody at once, or as in every render. */
static uint64_t any_spare_ns(struct dice *dice) {
    const uint64_t choices[] = {CLOCK_NEVER, 1, MONITOR_SPARE_NS};
    return choices[dice_below(dice, 3)];
}

static void run_once(struct log *log, struct dice *dice) {
    struct render render;
    struct backend watched = *real;
    watched.render = render_and_compare;
    log->job = any_job(dice);
    atomic_store(&log->pace_us, 500u << dice_below(dice, 4));
    uint64_t kills = atomic_load(&log->kills);
    stage_reference(&reference, &log->job);
    EXPECT(&reference, render_open(&render, &watched, &log->job), 0);
    render.monitor.report = note_loss;
    render.monitor.report_context = log;
    render.monitor.lease_ns = LEASE_NS;
    render.monitor.spare_ns = any_spare_ns(dice);
    enum render_end end = render_run(&render, RUN_NS);
    kills = atomic_load(&log->kills) - kills;
    if (end == RENDER_LOST)
        judge_end(&render, log, kills);
    else if (end != RENDER_DONE)
        fprintf(stderr, "%s\n", render.sentence);
    EXPECT_THAT(&reference, end == RENDER_DONE || end == RENDER_LOST);
    EXPECT_THAT(&reference, render.result.workers_lost <= kills);
    expect_no_children(&reference);
    atomic_fetch_add(&log->frames, render.result.renders);
    atomic_fetch_add(&log->losses, render.result.workers_lost);
    atomic_fetch_add(&log->reissued, render.result.batches_reissued);
    render_close(&render);
    stage_clear(&reference);
}

static _Noreturn void be_the_scene(struct log *log) {
    struct dice dice = {log->seed, log->seed};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (!atomic_load(&log->over))
        run_once(log, &dice);
    exit(0);
}

/* ---- assassins ---- */

/* A child of the scene that works, or stands by. The server of manager is the one whom nobody
 * survives, and who has no name yet might be it. The descriptor is opened first, so what is then
 * read is about whom it will hit. */
static bool is_prey(pid_t pid, pid_t scene) {
    char path[64], name[16] = "", state = '\0';
    long parent = 0;
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(path, "re");
    int fields = file ? fscanf(file, "%*d (%15[^)]) %c %ld", name, &state, &parent) : 0;
    if (file)
        fclose(file);
    return fields == 3 && parent == scene && state != 'Z' &&
           (strcmp(real->name, "manager") != 0 || strcmp(name, "worker") == 0 ||
            strcmp(name, "spare") == 0);
}

static void attack(struct log *log, struct dice *dice, pid_t scene) {
    pid_t children[CHILDREN_MAX];
    unsigned count = children_of(scene, children, CHILDREN_MAX);
    bool stop = dice_below(dice, STOP_ONE_IN) == 0;
    if (count == 0)
        return;
    pid_t pid = children[dice_below(dice, count)];
    int pidfd = open_process(pid);
    if (pidfd < 0)
        return;
    if (is_prey(pid, scene)) {
        atomic_fetch_add(&log->kills, 1); /* before it is noticed; a stop ends in a kill */
        if (stop)
            atomic_store(&log->truce_ns, clock_after_ns(TRUCE_NS));
        signal_process(pidfd, stop ? SIGSTOP : SIGKILL);
    }
    close(pidfd);
}

static _Noreturn void be_an_assassin(struct log *log, unsigned number, pid_t scene) {
    struct dice dice = {log->seed, log->seed + number};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (!atomic_load(&log->over)) {
        struct timespec pause =
            clock_timespec(dice_below(&dice, 2000 * (atomic_load(&log->pace_us) + 1)));
        nanosleep(&pause, NULL);
        if (clock_now_ns() >= atomic_load(&log->truce_ns))
            attack(log, &dice, scene);
    }
    _exit(0);
}

/* ---- how long it takes ---- */

/* When a worker last began its first batch, and when one its second: then the first, which was the
 * dead one's, is done. */
static struct { _Atomic uint64_t first_ns, second_ns; } * fills;

static uint64_t fill_and_tell(const struct workload *workload, struct batch batch, uint32_t *out) {
    static pid_t known;
    static unsigned batches;
    if (known != getpid())
        batches = 0;
    known = getpid();
    if (++batches <= 2)
        atomic_store(batches == 1 ? &fills->first_ns : &fills->second_ns, clock_now_ns());
    return scalar()->fill(workload, batch, out);
}

static const struct kernel telling = {.name = "telling", .lanes = 1, .fill = fill_and_tell};

/* Of all who work only fork-queue's producer does not. */
static bool computes(pid_t pid, pid_t scene) {
    char path[64], name[16] = "";
    snprintf(path, sizeof path, "/proc/%ld/comm", (long)pid);
    FILE *file = fopen(path, "re");
    int fields = file ? fscanf(file, "%15s", name) : 0;
    if (file)
        fclose(file);
    return fields == 1 && strcmp(name, "producer") != 0 && is_prey(pid, scene);
}

static uint64_t await_fill(const _Atomic uint64_t *fill_ns, uint64_t killed_ns) {
    uint64_t at_ns = 0;
    while (at_ns < killed_ns && clock_now_ns() - killed_ns < HANG_S * 1000 * MS) {
        nanosleep(&(struct timespec){.tv_nsec = MS / 2}, NULL);
        at_ns = atomic_load(fill_ns);
    }
    return at_ns;
}

/* Kills the eldest that computes, and waits until another one computes: how long that took. And
 * until that one has done what the dead one left: a machine that is too busy for it would see a
 * batch that kills three in a row. */
static uint64_t kill_and_await_heir(pid_t scene) {
    pid_t children[CHILDREN_MAX];
    unsigned count = children_of(scene, children, CHILDREN_MAX);
    unsigned eldest = 0;
    while (eldest < count && !computes(children[eldest], scene))
        eldest++;
    if (count < 2 || eldest == count)
        return 0;
    uint64_t killed_ns = clock_now_ns();
    kill(children[eldest], SIGKILL);
    uint64_t first_ns = await_fill(&fills->first_ns, killed_ns);
    await_fill(&fills->second_ns, killed_ns);
    return first_ns > killed_ns ? first_ns - killed_ns : 0;
}

static int compare_times(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static _Noreturn void render_for_ever(const struct backend *backend) {
    struct stage stage;
    struct job job = job_of(small_workload(600, 400), &telling, 2, 1000);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    stage_set(&stage, backend, &job);
    EXPECT(&stage, stage_open(&stage), 0);
    for (;;)
        EXPECT(&stage, stage_render(&stage), 0);
}

/* From a kill to its replacement's first batch. Only a display: others use this machine too. */
static void recovers_soon(const struct backend *backend) {
    uint64_t times[SAMPLES];
    unsigned count = 0;
    real = backend;
    fills = shared_pages(sizeof *fills);
    pid_t scene = fork();
    if (scene == 0)
        render_for_ever(backend);
    for (unsigned i = 0; i < 10 * SAMPLES && count < SAMPLES; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 10 * MS}, NULL);
        uint64_t took_ns = kill_and_await_heir(scene);
        if (took_ns > 0)
            times[count++] = took_ns;
    }
    bool alive = waitpid(scene, NULL, WNOHANG) == 0;
    kill(scene, SIGKILL);
    qsort(times, count, sizeof *times, compare_times);
    if (count > 0)
        printf(
            "# %s: killed to replacement computing, of %u: median %.3f ms, nine of ten %.3f ms\n",
            backend->name, count, 1e3 * clock_seconds(times[count / 2]),
            1e3 * clock_seconds(times[count * 9 / 10]));
    fflush(stdout);
    _exit(alive && count > SAMPLES / 2 ? 0 : 1);
}

/* ---- the whole ---- */

static uint64_t kills_wanted(void) {
    const char *text = getenv("CHAOS_KILLS");
    return text ? strtoull(text, NULL, 10) : KILLS;
}

/* Until enough were killed; false: no frame has been finished for too long. */
static bool watch(struct log *log, pid_t scene, uint64_t wanted) {
    uint64_t frames = 0, since_ns = clock_now_ns();
    int pidfd = open_process(scene);
    bool ended = false, hangs = false;
    while (!ended && !hangs) {
        struct pollfd end = {.fd = pidfd, .events = POLLIN};
        ended = poll(&end, 1, 50) != 0;
        if (atomic_load(&log->frames) != frames)
            since_ns = clock_now_ns();
        frames = atomic_load(&log->frames);
        hangs = clock_now_ns() - since_ns > HANG_S * 1000 * MS;
        if (atomic_load(&log->losses) >= wanted)
            atomic_store(&log->over, true);
    }
    close(pidfd);
    return !hangs;
}

static void say_numbers(const struct backend *backend, const struct log *log) {
    const _Atomic uint64_t *in = log->losses_in;
    printf("# %s: %" PRIu64 " attacks, %" PRIu64 " workers lost (%" PRIu64
           " had been stopped), %" PRIu64 " frames, %" PRIu64 " batches reissued\n",
           backend->name, log->kills, log->losses, log->overdue, log->frames, log->reissued);
    printf("# %s: lost while starting %" PRIu64 ", waiting %" PRIu64 ", computing %" PRIu64
           ", sending %" PRIu64 ", no computing worker %" PRIu64 "; runs ended by design: %" PRIu64
           " over one batch, %" PRIu64 " without progress\n",
           backend->name, in[PHASE_START], in[PHASE_WAIT], in[PHASE_COMPUTE], in[PHASE_SEND],
           in[PHASE_SEND + 1], log->poisoned, log->barren);
    fflush(stdout);
}

static void survives_random_kills(const struct backend *backend) {
    struct log *log = shared_pages(sizeof *log);
    pid_t assassins[ASSASSINS];
    int status = 0;
    real = backend;
    log->seed = dice_new().seed;
    pid_t scene = fork();
    if (scene == 0)
        be_the_scene(log);
    for (unsigned i = 0; i < ASSASSINS; i++)
        if ((assassins[i] = fork()) == 0)
            be_an_assassin(log, i + 1, scene);
    bool got_on = watch(log, scene, kills_wanted());
    if (!got_on) {
        fprintf(stderr, "%s hangs: %u workers, batches of %" PRIu64 ", kernel %s\n", backend->name,
                log->job.workers, log->job.batch, log->job.kernel->name);
        say_where(scene);
        kill(scene, SIGKILL);
    }
    atomic_store(&log->over, true);
    waitpid(scene, &status, 0);
    for (unsigned i = 0; i < ASSASSINS; i++)
        waitpid(assassins[i], NULL, 0);
    say_numbers(backend, log);
    if (!got_on || status != 0)
        fprintf(stderr, "TEST_SEED=%" PRIu64 "\n", log->seed);
    exit(got_on && status == 0 ? 0 : 1);
}

static const struct aspect aspects[] = {
    ASPECT(recovers_soon, BACKEND_PROCESSES),
    ASPECT(survives_random_kills, BACKEND_PROCESSES),
};

int main(void) {
    return run_aspects("chaos", aspects, LENGTH(aspects));
}
