/* Proves that workers start, tell how they ended, end when their parent says so, and never outlive
 * it; and that a supervisor hears of bells, deaths and stops, each once and of the right worker,
 * replaces whom it should, and leaves no process behind. */
#include "tests/mp_helpers.h"

#include "base/stop.h"
#include "mp/supervisor.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

static int return_number(void *argument, unsigned number) {
    (void)argument;
    return (int)number;
}

static int sleep_for_ever(void *argument, unsigned number) {
    (void)argument;
    (void)number;
    pause_for_ever();
}

static int wait_for_go(void *argument, unsigned number) {
    (void)number;
    return reaches(argument, 1) ? 0 : 1;
}

/* ---- worker ---- */

static void worker_tells_its_exit_code(void **state) {
    static const unsigned codes[] = {0, 1, 77, 255};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct worker worker;
        assert_int_equal(
            worker_start(&worker, kind_of(state), "exit", codes[i], return_number, NULL), 0);
        join_in_time(&worker);
        assert_int_equal(worker.exitcode, codes[i]);
        assert_false(worker_is_alive(&worker));
        assert_int_equal(worker_join(&worker), 0); /* again: at once */
        assert_int_equal(worker.exitcode, codes[i]);
    }
    assert_no_children();
}

static void worker_never_started_can_be_joined(void **state) {
    (void)state;
    struct worker worker = {0};
    assert_int_equal(worker_join(&worker), 0);
    assert_int_equal(worker_join_until(&worker, 0), 0);
    assert_false(worker_is_alive(&worker));
}

static void worker_join_gives_up_near_its_deadline(void **state) {
    if (TIMED_CALLS_MISREAD && kind_of(state) == WORKER_THREAD)
        return;
    struct arena arena = ARENA_EMPTY;
    _Atomic uint32_t *go = take(&arena, sizeof *go);
    struct team *team = team_start(kind_of(state), 1, wait_for_go, go);
    uint64_t start = clock_now_ns();
    assert_int_equal(worker_join_until(&team->workers[0], start + 50 * MS), -ETIMEDOUT);
    assert_in_range(clock_now_ns() - start, 50 * MS, 2000 * MS);
    assert_int_equal(worker_join_until(&team->workers[0], 0), -ETIMEDOUT);
    assert_true(worker_is_alive(&team->workers[0]));
    assert_int_equal(team->workers[0].exitcode, WORKER_RUNNING);
    atomic_store(go, 1);
    team_join(team);
    assert_false(worker_is_alive(&team->workers[0]));
    arena_close(&arena);
}

static void worker_is_alive_sees_the_end_without_a_join(void **state) {
    if (TIMED_CALLS_MISREAD && kind_of(state) == WORKER_THREAD)
        return;
    struct arena arena = ARENA_EMPTY;
    struct team *team = team_start(kind_of(state), 1, return_number, NULL);
    uint64_t deadline = clock_after_ns(PATIENCE_NS);
    while (worker_is_alive(&team->workers[0]) && clock_now_ns() < deadline)
        sleep_ms(1);
    assert_false(worker_is_alive(&team->workers[0]));
    assert_int_equal(team->workers[0].exitcode, 0);
    arena_close(&arena);
}

static void a_killed_worker_tells_the_signal(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct team *team = team_start(WORKER_PROCESS, 2, sleep_for_ever, NULL);
    kill_and_join(&team->workers[0]);
    assert_false(worker_is_alive(&team->workers[0]));
    assert_int_equal(worker_kill(&team->workers[0]), 0); /* it is gone: nothing to do */
    assert_int_equal(kill(team->workers[1].pid, SIGUSR1), 0);
    join_in_time(&team->workers[1]);
    assert_int_equal(team->workers[1].exitcode, -SIGUSR1);
    assert_no_children();
    arena_close(&arena);
}

static void a_killed_worker_is_alive_no_more_before_it_is_joined(void **state) {
    (void)state;
    struct worker worker;
    assert_int_equal(worker_start(&worker, WORKER_PROCESS, "victim", 0, sleep_for_ever, NULL), 0);
    assert_int_equal(kill(worker.pid, SIGKILL), 0);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)worker.pid, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(worker_kill(&worker), 0); /* a zombie: no error */
    assert_false(worker_is_alive(&worker));
    assert_int_equal(worker.exitcode, -SIGKILL);
    assert_no_children();
}

static void a_thread_cannot_be_killed(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    _Atomic uint32_t *go = take(&arena, sizeof *go);
    struct team *team = team_start(WORKER_THREAD, 1, wait_for_go, go);
    assert_int_equal(worker_kill(&team->workers[0]), -EOPNOTSUPP);
    assert_int_equal(worker_terminate(&team->workers[0]), -EOPNOTSUPP);
    atomic_store(go, 1);
    team_join(team);
    arena_close(&arena);
}

/* Says where it runs, until it is killed. */
static int tell_cpu(void *argument, unsigned number) {
    _Atomic uint32_t *cpu = argument;
    (void)number;
    while (atomic_load(cpu) != UINT32_MAX)
        atomic_store(cpu, (uint32_t)sched_getcpu() + 1);
    return 1;
}

static bool is_seen_on(const struct worker *worker, _Atomic uint32_t *told, unsigned cpu) {
    for (unsigned tries = 0; tries < 100; tries++) {
        worker_begin_on(worker, cpu);
        usleep(1000);
        if (atomic_load(told) == cpu + 1)
            return true;
    }
    return false;
}

static void a_process_begins_where_it_is_told(void **state) {
    struct arena arena = ARENA_EMPTY;
    _Atomic uint32_t *told = take(&arena, sizeof *told);
    struct worker worker;
    cpu_set_t own, its;
    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof own, &own), 0);
    assert_int_equal(worker_start(&worker, WORKER_PROCESS, "rover", 0, tell_cpu, told), 0);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &own))
            assert_true(is_seen_on(&worker, told, cpu));
    worker_begin_on(&worker, CPU_SETSIZE); /* there is none: nothing happens */
    assert_int_equal(sched_getaffinity(worker.pid, sizeof its, &its), 0);
    assert_true(CPU_EQUAL(&own, &its)); /* later it may go anywhere */
    assert_int_equal(worker_kill(&worker), 0);
    join_in_time(&worker);
    arena_close(&arena);
}

static void worker_shows_its_name(void **state) {
    (void)state;
    struct worker worker;
    char path[64], name[32] = "";
    assert_int_equal(
        worker_start(&worker, WORKER_PROCESS, "a name that is too long", 0, sleep_for_ever, NULL),
        0);
    assert_string_equal(worker.name, "a name that is ");
    snprintf(path, sizeof path, "/proc/%ld/comm", (long)worker.pid);
    uint64_t deadline = clock_after_ns(PATIENCE_NS);
    while (strcmp(name, "a name that is \n") != 0 && clock_now_ns() < deadline) {
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        assert_non_null(fgets(name, sizeof name, file));
        fclose(file);
    }
    assert_string_equal(name, "a name that is \n");
    kill_and_join(&worker);
}

static int tell_thread_name(void *argument, unsigned number) {
    (void)number;
    return prctl(PR_GET_NAME, argument) == 0 ? 0 : 1;
}

static void a_thread_has_its_name_too(void **state) {
    (void)state;
    struct worker worker;
    char name[16] = "";
    assert_int_equal(
        worker_start(&worker, WORKER_THREAD, "needle and thread", 0, tell_thread_name, name), 0);
    join_in_time(&worker);
    assert_string_equal(name, "needle and thre");
}

/* ---- signals ---- */

/* Who terminates must be the parent, so somebody else is needed to send what is to be ignored. */
struct sender {
    pid_t target;
    int signal_number;
};

static int send_one(void *argument, unsigned number) {
    const struct sender *sender = argument;
    (void)number;
    return kill(sender->target, sender->signal_number) == 0 ? 0 : 1;
}

static void somebody_else_sends(pid_t target, int signal_number) {
    struct sender sender = {target, signal_number};
    struct worker worker;
    assert_int_equal(worker_start(&worker, WORKER_PROCESS, "sender", 0, send_one, &sender), 0);
    join_in_time(&worker);
    assert_int_equal(worker.exitcode, 0);
}

static void terminate_and_join(struct worker *worker) {
    assert_int_equal(worker_terminate(worker), 0);
    join_in_time(worker);
    assert_int_equal(worker->exitcode, -SIGTERM);
}

/* Says that it has come so far, and sleeps, or looks at a word again and again. */
static int be_somewhere(void *argument, unsigned number) {
    _Atomic uint32_t *ready = argument;
    atomic_fetch_add(ready, 1);
    if (number == 0)
        pause_for_ever();
    while (!reaches(ready, UINT32_MAX))
        ;
    return 0;
}

static void worker_is_terminated_wherever_it_is(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    _Atomic uint32_t *ready = take(&arena, sizeof *ready);
    struct team *team = team_start(WORKER_PROCESS, 2, be_somewhere, ready);
    assert_true(reaches(ready, 2));
    for (unsigned i = 0; i < 2; i++) {
        terminate_and_join(&team->workers[i]);
        assert_int_equal(worker_terminate(&team->workers[i]), 0); /* it is gone: nothing to do */
        assert_int_equal(team->workers[i].exitcode, -SIGTERM);
    }
    assert_no_children();
    arena_close(&arena);
}

static void a_stopped_worker_is_terminated_too(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    _Atomic uint32_t *ready = take(&arena, sizeof *ready);
    struct team *team = team_start(WORKER_PROCESS, 1, be_somewhere, ready);
    assert_true(reaches(ready, 1));
    stop_and_see(&team->workers[0]);
    terminate_and_join(&team->workers[0]);
    arena_close(&arena);
}

static void a_terminated_worker_can_be_a_zombie(void **state) {
    (void)state;
    struct worker worker;
    siginfo_t info;
    assert_int_equal(worker_start(&worker, WORKER_PROCESS, "zombie", 5, return_number, NULL), 0);
    assert_int_equal(waitid(P_PID, (id_t)worker.pid, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(worker_terminate(&worker), 0);
    join_in_time(&worker);
    assert_int_equal(worker.exitcode, 5);
}

/* What the whole group is sent is the parent's matter. */
static void worker_ignores_what_others_send(void **state) {
    static const int signals[] = {SIGTERM, SIGINT, SIGTERM, SIGTERM};
    (void)state;
    struct arena arena = ARENA_EMPTY;
    _Atomic uint32_t *ready = take(&arena, sizeof *ready);
    struct team *team = team_start(WORKER_PROCESS, 2, be_somewhere, ready);
    assert_true(reaches(ready, 2));
    for (unsigned i = 0; i < 2; i++) {
        for (size_t j = 0; j < sizeof signals / sizeof *signals; j++) {
            somebody_else_sends(team->workers[i].pid, signals[j]);
            sleep_ms(5);
            assert_true(worker_is_alive(&team->workers[i]));
        }
        assert_int_equal(kill(team->workers[i].pid, SIGINT), 0); /* not even from the parent */
        sleep_ms(5);
        assert_true(worker_is_alive(&team->workers[i]));
        terminate_and_join(&team->workers[i]);
    }
    arena_close(&arena);
}

/* A worker that has not yet run since somebody else's SIGTERM came, as one of a group may, when its
 * parent, of the same group, ends it. Signals of one number do not queue. */
static void terminate_does_not_hide_behind_what_others_send(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    _Atomic uint32_t *ready = take(&arena, sizeof *ready);
    struct team *team = team_start(WORKER_PROCESS, 1, be_somewhere, ready);
    pid_t pid = team->workers[0].pid;
    siginfo_t info;
    assert_true(reaches(ready, 1));
    assert_int_equal(kill(pid, SIGSTOP), 0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WSTOPPED), 0);
    somebody_else_sends(pid, SIGTERM);
    assert_int_equal(worker_terminate(&team->workers[0]), 0);
    assert_int_equal(kill(pid, SIGCONT), 0);
    join_in_time(&team->workers[0]);
    assert_int_equal(team->workers[0].exitcode, -SIGTERM);
    arena_close(&arena);
}

static void a_parent_that_blocks_the_signal_can_terminate(void **state) {
    (void)state;
    struct worker worker;
    sigset_t terminate, mask;
    sigemptyset(&terminate);
    sigaddset(&terminate, SIGTERM);
    assert_int_equal(sigprocmask(SIG_BLOCK, &terminate, &mask), 0);
    int err = worker_start(&worker, WORKER_PROCESS, "masked", 0, sleep_for_ever, NULL);
    assert_int_equal(sigprocmask(SIG_SETMASK, &mask, NULL), 0);
    assert_int_equal(err, 0);
    terminate_and_join(&worker);
}

static void terminate_races_with_birth(unsigned rounds) {
    uint32_t seed = 17;
    for (unsigned i = 0; i < rounds; i++) {
        struct worker worker;
        struct timespec nap = {.tv_nsec = (long)(random_next(&seed) % 300000)};
        assert_int_equal(worker_start(&worker, WORKER_PROCESS, "infant", 0, sleep_for_ever, NULL),
                         0);
        if (i % 2)
            nanosleep(&nap, NULL);
        terminate_and_join(&worker);
    }
}

/* Also in a parent with handlers of its own, of which the child has a copy for a moment. */
static void worker_is_terminated_at_birth(void **state) {
    static const int signals[] = {SIGINT, SIGTERM, SIGALRM, SIGPIPE};
    (void)state;
    struct sigaction old[4];
    terminate_races_with_birth(ROUNDS(500u));
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(sigaction(signals[i], NULL, &old[i]), 0);
    assert_int_equal(stop_install(), 0);
    terminate_races_with_birth(ROUNDS(500u));
    struct pollfd asked = {.fd = stop_fd(), .events = POLLIN};
    assert_int_equal(poll(&asked, 1, 0), 0);
    assert_int_equal(stop_signal(), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(sigaction(signals[i], &old[i], NULL), 0);
    close(stop_fd());
}

static bool is_gone(pid_t pid) {
    return kill(pid, 0) != 0 && errno == ESRCH;
}

/* The middle process: starts workers, tells their ids, and waits to be killed. */
static void be_a_parent(_Atomic uint32_t *pids) {
    static struct worker workers[3];
    for (uint32_t i = 0; i < 3; i++) {
        if (worker_start(&workers[i], WORKER_PROCESS, "orphan", i, sleep_for_ever, NULL) != 0)
            _exit(1);
        atomic_store(&pids[i], (uint32_t)workers[i].pid);
    }
    pause_for_ever();
}

static void workers_die_with_their_parent(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    _Atomic uint32_t *pids = take(&arena, 3 * sizeof *pids);
    /* Orphans come to us and not to init, so that we can see them die. */
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    pid_t parent = fork();
    assert_true(parent >= 0);
    if (parent == 0)
        be_a_parent(pids);
    assert_true(reaches(&pids[2], 1));
    assert_int_equal(kill(parent, SIGKILL), 0);
    uint64_t deadline = clock_after_ns(2000 * MS);
    unsigned reaped = 0;
    while (reaped < 4 && clock_now_ns() < deadline) {
        if (waitpid(-1, NULL, WNOHANG) > 0)
            reaped++;
        else
            sleep_ms(1);
    }
    assert_int_equal(reaped, 4);
    for (unsigned i = 0; i < 3; i++)
        assert_true(is_gone((pid_t)pids[i]));
    assert_no_children();
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
    arena_close(&arena);
}

/* ---- supervisor ---- */

struct office {
    struct arena arena;
    struct supervisor supervisor;
    int stop_fd;
    _Atomic uint32_t *go;
};

static void office_open(struct office *office, unsigned capacity) {
    *office = (struct office){.arena = ARENA_EMPTY};
    office->go = take(&office->arena, sizeof *office->go);
    office->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert_true(office->stop_fd >= 0);
    assert_int_equal(
        supervisor_open(&office->supervisor, &office->arena, capacity, office->stop_fd), 0);
}

static void office_close(struct office *office) {
    supervisor_close(&office->supervisor);
    supervisor_close(&office->supervisor); /* a zeroed one */
    close(office->stop_fd);
    arena_close(&office->arena);
    assert_no_children();
}

static void employ(struct office *office, enum worker_kind kind, worker_main *main,
                   void *argument) {
    assert_int_equal(supervisor_start(&office->supervisor, kind, "employee", main, argument), 0);
}

/* Waits for news, which must be of that kind. */
static struct worker *expect_news(struct office *office, uint64_t patience_ns, int expected) {
    struct worker *dead = NULL;
    bell_arm(office->supervisor.bell);
    int news = supervisor_wait(&office->supervisor, clock_after_ns(patience_ns), &dead);
    assert_int_equal(news, expected);
    assert_int_equal(office->supervisor.bell->armed, 0);
    return dead;
}

static struct worker *expect_death(struct office *office) {
    struct worker *dead = expect_news(office, PATIENCE_NS, SUPERVISOR_DEATH);
    assert_non_null(dead);
    return dead;
}

static void supervisor_waits_no_longer_than_told(void **state) {
    (void)state;
    struct office office;
    office_open(&office, 1);
    uint64_t start = clock_now_ns();
    expect_news(&office, 50 * MS, SUPERVISOR_NOTHING);
    assert_in_range(clock_now_ns() - start, 50 * MS, 2000 * MS);
    expect_news(&office, 0, SUPERVISOR_NOTHING);
    office_close(&office);
}

static int ring_when_told(void *argument, unsigned number) {
    struct office *office = argument;
    (void)number;
    if (!reaches(office->go, 1))
        return 1;
    bell_ring(office->supervisor.bell);
    return reaches(office->go, 2) ? 0 : 1;
}

static void supervisor_hears_the_bell(void **state) {
    struct office office;
    office_open(&office, 1);
    employ(&office, kind_of(state), ring_when_told, &office);
    expect_news(&office, 20 * MS, SUPERVISOR_NOTHING);
    bell_arm(office.supervisor.bell);
    atomic_store(office.go, 1);
    expect_news(&office, PATIENCE_NS, SUPERVISOR_BELL);
    expect_news(&office, 20 * MS, SUPERVISOR_NOTHING); /* once */
    atomic_store(office.go, 2);
    struct worker *bad = NULL;
    assert_int_equal(supervisor_join(&office.supervisor, &bad), 0);
    assert_null(bad);
    office_close(&office);
}

static void supervisor_hears_of_a_stop(void **state) {
    (void)state;
    struct office office;
    office_open(&office, 1);
    employ(&office, WORKER_PROCESS, sleep_for_ever, NULL);
    assert_int_equal(eventfd_write(office.stop_fd, 1), 0);
    expect_news(&office, PATIENCE_NS, SUPERVISOR_STOP);
    expect_news(&office, PATIENCE_NS, SUPERVISOR_STOP); /* nobody reads it empty */
    office_close(&office);
}

static void supervisor_hears_of_each_death_once(void **state) {
    (void)state;
    struct office office;
    office_open(&office, 6);
    for (unsigned i = 0; i < 6; i++)
        employ(&office, WORKER_PROCESS, sleep_for_ever, NULL);
    static const unsigned order[] = {0, 3, 5, 2, 1, 4};
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(worker_kill(&office.supervisor.workers[order[i]]), 0);
        struct worker *dead = expect_death(&office);
        assert_int_equal(dead->number, order[i]);
        assert_int_equal(dead->exitcode, -SIGKILL);
        expect_news(&office, 20 * MS, SUPERVISOR_NOTHING);
    }
    office_close(&office);
}

static void supervisor_hears_of_exits(void **state) {
    (void)state;
    struct office office;
    office_open(&office, 4);
    bool heard[4] = {false};
    for (unsigned i = 0; i < 4; i++)
        employ(&office, WORKER_PROCESS, return_number, NULL);
    for (unsigned i = 0; i < 4; i++) { /* all at once, in whatever order */
        struct worker *dead = expect_death(&office);
        assert_int_equal(dead->exitcode, dead->number);
        assert_false(heard[dead->number]);
        heard[dead->number] = true;
    }
    expect_news(&office, 20 * MS, SUPERVISOR_NOTHING);
    office_close(&office);
}

/* While a bell rings all the time, a death must get through, and a stop too. */
static int ring_for_ever(void *argument, unsigned number) {
    struct office *office = argument;
    (void)number;
    for (uint64_t i = 0; i < UINT64_MAX; i++)
        bell_ring(office->supervisor.bell);
    return 1;
}

static void no_news_hides_behind_the_bell(void **state) {
    (void)state;
    struct office office;
    office_open(&office, 3);
    struct worker *dead = NULL;
    int news = SUPERVISOR_BELL;
    employ(&office, WORKER_PROCESS, ring_for_ever, &office);
    employ(&office, WORKER_PROCESS, sleep_for_ever, NULL);
    assert_int_equal(worker_kill(&office.supervisor.workers[1]), 0);
    uint64_t deadline = clock_after_ns(PATIENCE_NS);
    while (news == SUPERVISOR_BELL && clock_now_ns() < deadline) {
        bell_arm(office.supervisor.bell);
        news = supervisor_wait(&office.supervisor, deadline, &dead);
    }
    assert_int_equal(news, SUPERVISOR_DEATH);
    assert_int_equal(dead->number, 1);
    assert_int_equal(eventfd_write(office.stop_fd, 1), 0);
    do {
        bell_arm(office.supervisor.bell);
        news = supervisor_wait(&office.supervisor, deadline, &dead);
    } while (news == SUPERVISOR_BELL && clock_now_ns() < deadline);
    assert_int_equal(news, SUPERVISOR_STOP);
    office_close(&office);
}

static void supervisor_join_tells_who_ended_badly(void **state) {
    for (unsigned bad_one = 1; bad_one < 4; bad_one++) {
        struct office office;
        office_open(&office, 4);
        for (unsigned i = 0; i < 4; i++)
            employ(&office, kind_of(state), i == bad_one ? return_number : wait_for_go, office.go);
        struct worker *bad = NULL;
        atomic_store(office.go, 1);
        assert_int_equal(supervisor_join(&office.supervisor, &bad), -EOWNERDEAD);
        assert_non_null(bad);
        assert_int_equal(bad->number, bad_one);
        assert_int_equal(bad->exitcode, bad_one);
        office_close(&office);
    }
}

static void supervisor_join_tells_who_was_killed(void **state) {
    (void)state;
    struct office office;
    office_open(&office, 3);
    for (unsigned i = 0; i < 3; i++)
        employ(&office, WORKER_PROCESS, wait_for_go, office.go);
    assert_int_equal(kill(office.supervisor.workers[2].pid, SIGKILL), 0);
    atomic_store(office.go, 1);
    struct worker *bad = NULL;
    assert_int_equal(supervisor_join(&office.supervisor, &bad), -EOWNERDEAD);
    assert_int_equal(bad->number, 2);
    assert_int_equal(bad->exitcode, -SIGKILL);
    office_close(&office);
}

static void supervisor_close_kills_and_reaps_all(void **state) {
    (void)state;
    struct office office;
    office_open(&office, 10);
    pid_t pids[10];
    for (unsigned i = 0; i < 10; i++) {
        employ(&office, WORKER_PROCESS, i % 2 ? sleep_for_ever : return_number, NULL);
        pids[i] = office.supervisor.workers[i].pid;
    }
    office_close(&office); /* asserts that no child is left */
    for (unsigned i = 0; i < 10; i++)
        assert_true(is_gone(pids[i]));
}

static void supervisor_refuses_more_than_its_capacity(void **state) {
    (void)state;
    struct office office;
    office_open(&office, 1);
    employ(&office, WORKER_PROCESS, sleep_for_ever, NULL);
    assert_int_equal(
        supervisor_start(&office.supervisor, WORKER_PROCESS, "too many", sleep_for_ever, NULL),
        -ENOSPC);
    assert_int_equal(office.supervisor.count, 1);
    office_close(&office);
}

/* ---- replacements ---- */

struct post {
    _Atomic uint32_t starts;
    _Atomic uint32_t number, pid; /* of the one who started last */
};

static int take_post(void *argument, unsigned number) {
    struct post *post = argument;
    atomic_store(&post->number, number);
    atomic_store(&post->pid, (uint32_t)getpid());
    atomic_fetch_add(&post->starts, 1);
    pause_for_ever();
}

static void a_replacement_has_the_number_of_the_dead(void **state) {
    (void)state;
    struct office office;
    office_open(&office, 3);
    struct post *post = take(&office.arena, sizeof *post);
    employ(&office, WORKER_PROCESS, sleep_for_ever, NULL);
    employ(&office, WORKER_PROCESS, take_post, post);
    employ(&office, WORKER_PROCESS, sleep_for_ever, NULL);
    for (uint32_t round = 1; round <= 5; round++) {
        assert_true(reaches(&post->starts, round));
        struct worker *worker = &office.supervisor.workers[1];
        pid_t pid = worker->pid;
        assert_int_equal(post->number, 1);
        assert_int_equal(post->pid, pid);
        assert_int_equal(worker_kill(worker), 0);
        assert_ptr_equal(expect_death(&office), worker);
        assert_int_equal(supervisor_replace(&office.supervisor, worker), 0);
        assert_int_not_equal(worker->pid, pid);
        assert_int_equal(worker->number, 1);
        assert_string_equal(worker->name, "employee");
        assert_int_equal(office.supervisor.count, 3);
        expect_news(&office, 5 * MS, SUPERVISOR_NOTHING);
    }
    office_close(&office);
}

static void a_thread_can_be_replaced_too(void **state) {
    (void)state;
    struct office office;
    office_open(&office, 1);
    employ(&office, WORKER_THREAD, return_number, NULL);
    struct worker *worker = &office.supervisor.workers[0];
    join_in_time(worker);
    assert_int_equal(supervisor_renew(&office.supervisor, worker), 0);
    join_in_time(worker);
    assert_int_equal(worker->exitcode, 0);
    office_close(&office);
}

/* The only worker, number 0 of `capacity`, dies and is replaced; what the last attempt returned. */
static int replace_often(struct office *office, unsigned times) {
    int err = 0;
    for (unsigned i = 0; i < times && !err; i++)
        err = supervisor_replace(&office->supervisor, expect_death(office));
    return err;
}

static int fail_at_once(void *argument, unsigned number) {
    (void)argument;
    (void)number;
    return 3;
}

static void barren_deaths_come_to_an_end(void **state) {
    (void)state;
    struct office office;
    office_open(&office, 2);
    employ(&office, WORKER_PROCESS, fail_at_once, NULL);
    uint64_t start = clock_now_ns();
    assert_int_equal(replace_often(&office, 2 + SUPERVISOR_BARREN_MOST), 0);
    struct worker *worker = expect_death(&office);
    assert_int_equal(supervisor_replace(&office.supervisor, worker), -EOWNERDEAD);
    assert_int_equal(worker->exitcode, 3); /* it stays ended */
    assert_in_range(clock_now_ns() - start, 1000 * MS,
                    15000 * MS); /* not in a hurry, not for ever */
    expect_news(&office, 5 * MS, SUPERVISOR_NOTHING);
    office_close(&office);
}

static void progress_forgives_deaths(void **state) {
    (void)state;
    struct office office;
    office_open(&office, 2);
    employ(&office, WORKER_PROCESS, fail_at_once, NULL);
    uint64_t start = clock_now_ns();
    for (unsigned i = 0; i < 2 * (2 + SUPERVISOR_BARREN_MOST); i++) {
        assert_int_equal(replace_often(&office, 2), 0);
        supervisor_progress(&office.supervisor);
    }
    assert_true(clock_now_ns() - start < 5000 * MS); /* as many as there are need no delay */
    office_close(&office);
}

static void a_planned_end_is_no_death(void **state) {
    (void)state;
    struct office office;
    office_open(&office, 1);
    employ(&office, WORKER_PROCESS, return_number, NULL);
    uint64_t start = clock_now_ns();
    for (unsigned i = 0; i < 3 * SUPERVISOR_BARREN_MOST; i++) {
        struct worker *worker = expect_death(&office);
        assert_int_equal(worker->exitcode, 0);
        assert_int_equal(supervisor_renew(&office.supervisor, worker), 0);
        assert_int_equal(worker->number, 0);
    }
    assert_int_equal(office.supervisor.barren, 0);
    assert_true(clock_now_ns() - start < 5000 * MS);
    office_close(&office);
}

static void a_stop_shortens_the_delay(void **state) {
    (void)state;
    struct office office;
    office_open(&office, 1);
    employ(&office, WORKER_PROCESS, fail_at_once, NULL);
    struct worker *worker = expect_death(&office);
    office.supervisor.barren = 1 + SUPERVISOR_BARREN_MOST - 1; /* the longest delay is next */
    assert_int_equal(eventfd_write(office.stop_fd, 1), 0);
    uint64_t start = clock_now_ns();
    assert_int_equal(supervisor_replace(&office.supervisor, worker), 0);
    assert_true(clock_now_ns() - start < 200 * MS);
    office_close(&office);
}

static unsigned open_descriptors(void) {
    unsigned open = 0;
    for (int fd = 0; fd < 1024; fd++) {
        struct pollfd look = {.fd = fd};
        open += poll(&look, 1, 0) == 0 || !(look.revents & POLLNVAL);
    }
    return open;
}

static void many_workers_come_and_go(void **state) {
    unsigned before = open_descriptors();
    for (unsigned round = 0; round < 3; round++) {
        struct office office;
        office_open(&office, 100);
        for (unsigned i = 0; i < 100; i++)
            employ(&office, kind_of(state), wait_for_go, office.go);
        atomic_store(office.go, 1);
        struct worker *bad = NULL;
        assert_int_equal(supervisor_join(&office.supervisor, &bad), 0);
        for (unsigned i = 0; i < 100; i++)
            assert_int_equal(office.supervisor.workers[i].exitcode, 0);
        office_close(&office);
    }
    assert_int_equal(open_descriptors(), before);
}

static void a_bad_stop_fd_leaves_nothing_open(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct supervisor supervisor;
    unsigned before = open_descriptors();
    assert_int_equal(supervisor_open(&supervisor, &arena, 3, 1000), -EBADF);
    assert_int_equal(open_descriptors(), before);
    arena_close(&arena);
}

/* ---- spares ---- */

#define AT_ONCE_NS 1

static int count_and_obey(void *argument) {
    int *answers = argument; /* how often asked, and what to say */
    answers[0]++;
    return answers[1];
}

static void keep_spares_after(struct office *office, uint64_t after_ns, int answers[2]) {
    supervisor_keep_spares(&office->supervisor, (struct supervisor_spares){.after_ns = after_ns,
                                                                           .comes = count_and_obey,
                                                                           .context = answers});
}

/* A post that is taken, and somebody who stands by. */
static struct post *office_open_with_spare(struct office *office) {
    office_open(office, 2);
    struct post *post = take(&office->arena, sizeof *post);
    supervisor_keep_spares(&office->supervisor, (struct supervisor_spares){.after_ns = AT_ONCE_NS});
    employ(office, WORKER_PROCESS, take_post, post);
    assert_true(reaches(&post->starts, 1));
    expect_news(office, 5 * MS, SUPERVISOR_NOTHING);
    assert_true(spare_stands_by(&office->supervisor.spare));
    return post;
}

static void a_spare_steps_in(void **state) {
    (void)state;
    struct office office;
    struct post *post = office_open_with_spare(&office);
    struct worker *worker = &office.supervisor.workers[0];
    for (uint32_t round = 2; round <= 5; round++) {
        pid_t spare = office.supervisor.spare.worker.pid;
        assert_int_equal(post->starts, round - 1); /* it has not begun */
        assert_int_equal(worker_kill(worker), 0);
        assert_ptr_equal(expect_death(&office), worker);
        assert_int_equal(supervisor_replace(&office.supervisor, worker), 0);
        assert_false(spare_stands_by(&office.supervisor.spare));
        assert_true(reaches(&post->starts, round));
        assert_int_equal(worker->pid, spare);
        assert_int_equal(post->pid, spare);
        assert_int_equal(post->number, 0);
        assert_string_equal(worker->name, "employee");
        assert_true(worker_is_alive(worker));
        expect_news(&office, 5 * MS, SUPERVISOR_NOTHING); /* the next is started */
        assert_true(spare_stands_by(&office.supervisor.spare));
    }
    office_close(&office);
}

static void a_spare_is_for_its_like(void **state) {
    (void)state;
    struct office office;
    struct post *post = office_open_with_spare(&office);
    employ(&office, WORKER_PROCESS, sleep_for_ever, post);
    struct worker *worker = &office.supervisor.workers[1], thread = office.supervisor.workers[0];
    pid_t spare = office.supervisor.spare.worker.pid;
    thread.kind = WORKER_THREAD;
    assert_false(spare_serves(&office.supervisor.spare, worker));
    assert_false(spare_serves(&office.supervisor.spare, &thread));
    assert_int_equal(worker_kill(worker), 0);
    assert_ptr_equal(expect_death(&office), worker);
    assert_int_equal(supervisor_replace(&office.supervisor, worker), 0);
    assert_int_equal(office.supervisor.spare.worker.pid, spare);
    assert_int_not_equal(worker->pid, spare);
    office_close(&office);
}

/* Nobody hears of it, it is not started again, and replacing does without, and then has it again.
 */
static void a_spare_s_death_is_no_news(void **state) {
    (void)state;
    struct office office;
    struct post *post = office_open_with_spare(&office);
    struct worker *worker = &office.supervisor.workers[0];
    assert_int_equal(worker_kill(&office.supervisor.spare.worker), 0);
    for (unsigned i = 0; i < 2; i++)
        expect_news(&office, 20 * MS, SUPERVISOR_NOTHING);
    assert_false(spare_stands_by(&office.supervisor.spare));
    assert_int_equal(worker_kill(worker), 0);
    assert_ptr_equal(expect_death(&office), worker);
    assert_int_equal(supervisor_replace(&office.supervisor, worker), 0);
    assert_true(reaches(&post->starts, 2));
    expect_news(&office, 5 * MS, SUPERVISOR_NOTHING);
    assert_true(spare_stands_by(&office.supervisor.spare));
    office_close(&office);
}

/* It dies, unheard, and steps in: then it is a worker that died. */
static void a_dead_spare_can_step_in(void **state) {
    (void)state;
    struct office office;
    struct post *post = office_open_with_spare(&office);
    struct worker *worker = &office.supervisor.workers[0];
    assert_int_equal(worker_kill(worker), 0);
    assert_ptr_equal(expect_death(&office), worker);
    assert_int_equal(worker_kill(&office.supervisor.spare.worker), 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(supervisor_replace(&office.supervisor, worker), 0);
        if (i == 0)
            assert_ptr_equal(expect_death(&office), worker);
    }
    assert_true(reaches(&post->starts, 2));
    office_close(&office);
}

static void brief_work_pays_for_no_spare(void **state) {
    (void)state;
    struct office office;
    int answers[2] = {0, 0};
    office_open(&office, 1);
    employ(&office, WORKER_PROCESS, sleep_for_ever, NULL);
    keep_spares_after(&office, 1000 * MS, answers);
    expect_news(&office, 5 * MS, SUPERVISOR_NOTHING);
    assert_false(spare_stands_by(&office.supervisor.spare));
    assert_int_equal(answers[0], 0);
    keep_spares_after(&office, 5 * MS, answers);
    expect_news(&office, 0, SUPERVISOR_NOTHING); /* a mere look starts nobody */
    expect_news(&office, 20 * MS, SUPERVISOR_NOTHING);
    assert_true(spare_stands_by(&office.supervisor.spare));
    assert_int_equal(answers[0], 1);
    office_close(&office);
}

static void there_may_be_no_spare(void **state) {
    (void)state;
    struct office office;
    int answers[2] = {0, -ENOMEM};
    office_open(&office, 1);
    employ(&office, WORKER_PROCESS, sleep_for_ever, NULL);
    keep_spares_after(&office, AT_ONCE_NS, answers);
    expect_news(&office, 5 * MS, SUPERVISOR_NOTHING);
    assert_int_equal(answers[0], 1);
    assert_false(spare_stands_by(&office.supervisor.spare));
    office_close(&office);
}

static void nobody_stands_by_for_threads(void **state) {
    (void)state;
    struct office office;
    office_open(&office, 1);
    employ(&office, WORKER_THREAD, return_number, NULL);
    supervisor_keep_spares(&office.supervisor, (struct supervisor_spares){.after_ns = AT_ONCE_NS});
    expect_news(&office, 5 * MS, SUPERVISOR_NOTHING);
    assert_false(spare_stands_by(&office.supervisor.spare));
    office_close(&office);
}

/* Before the first is joined, so that nothing a spare inherited keeps anybody. */
static void a_join_dismisses_the_spare(void **state) {
    (void)state;
    struct office office;
    struct worker *bad = NULL;
    office_open_with_spare(&office);
    assert_int_equal(worker_kill(&office.supervisor.workers[0]), 0);
    assert_int_equal(supervisor_join(&office.supervisor, &bad), -EOWNERDEAD);
    assert_false(spare_stands_by(&office.supervisor.spare));
    assert_no_children();
    office_close(&office);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST_BOTH(worker_tells_its_exit_code),
        TEST(worker_never_started_can_be_joined),
        TEST_BOTH(worker_join_gives_up_near_its_deadline),
        TEST_BOTH(worker_is_alive_sees_the_end_without_a_join),
        TEST(a_killed_worker_tells_the_signal),
        TEST(a_killed_worker_is_alive_no_more_before_it_is_joined),
        TEST(a_thread_cannot_be_killed),
        TEST(a_process_begins_where_it_is_told),
        TEST(worker_shows_its_name),
        TEST(a_thread_has_its_name_too),
        TEST(worker_is_terminated_wherever_it_is),
        TEST(a_stopped_worker_is_terminated_too),
        TEST(a_terminated_worker_can_be_a_zombie),
        TEST(worker_ignores_what_others_send),
        TEST(terminate_does_not_hide_behind_what_others_send),
        TEST(a_parent_that_blocks_the_signal_can_terminate),
        TEST(worker_is_terminated_at_birth),
        TEST(workers_die_with_their_parent),
        TEST(supervisor_waits_no_longer_than_told),
        TEST_BOTH(supervisor_hears_the_bell),
        TEST(supervisor_hears_of_a_stop),
        TEST(supervisor_hears_of_each_death_once),
        TEST(supervisor_hears_of_exits),
        TEST(no_news_hides_behind_the_bell),
        TEST_BOTH(supervisor_join_tells_who_ended_badly),
        TEST(supervisor_join_tells_who_was_killed),
        TEST(supervisor_close_kills_and_reaps_all),
        TEST(supervisor_refuses_more_than_its_capacity),
        TEST(a_replacement_has_the_number_of_the_dead),
        TEST(a_spare_steps_in),
        TEST(a_spare_is_for_its_like),
        TEST(a_spare_s_death_is_no_news),
        TEST(a_dead_spare_can_step_in),
        TEST(brief_work_pays_for_no_spare),
        TEST(there_may_be_no_spare),
        TEST(nobody_stands_by_for_threads),
        TEST(a_join_dismisses_the_spare),
        TEST(a_thread_can_be_replaced_too),
        TEST(barren_deaths_come_to_an_end),
        TEST(progress_forgives_deaths),
        TEST(a_planned_end_is_no_death),
        TEST(a_stop_shortens_the_delay),
        TEST_BOTH(many_workers_come_and_go),
        TEST(a_bad_stop_fd_leaves_nothing_open),
    };
    return cmocka_run_group_tests_name("mp_worker", tests, NULL, NULL);
}
