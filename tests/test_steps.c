/* The strong form of chaos: a worker, and whoever else works for a backend, is killed after any of
 * its instructions, from its birth through some renders of a few batches to its end, and nobody may
 * notice: the frames are right, and nothing hangs.
 *
 * A tracer, which is not the workers' parent, sees every birth. It lets the victim run to one of
 * its system calls, and from there steps it: an instant is a number of system calls and a number of
 * instructions behind the last of them, so that long lives need few steps each. Others, if there
 * are any, run on meanwhile. Each life is measured first: one of more than CHAOS_INSTANTS
 * instructions is met at that many instants, by strides. The sweeps of a backend share the CPUs.
 */
#define LIMIT_S 7200u /* of the whole; each trial has its own */
#include "tests/stage.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>

/* Elsewhere a step may break the exclusive access that is stepped through, for ever; and what a
 * sanitizer adds takes too long. */
#if defined __x86_64__ && !SANITIZED
#define STEPS_POSSIBLE true
#else
#define STEPS_POSSIBLE false
#endif

#define INSTANTS 20 /* of a life, without CHAOS_INSTANTS; each system call begins anew */
#define RENDERS  2u
#define BATCHES  3u
#define TRIAL_S  10 /* more is a hang */
#define LIVES    3  /* are measured */
/* Beside others no two lives are alike: this often an instant must not come before nobody is
 * believed to live so long. */
#define TRIES    20

/* Who is killed. */
enum role {
    ROLE_WORKER,
    ROLE_HEIR,  /* who is forked to replace a worker that was killed over a batch */
    ROLE_SPARE, /* who stood by when that happened */
    ROLE_OTHER  /* the producer or the server */
};

struct sweep {
    const char *name;
    enum role role;
    unsigned workers;
};

static const struct sweep sweeps[] = {
    {"a worker, alone", ROLE_WORKER, 1},
    {"a worker, beside another", ROLE_WORKER, 2},
    {"a replacement, beside another", ROLE_HEIR, 2},
    {"a spare that steps in, beside another", ROLE_SPARE, 2},
    {"the producer or server, one worker", ROLE_OTHER, 1},
    {"the producer or server, two workers", ROLE_OTHER, 2},
};

/* An instant of a life. */
struct instant {
    unsigned calls; /* system calls that have returned */
    unsigned steps; /* instructions since */
};

/* In shared pages. */
struct board {
    _Atomic pid_t victim;     /* all others compute slowly, so that it gets batches too */
    _Atomic unsigned victims; /* killed in this trial */
};

struct tracer {
    const struct sweep *sweep;
    struct stage stage; /* the scene renders with its own copy */
    pid_t scene;
    unsigned born;                   /* in this trial */
    pid_t predecessor, victim, held; /* 0: not born yet, or not needed any more */
    pid_t early;                     /* has stopped at its birth before the scene told of it */
    bool over;                       /* the scene has done the trial */
    bool merciful;                   /* the victim is stepped to its own end */
    struct instant instant;
    uint64_t address; /* of the instruction that was never carried out */
};

static struct board *board;

/* ---- the scene: renders, trial after trial ---- */

/* A batch is marked by a system call that nobody else makes, so that the tracer sees it. */
static uint64_t fill_and_mark(const struct workload *workload, struct batch batch, uint32_t *out) {
    (void)workload;
    getsid(0);
    if (atomic_load(&board->victim) != getpid())
        usleep(100);
    for (uint64_t i = 0; i < batch.count; i++)
        out[i] = (uint32_t)(batch.first + i);
    return batch.count * batch.first + batch.count * (batch.count - 1) / 2;
}

static const struct kernel marking = {.name = "marking", .lanes = 1, .fill = fill_and_mark};

static bool may_end_the_run(const struct tracer *tracer) {
    return tracer->sweep->role == ROLE_OTHER && strcmp(tracer->stage.backend->name, "manager") == 0;
}

static int render_and_check(const struct tracer *tracer, struct stage *stage) {
    int err = stage_render(stage);
    if (err == -EOWNERDEAD && may_end_the_run(tracer))
        return err;
    EXPECT(stage, err, 0);
    for (uint64_t i = 0; i < stage->counts.pixels; i++)
        EXPECT(stage, stage->counts.at[i], i);
    EXPECT(stage, monitor_batches_done(&stage->monitor), BATCHES);
    EXPECT(stage, monitor_iterations(&stage->monitor), counts_sum(&stage->counts).iterations);
    return 0;
}

/* A spare that dies before it has stepped in is no loss. */
static void expect_losses(const struct tracer *tracer, const struct stage *stage) {
    unsigned victims = atomic_load(&board->victims), lost = stage->monitor.workers_lost;
    if (tracer->sweep->role != ROLE_SPARE || lost + 1 != victims)
        EXPECT(stage, lost, victims);
}

static void do_trial(const struct tracer *tracer, struct stage *stage) {
    stage->monitor.workers_lost = 0;
    stage->monitor.spare_ns = tracer->sweep->role == ROLE_SPARE ? 1 : CLOCK_NEVER;
    int err = stage_open(stage);
    if (err == -EOWNERDEAD && may_end_the_run(tracer)) {
        expect_no_children(stage);
        return;
    }
    EXPECT(stage, err, 0);
    for (unsigned i = 0; !err && i < RENDERS; i++)
        err = render_and_check(tracer, stage);
    int closed = stage_close(stage);
    EXPECT_THAT(stage, closed == 0 || (closed == -EOWNERDEAD && may_end_the_run(tracer)));
    expect_losses(tracer, stage);
    expect_no_children(stage);
}

/* Before each trial it stops, by a signal that its tracer keeps. */
static _Noreturn void be_the_scene(struct tracer *tracer) {
    for (;;) {
        raise(SIGUSR1);
        do_trial(tracer, &tracer->stage);
    }
}

/* ---- the tracer: what happens ---- */

static _Noreturn void give_up(const struct tracer *tracer, const char *what) {
    fprintf(stderr, "%s, %s: %s; killed %u instructions behind system call %u, at %#" PRIx64 "\n",
            tracer->stage.backend->name, tracer->sweep->name, what, tracer->instant.steps,
            tracer->instant.calls, tracer->address);
    say_where(tracer->scene);
    kill(tracer->scene, SIGKILL);
    _exit(1);
}

static void on_alarm(int signal_number) {
    (void)signal_number;
}

/* Lets a tracee go on after a stop, with the signal that stopped it, if it was one. */
static void go_on(enum __ptrace_request request, pid_t pid, int status) {
    int stop = WSTOPSIG(status);
    bool is_signal = status >> 16 == 0 && stop != SIGTRAP && stop != (SIGTRAP | 0x80);
    ptrace(request, pid, NULL, (long)(is_signal ? stop : 0));
}

/* Only these have a process that neither computes nor is the original one. */
static bool has_other(const struct backend *backend) {
    return strcmp(backend->name, "fork-queue") == 0 || strcmp(backend->name, "manager") == 0;
}

/* Workers are born first, then the producer or server, then a spare. */
static bool is_victim(const struct tracer *tracer, unsigned number) {
    const struct sweep *sweep = tracer->sweep;
    switch (sweep->role) {
    case ROLE_WORKER:
        return number == 0;
    case ROLE_HEIR:
        return atomic_load(&board->victims) > 0 && !tracer->victim;
    case ROLE_SPARE:
        return number == sweep->workers + has_other(tracer->stage.backend);
    case ROLE_OTHER:
        return number == sweep->workers;
    }
    return false;
}

/* A newborn child of the scene waits for its first instruction. */
static void attend_birth(struct tracer *tracer, pid_t pid) {
    const struct sweep *sweep = tracer->sweep;
    unsigned number = tracer->born++;
    bool succeeds = sweep->role == ROLE_HEIR || sweep->role == ROLE_SPARE;
    if (succeeds && number == 0)
        tracer->predecessor = pid;
    else if (succeeds && number < sweep->workers)
        tracer->held = pid; /* or it might do all the work before */
    else if (is_victim(tracer, number))
        tracer->victim = pid;
    else
        ptrace(PTRACE_DETACH, pid, NULL, NULL);
    if (tracer->victim == pid)
        atomic_store(&board->victim, pid);
}

static void attend_fork(struct tracer *tracer) {
    unsigned long child = 0;
    int status;
    ptrace(PTRACE_GETEVENTMSG, tracer->scene, NULL, &child);
    if (tracer->early == (pid_t)child)
        tracer->early = 0;
    else if (waitpid((pid_t)child, &status, __WALL) < 0)
        give_up(tracer, "a birth is missed");
    attend_birth(tracer, (pid_t)child);
}

/* The scene has stopped, or something else of the scene's. */
static void attend(struct tracer *tracer, pid_t pid, int status) {
    if (pid != tracer->scene) {
        if (!WIFSTOPPED(status))
            return;
        if (tracer->early)
            give_up(tracer, "two births at once");
        tracer->early = pid;
        return;
    }
    if (!WIFSTOPPED(status))
        give_up(tracer, "the scene has ended");
    if (status >> 16 == PTRACE_EVENT_FORK)
        attend_fork(tracer);
    tracer->over = status >> 16 == 0 && WSTOPSIG(status) == SIGUSR1;
    if (!tracer->over)
        go_on(PTRACE_CONT, pid, status);
}

static int await_any(struct tracer *tracer, pid_t *pid) {
    int status = 0;
    *pid = waitpid(-1, &status, __WALL);
    if (*pid < 0)
        give_up(tracer, errno == EINTR ? "a hang" : "nobody is left");
    return status;
}

/* Until this one stops or ends, whatever happens meanwhile. */
static int await(struct tracer *tracer, pid_t wanted) {
    for (;;) {
        pid_t pid;
        int status = await_any(tracer, &pid);
        if (pid == wanted)
            return status;
        attend(tracer, pid, status);
    }
}

/* ---- the tracer: what it does ---- */

/* Goes on by the request until the stop that this causes; false: it has ended. */
static bool advance(struct tracer *tracer, pid_t pid, enum __ptrace_request request, int stop) {
    int status = 0;
    do {
        go_on(request, pid, status);
        status = await(tracer, pid);
        if (!WIFSTOPPED(status))
            return false;
    } while (WSTOPSIG(status) != stop);
    return true;
}

static bool to_call(struct tracer *tracer, pid_t pid) {
    return advance(tracer, pid, PTRACE_SYSCALL, SIGTRAP | 0x80);
}

static struct __ptrace_syscall_info look(pid_t pid) {
    struct __ptrace_syscall_info info = {0};
    ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
    return info;
}

/* Is its next instruction a system call? */
static bool is_at_call(struct tracer *tracer, pid_t pid) {
    tracer->address = look(pid).instruction_pointer;
    return (ptrace(PTRACE_PEEKTEXT, pid, tracer->address, NULL) & 0xffff) == 0x050f;
}

/* Its parent hears of its end only after we have. */
static void kill_now(struct tracer *tracer, pid_t pid) {
    atomic_fetch_add(&board->victims, 1);
    kill(pid, SIGKILL);
    while (WIFSTOPPED(await(tracer, pid)))
        ;
}

/* While it computes its first batch. */
static void kill_predecessor(struct tracer *tracer) {
    struct __ptrace_syscall_info info;
    pid_t pid = tracer->predecessor;
    do {
        if (!to_call(tracer, pid))
            give_up(tracer, "the first worker did nothing");
        info = look(pid);
    } while (info.op != PTRACE_SYSCALL_INFO_ENTRY || info.entry.nr != SYS_getsid);
    kill_now(tracer, pid);
    ptrace(PTRACE_DETACH, tracer->held, NULL, NULL);
}

/* From its birth to the instant, or to the system call before it, which is then the instant. False:
 * its life was over before. */
static bool kill_victim(struct tracer *tracer) {
    struct instant *instant = &tracer->instant;
    pid_t pid = tracer->victim;
    unsigned steps = 0;
    for (unsigned i = 0; i < 2 * instant->calls; i++)
        if (!to_call(tracer, pid))
            return false;
    for (; steps < instant->steps && !is_at_call(tracer, pid); steps++)
        if (!advance(tracer, pid, PTRACE_SINGLESTEP, SIGTRAP))
            return false;
    instant->steps = steps;
    kill_now(tracer, pid);
    return true;
}

/* From its birth to its end, which nobody hastens: tracer->instant.steps counts. */
static void step_through(struct tracer *tracer) {
    while (advance(tracer, tracer->victim, PTRACE_SINGLESTEP, SIGTRAP))
        tracer->instant.steps++;
}

enum outcome { KILLED, OVER, NOBODY };

static enum outcome meet_victim(struct tracer *tracer) {
    if (!tracer->merciful)
        return kill_victim(tracer) ? KILLED : OVER;
    step_through(tracer);
    return OVER;
}

static enum outcome trace_trial(struct tracer *tracer) {
    enum outcome outcome = NOBODY;
    tracer->born = 0;
    tracer->predecessor = tracer->victim = tracer->held = 0;
    atomic_store(&board->victim, 0);
    atomic_store(&board->victims, 0);
    tracer->over = false;
    alarm(TRIAL_S);
    ptrace(PTRACE_CONT, tracer->scene, NULL, NULL);
    while (!tracer->over) {
        pid_t pid;
        int status = await_any(tracer, &pid);
        attend(tracer, pid, status);
        if (tracer->predecessor && atomic_load(&board->victims) == 0 &&
            (tracer->victim || tracer->sweep->role != ROLE_SPARE))
            kill_predecessor(tracer);
        if (tracer->victim && outcome == NOBODY)
            outcome = meet_victim(tracer);
    }
    alarm(0);
    return outcome;
}

/* The scene, which waits for its first trial. */
static void start_scene(struct tracer *tracer) {
    const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK | PTRACE_O_TRACESYSGOOD;
    int ready[2], status;
    char byte;
    EXPECT(&tracer->stage, pipe(ready), 0);
    tracer->scene = fork();
    if (tracer->scene == 0) {
        close(ready[1]);
        ssize_t ignored = read(ready[0], &byte, 1);
        (void)ignored;
        close(ready[0]);
        be_the_scene(tracer);
    }
    EXPECT(&tracer->stage, ptrace(PTRACE_SEIZE, tracer->scene, NULL, options), 0);
    close(ready[0]);
    close(ready[1]);
    while (!tracer->over) {
        EXPECT(&tracer->stage, waitpid(tracer->scene, &status, __WALL), tracer->scene);
        attend(tracer, tracer->scene, status);
    }
}

/* The instant is tried until the victim lives so long. */
static enum outcome try_instant(struct tracer *tracer) {
    const struct instant wanted = tracer->instant;
    enum outcome outcome, worst = NOBODY;
    for (unsigned i = 0; i < TRIES; i++) {
        tracer->instant = wanted;
        if ((outcome = trace_trial(tracer)) == KILLED)
            return KILLED;
        if (outcome == OVER)
            worst = OVER;
    }
    return worst;
}

/* Instructions of the longest of some lives. */
static unsigned measure_life(struct tracer *tracer) {
    unsigned longest = 0;
    tracer->merciful = true;
    for (unsigned i = 0; i < LIVES; i++) {
        tracer->instant = (struct instant){0, 0};
        trace_trial(tracer);
        longest = tracer->instant.steps > longest ? tracer->instant.steps : longest;
    }
    tracer->merciful = false;
    tracer->instant = (struct instant){0, 0};
    return longest;
}

static unsigned stride_through(unsigned length) {
    const char *text = getenv("CHAOS_INSTANTS");
    unsigned instants = text ? (unsigned)strtoul(text, NULL, 10) : INSTANTS;
    unsigned stride = length / (instants > 0 ? instants : 1);
    return stride > 0 ? stride : 1;
}

/* All instants of one life, or each stride-th behind each system call: how many there were. */
static unsigned kill_at_all(struct tracer *tracer, unsigned stride) {
    unsigned killed = 0, steps = 0;
    enum outcome outcome;
    while ((outcome = try_instant(tracer)) == KILLED) {
        unsigned calls = tracer->instant.calls;
        killed++;
        if (tracer->instant.steps < steps) { /* there was a system call before */
            calls++;
            steps = 0;
        } else
            steps += stride;
        tracer->instant = (struct instant){calls, steps};
    }
    if (outcome == NOBODY)
        give_up(tracer, "nobody was born to be killed");
    return killed;
}

static void say_coverage(const struct tracer *tracer, unsigned length, unsigned stride,
                         unsigned killed, uint64_t took_ns) {
    char how[32] = "complete";
    if (stride > 1)
        snprintf(how, sizeof how, "stride %u", stride);
    printf("# %s, %s: killed at %u instants of a life of %u instructions, %s, %u system calls, "
           "%.1f s\n",
           tracer->stage.backend->name, tracer->sweep->name, killed, length, how,
           tracer->instant.calls, clock_seconds(took_ns));
    fflush(stdout);
}

static void sweep_life(const struct backend *backend, const struct sweep *sweep) {
    struct tracer tracer = {.sweep = sweep};
    struct job job = job_of(small_workload(2 * BATCHES, 1), &marking, sweep->workers, 2);
    uint64_t start_ns = clock_now_ns();
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    stage_set(&tracer.stage, backend, &job);
    start_scene(&tracer);
    unsigned length = measure_life(&tracer), stride = stride_through(length);
    if (sweep->role != ROLE_OTHER || has_other(backend)) {
        unsigned killed = kill_at_all(&tracer, stride);
        say_coverage(&tracer, length, stride, killed, clock_now_ns() - start_ns);
    } else if (length > 0)
        give_up(&tracer, "somebody was born whom the backend does not have");
    kill(tracer.scene, SIGKILL);
    waitpid(tracer.scene, NULL, 0);
    stage_clear(&tracer.stage);
}

static unsigned usable_cpus(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

/* One of the sweeps has ended: was all well? */
static bool await_sweep(void) {
    int status = 0;
    return wait(&status) > 0 && status == 0;
}

/* As many sweeps at a time as there are CPUs, each a process: a tracer waits for all its children.
 */
static void every_instruction(const struct backend *backend) {
    const unsigned count = sizeof sweeps / sizeof *sweeps, cpus = usable_cpus();
    bool well = true;
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = on_alarm}, NULL);
    for (unsigned i = 0; i < count; i++) {
        if (i >= cpus)
            well &= await_sweep();
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            sweep_life(backend, &sweeps[i]);
            exit(0);
        }
    }
    for (unsigned i = 0; i < (count < cpus ? count : cpus); i++)
        well &= await_sweep();
    exit(well ? 0 : 1);
}

static const struct aspect aspects[] = {
    ASPECT(every_instruction, BACKEND_PROCESSES),
};

/* NULL, or why nobody can be stepped here. Some containers forbid it. */
static const char *impossible(void) {
    int status = 0;
    if (!STEPS_POSSIBLE)
        return "instructions are stepped on x86-64 only, and without sanitizers";
    pid_t probe = fork();
    if (probe == 0)
        _exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : 1);
    waitpid(probe, &status, 0);
    return status == 0 ? NULL : "ptrace is refused here";
}

int main(void) {
    const char *reason = impossible();
    if (reason) {
        printf("1..0 # SKIP %s\n", reason);
        return 0;
    }
    return run_aspects("steps", aspects, 1);
}
