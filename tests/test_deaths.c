/* Proves, for every backend of processes, what a death costs: a worker that is killed, before a
 * render, in it, while it is born, after the last one, alone or with all others, is replaced or not
 * needed any more, the frame is serial's bit by bit, and each loss is counted. A batch that kills
 * whoever does it ends the run at its third victim, manager's server at once. Workers that are
 * stopped are replaced when their lease has run out, but not if the whole group was stopped. */
#include "tests/helpers.h"
#include "tests/stage.h"

#include "render.h"

#include <stdatomic.h>
#include <sys/mman.h>

#define LEASE_NS (300 * MS)

static void *shared_pages(const struct stage *stage, size_t bytes) {
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    EXPECT_THAT(stage, pages != MAP_FAILED);
    return pages;
}

static void pause_ns(uint64_t ns) {
    struct timespec time = clock_timespec(ns);
    nanosleep(&time, NULL);
}

/* ---- who kills ---- */

/* A child of its own that hits processes of the scene while this one renders. Born before the
 * backend opens, so that it inherits nothing of it. */
struct hunter {
    pid_t pid, scene;
    _Atomic int told; /* the orders below are complete; < 0: go home */
    int signal_number;
    uint64_t after_ns, gap_ns;
    unsigned count, newborns; /* these victims, and then so many who are born meanwhile */
    pid_t victims[CHILDREN_MAX];
    _Atomic unsigned hits;
    _Atomic uint64_t hit_ns; /* the last */
};

static void hit(struct hunter *hunter, pid_t pid) {
    atomic_store(&hunter->hit_ns, clock_now_ns());
    atomic_fetch_add(&hunter->hits, kill(pid, hunter->signal_number) == 0);
}

/* The youngest child of the scene, once it is another one than `known`; 0: none is born any more.
 */
static pid_t await_newborn(const struct hunter *hunter, pid_t known) {
    uint64_t deadline_ns = clock_after_ns(SOON_NS);
    while (clock_now_ns() < deadline_ns && atomic_load(&hunter->told) > 0) {
        pid_t children[CHILDREN_MAX];
        unsigned count = children_of(hunter->scene, children, CHILDREN_MAX);
        if (count > 0 && children[count - 1] > known)
            return children[count - 1];
    }
    return 0;
}

static pid_t youngest(const struct hunter *hunter) {
    pid_t children[CHILDREN_MAX] = {0};
    unsigned count = children_of(hunter->scene, children, CHILDREN_MAX);
    return count > 0 ? children[count - 1] : 0;
}

static _Noreturn void hunt(struct hunter *hunter) {
    while (atomic_load(&hunter->told) == 0)
        pause_ns(MS / 10);
    if (atomic_load(&hunter->told) < 0)
        _exit(0);
    pause_ns(hunter->after_ns);
    pid_t known = youngest(hunter);
    for (unsigned i = 0; i < hunter->count; i++) {
        hit(hunter, hunter->victims[i]);
        pause_ns(hunter->gap_ns);
    }
    for (unsigned i = 0; i < hunter->newborns && (known = await_newborn(hunter, known)); i++)
        hit(hunter, known);
    _exit(0);
}

static struct hunter *hunter_start(const struct stage *stage) {
    struct hunter *hunter = shared_pages(stage, sizeof *hunter);
    hunter->scene = getpid();
    hunter->signal_number = SIGKILL;
    pid_t pid = fork();
    EXPECT_THAT(stage, pid >= 0);
    if (pid == 0)
        hunt(hunter);
    hunter->pid = pid;
    return hunter;
}

/* How many it hit. */
static unsigned hunter_join(struct hunter *hunter) {
    if (atomic_load(&hunter->told) == 0)
        atomic_store(&hunter->told, -1);
    waitpid(hunter->pid, NULL, 0);
    return atomic_load(&hunter->hits);
}

/* ---- a scene: a stage with an open backend, whose workers are known, and a hunter ---- */

struct scene {
    struct stage stage, reference;
    struct hunter *hunter;
    pid_t workers[CHILDREN_MAX]; /* with the producer, without the server */
    unsigned count, reports;
    pid_t server; /* 0: there is none */
};

static void count_report(void *context, const struct monitor_loss *loss) {
    struct scene *scene = context;
    EXPECT_THAT(&scene->stage, loss->pid > 0 && loss->name[0] != '\0');
    EXPECT(&scene->stage, loss->exitcode, -SIGKILL);
    EXPECT_THAT(&scene->stage, loss->batch >= -1);
    EXPECT_THAT(&scene->stage, loss->batch < (int64_t)job_batches(&scene->stage.job));
    EXPECT_THAT(&scene->stage, loss->worker < scene->stage.job.workers || loss->phase == -1);
    scene->reports++;
}

static void find_workers(struct scene *scene) {
    pid_t children[CHILDREN_MAX];
    unsigned count = children_of(getpid(), children, CHILDREN_MAX);
    bool served = strcmp(scene->stage.backend->name, "manager") == 0;
    for (unsigned i = 0; i < count; i++)
        if (children[i] != scene->hunter->pid)
            scene->workers[scene->count++] = children[i];
    if (served) /* it is started behind all workers */
        scene->server = scene->workers[--scene->count];
    EXPECT_THAT(&scene->stage, scene->count >= scene->stage.job.workers);
}

static void scene_open_keeping(struct scene *scene, const struct backend *backend,
                               const struct job *job, uint64_t spare_ns) {
    *scene = (struct scene){0};
    stage_reference(&scene->reference, job);
    stage_set(&scene->stage, backend, job);
    scene->hunter = hunter_start(&scene->stage);
    scene->stage.monitor.report = count_report;
    scene->stage.monitor.report_context = scene;
    scene->stage.monitor.lease_ns = LEASE_NS;
    scene->stage.monitor.spare_ns = spare_ns;
    EXPECT(&scene->stage, stage_open(&scene->stage), 0);
    find_workers(scene);
}

static void scene_open(struct scene *scene, const struct backend *backend, const struct job *job) {
    scene_open_keeping(scene, backend, job, MONITOR_SPARE_NS);
}

/* Victims of the scene's next render. */
static void send_hunter(struct scene *scene, const pid_t *victims, unsigned count,
                        uint64_t after_ns) {
    struct hunter *hunter = scene->hunter;
    memcpy(hunter->victims, victims, count * sizeof *victims);
    hunter->count = count;
    hunter->after_ns = after_ns;
    atomic_store(&hunter->told, 1);
}

static void expect_right_frame(struct scene *scene) {
    const struct stage *stage = &scene->stage;
    const struct monitor *monitor = &stage->monitor;
    EXPECT(stage, stage_render(&scene->stage), 0);
    EXPECT(stage, counts_compare(&stage->counts, &scene->reference.counts).pixels, 0);
    EXPECT(stage, monitor_batches_done(monitor), job_batches(&stage->job));
    EXPECT(stage, monitor_iterations(monitor), counts_sum(&stage->counts).iterations);
    EXPECT_THAT(stage, monitor_workers_seen(monitor) <= monitor->workers_started);
}

/* All that were lost have been counted and reported, and nothing is left. */
static void scene_close(struct scene *scene, unsigned lost) {
    struct stage *stage = &scene->stage;
    uint64_t start_ns = clock_now_ns();
    hunter_join(scene->hunter);
    EXPECT(stage, stage_close(stage), 0);
    EXPECT_THAT(stage, clock_now_ns() - start_ns < SOON_NS);
    EXPECT(stage, stage->monitor.workers_lost, lost);
    EXPECT(stage, scene->reports, lost);
    expect_no_children(stage);
    stage_clear(stage);
    stage_clear(&scene->reference);
    munmap(scene->hunter, sizeof *scene->hunter);
}

/* The end of a run whose server died: soon, and it is the server who is named. */
static void expect_end(struct scene *scene, int err, bool overdue) {
    struct stage *stage = &scene->stage;
    EXPECT(stage, err, -EOWNERDEAD);
    hunter_join(scene->hunter);
    uint64_t start_ns = clock_now_ns();
    stage_close(stage);
    EXPECT_THAT(stage, clock_now_ns() - start_ns < SOON_NS);
    EXPECT(stage, stage->monitor.loss.pid, scene->server);
    EXPECT(stage, stage->monitor.loss.end, LOSS_IRREPLACEABLE);
    EXPECT(stage, stage->monitor.loss.overdue, overdue);
    EXPECT(stage, scene->reports, 0);
    expect_no_children(stage);
    stage_clear(stage);
    stage_clear(&scene->reference);
}

static void kill_now(const struct stage *stage, pid_t pid) {
    siginfo_t info;
    EXPECT(stage, kill(pid, SIGKILL), 0);
    EXPECT(stage, waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

/* ---- jobs ---- */

static struct job short_job(void) {
    return job_of(small_workload(60, 41), kernel_fastest(), 3, 50);
}

/* No point escapes: scalar needs some 200 ms for all of it, and 8 ms for a batch. */
static struct job long_job(void) {
    struct workload interior = {
        .center_re = -0.2, .extent = 0.1, .width = 60, .height = 40, .max_iter = 20000};
    return job_of(interior, scalar(), 3, 100);
}

static struct job short_flood(void) {
    return flood(SANITIZED ? 100 : 300, 100, 2);
}

/* ---- killed ---- */

/* Every child in turn is the victim. */
static void a_worker_killed_before_a_render_is_replaced(const struct backend *backend) {
    struct job job = short_job();
    for (unsigned renders = 0; renders < 3; renders++)
        for (unsigned i = 0, count = 1; i < count; i++) {
            struct scene scene;
            scene_open(&scene, backend, &job);
            count = scene.count;
            for (unsigned done = 0; done < renders; done++)
                expect_right_frame(&scene);
            kill_now(&scene.stage, scene.workers[i]);
            expect_right_frame(&scene);
            expect_right_frame(&scene);
            scene_close(&scene, 1);
        }
}

static void all_killed_before_a_render_are_replaced(const struct backend *backend) {
    struct job job = short_job();
    for (unsigned renders = 0; renders < 3; renders++) {
        struct scene scene;
        scene_open(&scene, backend, &job);
        for (unsigned done = 0; done < renders; done++)
            expect_right_frame(&scene);
        for (unsigned i = 0; i < scene.count; i++)
            kill_now(&scene.stage, scene.workers[i]);
        expect_right_frame(&scene);
        expect_right_frame(&scene);
        scene_close(&scene, scene.count);
    }
}

/* Frame after frame somebody dies between them: as long as each is finished, that may go on. */
static void deaths_between_renders_do_not_add_up(const struct backend *backend) {
    struct job job = job_of(small_workload(60, 41), kernel_fastest(), 1, UINT64_MAX);
    struct scene scene;
    unsigned deaths = 0;
    scene_open(&scene, backend, &job);
    hunter_join(scene.hunter);
    for (; deaths < 30; deaths++) {
        pid_t children[2] = {0};
        children_of(getpid(), children, 2);
        kill_now(&scene.stage, children[children[0] == scene.server]);
        expect_right_frame(&scene);
    }
    EXPECT(&scene.stage, stage_close(&scene.stage), 0);
    EXPECT(&scene.stage, scene.stage.monitor.workers_lost, deaths);
    expect_no_children(&scene.stage);
}

static void a_worker_killed_in_a_long_render_is_replaced(const struct backend *backend) {
    struct job job = long_job();
    for (unsigned i = 0, count = 1; i < count; i++) {
        struct scene scene;
        scene_open(&scene, backend, &job);
        count = scene.count;
        send_hunter(&scene, &scene.workers[i], 1, 20 * MS);
        expect_right_frame(&scene);
        scene_close(&scene, 1);
    }
}

static void a_worker_killed_in_a_flood_is_replaced(const struct backend *backend) {
    struct job job = short_flood();
    for (unsigned i = 0, count = 1; i < count; i++)
        for (unsigned ms = 1; ms <= 16; ms *= 2) {
            struct scene scene;
            scene_open(&scene, backend, &job);
            count = scene.count;
            send_hunter(&scene, &scene.workers[i], 1, ms * MS);
            expect_right_frame(&scene);
            hunter_join(scene.hunter);
            expect_right_frame(&scene);
            scene_close(&scene, 1);
        }
}

static void all_killed_at_once_are_replaced(const struct backend *backend) {
    const struct job jobs[] = {long_job(), short_flood()};
    for (size_t i = 0; i < LENGTH(jobs); i++) {
        struct scene scene;
        scene_open(&scene, backend, &jobs[i]);
        send_hunter(&scene, scene.workers, scene.count, 10 * MS);
        expect_right_frame(&scene);
        hunter_join(scene.hunter);
        expect_right_frame(&scene);
        scene_close(&scene, scene.count);
    }
}

static void all_killed_in_turn_are_replaced(const struct backend *backend) {
    struct job job = long_job();
    struct scene scene;
    scene_open(&scene, backend, &job);
    scene.hunter->gap_ns = 10 * MS;
    send_hunter(&scene, scene.workers, scene.count, 10 * MS);
    expect_right_frame(&scene);
    scene_close(&scene, scene.count);
}

/* Replacements are killed as soon as anybody sees them. No spare is born among them. */
static void the_newborn_are_replaced(const struct backend *backend) {
    struct job job = short_flood(); /* one long batch would be taken for deadly */
    for (unsigned newborns = 1; newborns <= 16; newborns *= 4) {
        struct scene scene;
        scene_open_keeping(&scene, backend, &job, CLOCK_NEVER);
        scene.hunter->newborns = newborns;
        send_hunter(&scene, scene.workers, 1, MS);
        while (atomic_load(&scene.hunter->hits) <= newborns)
            expect_right_frame(&scene);
        scene_close(&scene, hunter_join(scene.hunter));
    }
}

static pid_t find_spare(const struct scene *scene) {
    pid_t children[CHILDREN_MAX];
    unsigned count = children_of(getpid(), children, CHILDREN_MAX);
    for (unsigned i = 0; i < count; i++) {
        char path[64], name[16] = "";
        snprintf(path, sizeof path, "/proc/%ld/comm", (long)children[i]);
        FILE *file = fopen(path, "r");
        EXPECT_THAT(&scene->stage, file && fscanf(file, "%15s", name) == 1);
        fclose(file);
        if (strcmp(name, "spare") == 0)
            return children[i];
    }
    return 0;
}

/* A scene with somebody who stands by. */
static pid_t scene_open_with_spare(struct scene *scene, const struct backend *backend,
                                   const struct job *job) {
    pid_t spare;
    scene_open_keeping(scene, backend, job, 1);
    do
        expect_right_frame(scene);
    while ((spare = find_spare(scene)) == 0);
    return spare;
}

static void the_spare_steps_in(const struct backend *backend) {
    struct job job = long_job();
    struct scene scene;
    pid_t spare = scene_open_with_spare(&scene, backend, &job);
    send_hunter(&scene, scene.workers, 1, 10 * MS);
    expect_right_frame(&scene);
    EXPECT(&scene.stage, scene.reports, 1);
    EXPECT_THAT(&scene.stage, find_spare(&scene) != spare);
    EXPECT(&scene.stage, kill(spare, 0), 0); /* it lives, under the dead one's name */
    scene_close(&scene, 1);
}

static void a_dead_spare_is_not_missed(const struct backend *backend) {
    struct job job = long_job();
    struct scene scene;
    pid_t spare = scene_open_with_spare(&scene, backend, &job);
    kill_now(&scene.stage, spare);
    expect_right_frame(&scene);
    EXPECT(&scene.stage, scene.reports, 0);
    send_hunter(&scene, scene.workers, 1, 10 * MS);
    expect_right_frame(&scene);
    expect_right_frame(&scene);
    EXPECT_THAT(&scene.stage, find_spare(&scene) != 0);
    scene_close(&scene, 1);
}

/* It steps in all the same, and is then replaced when its lease has run out. */
static void a_stopped_spare_is_replaced(const struct backend *backend) {
    struct job job = long_job();
    struct scene scene;
    pid_t spare = scene_open_with_spare(&scene, backend, &job);
    EXPECT(&scene.stage, kill(spare, SIGSTOP), 0);
    send_hunter(&scene, scene.workers, 1, 10 * MS);
    while (scene.reports < 2)
        expect_right_frame(&scene);
    scene_close(&scene, 2);
}

/* It has no work, so nobody need wait for it. */
static void a_stopped_spare_is_no_hindrance(const struct backend *backend) {
    struct job job = short_job();
    struct scene scene;
    pid_t spare = scene_open_with_spare(&scene, backend, &job);
    EXPECT(&scene.stage, kill(spare, SIGSTOP), 0);
    expect_right_frame(&scene);
    scene_close(&scene, 0);
}

static void the_dead_at_close_cost_nothing(const struct backend *backend) {
    struct job job = short_job();
    for (unsigned renders = 0; renders < 2; renders++)
        for (unsigned dead = 1, count = 1; dead <= count; dead++) {
            struct scene scene;
            scene_open(&scene, backend, &job);
            count = scene.count;
            for (unsigned done = 0; done < renders; done++)
                expect_right_frame(&scene);
            for (unsigned i = 0; i < dead; i++)
                kill_now(&scene.stage, scene.workers[count - 1 - i]);
            scene_close(&scene, dead);
        }
}

/* Whoever is killed while the backend closes: told to end already, or not yet. */
static void deaths_while_closing_cost_nothing(const struct backend *backend) {
    struct job job = short_job();
    for (unsigned us = 0; us < 1000; us += 50) {
        struct scene scene;
        scene_open(&scene, backend, &job);
        expect_right_frame(&scene);
        send_hunter(&scene, &scene.workers[us / 50 % scene.count], 1, us * 1000);
        pause_ns(MS / 5);
        EXPECT(&scene.stage, stage_close(&scene.stage), 0);
        EXPECT_THAT(&scene.stage, scene.stage.monitor.workers_lost <= 1);
        hunter_join(scene.hunter);
        expect_no_children(&scene.stage);
    }
}

/* ---- the server ---- */

static void a_server_killed_ends_the_run(const struct backend *backend) {
    const struct job jobs[] = {short_job(), long_job(), short_flood()};
    for (size_t i = 0; i < LENGTH(jobs); i++) {
        struct scene scene;
        scene_open(&scene, backend, &jobs[i]);
        if (i == 0)
            kill_now(&scene.stage, scene.server);
        else
            send_hunter(&scene, &scene.server, 1, 5 * MS);
        int err = 0;
        while (!err)
            err = stage_render(&scene.stage);
        expect_end(&scene, err, false);
    }
}

static void a_server_stopped_ends_the_run(const struct backend *backend) {
    struct job job = long_job();
    struct scene scene;
    scene_open(&scene, backend, &job);
    scene.hunter->signal_number = SIGSTOP;
    send_hunter(&scene, &scene.server, 1, 10 * MS);
    expect_end(&scene, stage_render(&scene.stage), true);
}

static void the_server(const struct backend *backend) {
    if (strcmp(backend->name, "manager") != 0)
        return;
    a_server_killed_ends_the_run(backend);
    a_server_stopped_ends_the_run(backend);
}

/* ---- a batch that kills ---- */

struct poison {
    uint64_t first; /* the batch's first pixel */
    unsigned most;  /* it kills so many */
    _Atomic unsigned victims;
};

static struct poison *poison;

static uint64_t fill_or_die(const struct workload *workload, struct batch batch, uint32_t *out) {
    if (batch.first == poison->first && atomic_load(&poison->victims) < poison->most) {
        atomic_fetch_add(&poison->victims, 1);
        raise(SIGKILL);
    }
    return scalar()->fill(workload, batch, out);
}

static const struct kernel deadly = {.name = "deadly", .lanes = 1, .fill = fill_or_die};

static void ignore_report(void *context, const struct monitor_loss *loss) {
    (void)context;
    (void)loss;
}

static void expect_words(const struct stage *stage, const char *sentence, const char *words) {
    if (!strstr(sentence, words))
        fprintf(stderr, "'%s' says nothing of '%s'\n", sentence, words);
    EXPECT_THAT(stage, strstr(sentence, words));
}

static void expect_poisoned(const struct stage *reference, const struct render *render,
                            uint64_t batch) {
    char words[64];
    EXPECT(reference, poison->victims, 3);
    EXPECT(reference, render->result.workers_lost, 3);
    EXPECT(reference, render->monitor.loss.end, LOSS_POISON);
    snprintf(words, sizeof words, "%s %u (process %ld) was killed by signal 9",
             render->monitor.loss.name, render->monitor.loss.worker,
             (long)render->monitor.loss.pid);
    expect_words(reference, render->sentence, words);
    snprintf(words, sizeof words, "batch %" PRIu64 ",", batch);
    expect_words(reference, render->sentence, words);
}

static void do_poisoned(const struct backend *backend, uint64_t batch, unsigned most) {
    struct stage reference;
    struct render render;
    struct job job = job_of(small_workload(60, 41), &deadly, 2, 50);
    *poison = (struct poison){.first = batch * job.batch, .most = most};
    stage_reference(&reference, &job);
    EXPECT(&reference, render_open(&render, backend, &job), 0);
    render.monitor.report = ignore_report;
    enum render_end end = render_run(&render, 0);
    EXPECT(&reference, end, most > 2 ? RENDER_LOST : RENDER_DONE);
    if (end == RENDER_LOST) {
        expect_poisoned(&reference, &render, batch);
    } else {
        EXPECT(&reference, render.result.workers_lost, most);
        EXPECT_THAT(&reference, render.result.batches_reissued >= most);
        EXPECT(&reference, counts_compare(&render.counts, &reference.counts).pixels, 0);
    }
    expect_no_children(&reference);
    render_close(&render);
    stage_clear(&reference);
}

static void a_deadly_batch_ends_the_run_at_its_third_victim(const struct backend *backend) {
    struct stage stage = {.backend = backend, .job = short_job()};
    const uint64_t last = job_batches(&stage.job) - 1, batches[] = {0, 1, 20, last};
    poison = shared_pages(&stage, sizeof *poison);
    for (size_t i = 0; i < LENGTH(batches); i++)
        for (unsigned most = 1; most <= 4; most++)
            do_poisoned(backend, batches[i], most);
}

/* ---- stopped ---- */

static void a_stopped_worker_is_replaced(const struct backend *backend) {
    struct job job = long_job();
    for (unsigned i = 0, count = 1; i < count; i++) {
        struct scene scene;
        scene_open(&scene, backend, &job);
        count = scene.count;
        scene.hunter->signal_number = SIGSTOP;
        send_hunter(&scene, &scene.workers[i], 1, 20 * MS);
        expect_right_frame(&scene);
        while (scene.reports == 0) /* who held nothing is not missed at once */
            expect_right_frame(&scene);
        EXPECT_THAT(&scene.stage, scene.stage.monitor.loss.overdue);
        EXPECT_THAT(&scene.stage, clock_now_ns() - atomic_load(&scene.hunter->hit_ns) >= LEASE_NS);
        scene_close(&scene, 1);
    }
}

/* In the middle of whatever it does, also with a lock in its hands. */
static void workers_stopped_at_random_are_replaced(const struct backend *backend) {
    struct job job = short_flood();
    struct dice dice = dice_new();
    for (unsigned i = 0; i < 6; i++) {
        struct scene scene;
        scene_open(&scene, backend, &job);
        scene.hunter->signal_number = SIGSTOP;
        send_hunter(&scene, &scene.workers[dice_below(&dice, scene.count)], 1,
                    dice_below(&dice, 10 * MS));
        while (scene.reports == 0)
            expect_right_frame(&scene);
        scene_close(&scene, 1);
    }
}

/* A stop and its end that the whole group is sent, as by a shell's job control. */
static void a_stopped_group_loses_nobody(const struct backend *backend) {
    struct job job = short_job();
    struct stage stage = {.backend = backend, .job = job};
    _Atomic bool *over = shared_pages(&stage, sizeof *over);
    int status;
    pid_t group = fork();
    if (group == 0) {
        struct scene scene;
        setpgid(0, 0);
        scene_open(&scene, backend, &job);
        while (!atomic_load(over))
            expect_right_frame(&scene);
        scene_close(&scene, 0);
        exit(0);
    }
    setpgid(group, group);
    for (unsigned i = 0; i < 3; i++) {
        pause_ns(150 * MS);
        EXPECT(&stage, kill(-group, SIGSTOP), 0);
        pause_ns(3 * LEASE_NS);
        EXPECT(&stage, kill(-group, SIGCONT), 0);
    }
    pause_ns(2 * LEASE_NS); /* would they still be taken for stopped? */
    atomic_store(over, true);
    EXPECT_THAT(&stage, await_child(group, LIMIT_S / 2, &status));
    EXPECT(&stage, status, 0);
}

static const struct aspect aspects[] = {
    ASPECT(a_worker_killed_before_a_render_is_replaced, BACKEND_PROCESSES),
    ASPECT(all_killed_before_a_render_are_replaced, BACKEND_PROCESSES),
    ASPECT(deaths_between_renders_do_not_add_up, BACKEND_PROCESSES),
    ASPECT(a_worker_killed_in_a_long_render_is_replaced, BACKEND_PROCESSES),
    ASPECT(a_worker_killed_in_a_flood_is_replaced, BACKEND_PROCESSES),
    ASPECT(all_killed_at_once_are_replaced, BACKEND_PROCESSES),
    ASPECT(all_killed_in_turn_are_replaced, BACKEND_PROCESSES),
    ASPECT(the_newborn_are_replaced, BACKEND_PROCESSES),
    ASPECT(the_spare_steps_in, BACKEND_PROCESSES),
    ASPECT(a_dead_spare_is_not_missed, BACKEND_PROCESSES),
    ASPECT(a_stopped_spare_is_replaced, BACKEND_PROCESSES),
    ASPECT(a_stopped_spare_is_no_hindrance, BACKEND_PROCESSES),
    ASPECT(the_dead_at_close_cost_nothing, BACKEND_PROCESSES),
    ASPECT(deaths_while_closing_cost_nothing, BACKEND_PROCESSES),
    ASPECT(the_server, BACKEND_PROCESSES),
    ASPECT(a_deadly_batch_ends_the_run_at_its_third_victim, BACKEND_PROCESSES),
    ASPECT(a_stopped_worker_is_replaced, BACKEND_PROCESSES),
    ASPECT(workers_stopped_at_random_are_replaced, BACKEND_PROCESSES),
    ASPECT(a_stopped_group_loses_nobody, BACKEND_PROCESSES),
};

int main(void) {
    return run_aspects("deaths", aspects, LENGTH(aspects));
}
