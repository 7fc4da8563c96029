/* Proves what becomes of others when a worker is stopped (SIGSTOP), not dead: every timed verb
 * gives up although the lock that it needs is held, passes on a wake that it cannot use, and leaves
 * everything as it was; and leases of time work also in a worker that has workers of its own. */
#include "tests/mp_helpers.h"

#include "mp/barrier.h"
#include "mp/event.h"
#include "mp/queue.h"
#include "mp/round.h"
#include "mp/semaphore.h"
#include "mp/supervisor.h"

#include <string.h>

enum { LATE_MS = 5000 }; /* on a loaded machine; what is not timed would take for ever */

/* One of each that has a lock inside. */
struct scene {
    struct queue *empty, *full;
    struct semaphore semaphore;
    struct event event;
    struct barrier barrier, seated;
    struct round round;
    struct lock lock;
    struct condition condition;
    struct lock *held; /* by the worker that is stopped */
    _Atomic uint32_t ready, gave_up;
};

static struct scene *scene_open(struct arena *arena) {
    struct scene *scene = take(arena, sizeof *scene);
    uint64_t number = 1;
    assert_int_equal(queue_open(arena, 1, sizeof number, &scene->empty), 0);
    assert_int_equal(queue_open(arena, 1, sizeof number, &scene->full), 0);
    assert_int_equal(queue_put(scene->full, &number, sizeof number), 0);
    assert_int_equal(semaphore_open(&scene->semaphore, 0), 0);
    assert_int_equal(event_open(&scene->event), 0);
    assert_int_equal(barrier_open(&scene->barrier, 2, NULL, NULL), 0);
    assert_int_equal(barrier_open(&scene->seated, 2, NULL, NULL), 0);
    assert_int_equal(barrier_seat(&scene->seated, arena), 0);
    assert_int_equal(round_open(&scene->round), 0);
    assert_int_equal(lock_open(&scene->lock), 0);
    return scene;
}

static int hold_and_stop(void *argument, unsigned number) {
    struct scene *scene = argument;
    (void)number;
    if (lock_acquire(scene->held) < 0)
        return 1;
    raise(SIGSTOP);
    lock_release(scene->held);
    return 0;
}

static struct team *stop_an_owner(struct scene *scene, struct lock *lock) {
    siginfo_t info = {0};
    scene->held = lock;
    struct team *team = team_start(WORKER_PROCESS, 1, hold_and_stop, scene);
    id_t pid = (id_t)team->workers[0].pid;
    assert_int_equal(waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT), 0);
    return team;
}

static void go_on(struct team *team) {
    assert_int_equal(kill(team->workers[0].pid, SIGCONT), 0);
    team_join(team);
}

/* ---- every timed verb, with its lock held ---- */

static long get(struct scene *scene, uint64_t deadline_ns) {
    uint64_t number;
    return queue_get_until(scene->full, &number, sizeof number, deadline_ns);
}

static long put(struct scene *scene, uint64_t deadline_ns) {
    uint64_t number = 2;
    return queue_put_until(scene->empty, &number, sizeof number, deadline_ns);
}

static long acquire(struct scene *scene, uint64_t deadline_ns) {
    return semaphore_acquire_until(&scene->semaphore, deadline_ns);
}

static long await_event(struct scene *scene, uint64_t deadline_ns) {
    return event_wait_until(&scene->event, deadline_ns);
}

static long meet(struct scene *scene, uint64_t deadline_ns) {
    return barrier_wait_until(&scene->barrier, deadline_ns);
}

static long meet_seated(struct scene *scene, uint64_t deadline_ns) {
    return barrier_wait_at_until(&scene->seated, 0, 0, deadline_ns);
}

static long await_round(struct scene *scene, uint64_t deadline_ns) {
    return round_await_until(&scene->round, 0, deadline_ns) == 0 ? -ETIMEDOUT : 0;
}

static void every_timed_verb_gives_up(void **state) {
    static const uint64_t after_ns[] = {0, 50 * MS};
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = scene_open(&arena);
    const struct {
        struct lock *lock;
        long (*verb)(struct scene *scene, uint64_t deadline_ns);
    } verbs[] = {
        {&scene->full->lock, get},         {&scene->empty->lock, put},
        {&scene->semaphore.lock, acquire}, {&scene->event.lock, await_event},
        {&scene->barrier.lock, meet},      {&scene->seated.lock, meet_seated},
        {&scene->round.lock, await_round},
    };
    (void)state;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        struct team *team = stop_an_owner(scene, verbs[i].lock);
        for (size_t j = 0; j < 2; j++) {
            uint64_t start = clock_now_ns(), deadline = after_ns[j] ? start + after_ns[j] : 0;
            assert_int_equal(verbs[i].verb(scene, deadline), -ETIMEDOUT);
            assert_in_range(clock_now_ns() - start, after_ns[j], LATE_MS * MS);
        }
        go_on(team);
    }
    /* Nothing was done by halves. */
    assert_int_equal(queue_size(scene->full), 1);
    assert_int_equal(queue_size(scene->empty), 0);
    assert_false(scene->barrier.broken || scene->seated.broken);
    assert_int_equal(scene->barrier.arrived, 0);
    arena_close(&arena);
}

/* A lock that is only busy is no reason to give up. */
static int hold_often(void *argument, unsigned number) {
    struct scene *scene = argument;
    (void)number;
    while (!atomic_load(&scene->gave_up)) {
        lock_acquire(&scene->semaphore.lock);
        atomic_store(&scene->ready, 1);
        lock_release(&scene->semaphore.lock);
    }
    return 0;
}

static void who_looks_once_does_look(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = scene_open(&arena);
    uint32_t looks = ROUNDS(20000), found = 0;
    assert_int_equal(semaphore_release(&scene->semaphore, looks), 0);
    struct team *team = team_start(kind_of(state), 2, hold_often, scene);
    assert_true(reaches(&scene->ready, 1));
    for (uint32_t i = 0; i < looks; i++)
        found += semaphore_acquire_until(&scene->semaphore, 0) == 0;
    atomic_store(&scene->gave_up, 1);
    team_join(team);
    assert_int_equal(found, looks);
    arena_close(&arena);
}

/* It looks whether it is set without the lock. */
static void an_event_can_be_looked_at(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = scene_open(&arena);
    (void)state;
    assert_int_equal(event_set(&scene->event), 0);
    struct team *team = stop_an_owner(scene, &scene->event.lock);
    assert_true(event_is_set(&scene->event));
    go_on(team);
    arena_close(&arena);
}

/* ---- a wait that ends without the lock ---- */

static int wait_in_time(void *argument, unsigned number) {
    struct scene *scene = argument;
    uint64_t patience_ns = number == 0 ? 300 * MS : PATIENCE_NS;
    if (lock_acquire(&scene->lock) < 0)
        return 1;
    atomic_fetch_add(&scene->ready, 1);
    int err = condition_wait(&scene->condition, &scene->lock, clock_after_ns(patience_ns));
    if (number == 0) {
        atomic_store(&scene->gave_up, 1);
        return err == -EBUSY ? 0 : 2;
    }
    if (err == 0)
        lock_release(&scene->lock);
    return err ? 3 : 0;
}

/* The first of two takes the only wake, cannot have the lock, and gives up: the second is woken. */
static void a_wake_that_cannot_be_used_is_passed_on(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = scene_open(&arena);
    (void)state;
    struct team *waiters = team_start(WORKER_PROCESS, 1, wait_in_time, scene);
    assert_true(reaches(&scene->condition.waiters, 1));
    sleep_ms(20); /* so that it is the first to sleep, hence to be woken */
    team_add(waiters, WORKER_PROCESS, wait_in_time, scene);
    assert_true(reaches(&scene->condition.waiters, 2));
    sleep_ms(20);
    struct team *owner = stop_an_owner(scene, &scene->lock);
    condition_notify(&scene->condition);
    assert_true(reaches(&scene->gave_up, 1));
    go_on(owner);
    team_join(waiters);
    assert_int_equal(scene->condition.waiters, 0);
    arena_close(&arena);
}

/* ---- leases of time ---- */

static int sleep_for_ever(void *argument, unsigned number) {
    (void)argument;
    (void)number;
    pause_for_ever();
}

/* A stopped worker of this process is killed when its lease has run out. */
static int supervise(void *argument, unsigned number) {
    struct arena arena = ARENA_EMPTY;
    struct supervisor supervisor;
    (void)argument;
    (void)number;
    if (supervisor_open(&supervisor, &arena, 1, -1) != 0 ||
        supervisor_lease(&supervisor, 300 * MS) != 0 ||
        supervisor_start(&supervisor, WORKER_PROCESS, "sleeper", sleep_for_ever, NULL) != 0)
        return 1;
    struct worker *worker = &supervisor.workers[0];
    kill(worker->pid, SIGSTOP);
    int err = worker_join_until(worker, clock_after_ns(PATIENCE_NS / 2));
    bool right = err == 0 && worker->exitcode == -SIGKILL && worker->overdue;
    supervisor_close(&supervisor);
    arena_close(&arena);
    return right ? 0 : 2;
}

static void a_lease_of_time_runs_out(void **state) {
    (void)state;
    assert_int_equal(supervise(NULL, 0), 0);
    assert_no_children();
}

static void a_worker_can_have_workers_with_leases(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct supervisor supervisor;
    struct worker *bad = NULL;
    (void)state;
    assert_int_equal(supervisor_open(&supervisor, &arena, 1, -1), 0);
    assert_int_equal(supervisor_lease(&supervisor, PATIENCE_NS), 0);
    assert_int_equal(supervisor_start(&supervisor, WORKER_PROCESS, "nested", supervise, NULL), 0);
    assert_int_equal(supervisor_join(&supervisor, &bad), 0);
    supervisor_close(&supervisor);
    arena_close(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_timed_verb_gives_up), TEST_BOTH(who_looks_once_does_look),
        TEST(an_event_can_be_looked_at), TEST(a_wake_that_cannot_be_used_is_passed_on),
        TEST(a_lease_of_time_runs_out),  TEST(a_worker_can_have_workers_with_leases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
