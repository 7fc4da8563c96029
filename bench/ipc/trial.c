/* Two workers and what a message between them costs; contracts in trial.h. */
#include "bench/ipc/trial.h"

#include "base/clock.h"
#include "base/size.h"
#include "bench/measure/child.h"
#include "bench/stats/stats.h"
#include "mp/supervisor.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bursts grow until one takes CALIBRATED_NS; the fastest of CALIBRATIONS, which a disturbance will
 * hardly hit all, says how many messages take MEASURED_NS. So many are measured once: to repeat
 * until it is long enough would prefer slow ones. The same for rounds. */
#define CALIBRATED_NS UINT64_C(2000000)
#define CALIBRATIONS  3
#define MEASURED_NS   UINT64_C(25000000)
#define MESSAGES_MIN  64
#define ROUNDS_MIN    50
#define ROUNDS_MAX    20000

/* In shared pages. */
struct shared {
    /* The burst that the first side sends now, before the second answers with one message; 0: the
     * first message is the last. Changed only between an answer and the next burst. */
    _Atomic uint64_t burst;
    _Atomic uint64_t burst_end_ns; /* when the second side had received it */
    _Atomic unsigned ended;        /* sides that came to their end */
    _Atomic int fault;             /* -errno of a side that did not */
    struct trial_result result;    /* the first side's numbers, then the process's */
};

/* What both sides have, by fork or because they are threads. */
struct setting {
    const struct trial *trial;
    struct shared *shared;
    struct arena *arena;
    struct bell *bell;          /* rung by a side that ends */
    struct channel there, back; /* from the first side to the second, and back */
    int cpus[2];                /* where each side stays; -1: anywhere */
};

/* One side's own. */
struct side {
    const struct transport *transport;
    struct channel *out, *in;
    unsigned char *sent, *received; /* buffers of one message */
    uint64_t sent_count, received_count;
};

/* ---- messages ---- */

/* Numbers are all that is written and looked at: what is measured is the transport, not whoever
 * makes use of a message. The transport copies all of it. */
static void stamp(unsigned char *message, size_t bytes, uint64_t number) {
    uint64_t complement = ~number;
    memcpy(message, &number, sizeof number);
    memcpy(message + bytes - sizeof complement, &complement, sizeof complement);
}

static bool is_stamped(const unsigned char *message, size_t bytes, uint64_t number) {
    uint64_t begin, end;
    memcpy(&begin, message, sizeof begin);
    memcpy(&end, message + bytes - sizeof end, sizeof end);
    return begin == number && end == ~number;
}

static int say(struct side *side) {
    stamp(side->sent, side->out->bytes, side->sent_count++);
    return side->transport->send(side->out, side->sent);
}

static int hear(struct side *side) {
    int err = side->transport->receive(side->in, side->received);
    if (err)
        return err;
    return is_stamped(side->received, side->in->bytes, side->received_count++) ? 0 : -EILSEQ;
}

/* ---- the second side: answers ---- */

static int answer(struct side *side, struct shared *shared) {
    for (;;) {
        int err = hear(side);
        uint64_t burst = atomic_load_explicit(&shared->burst, memory_order_relaxed);
        for (uint64_t i = 1; i < burst && !err; i++)
            err = hear(side);
        if (err || burst == 0)
            return err;
        if (burst > 1)
            atomic_store_explicit(&shared->burst_end_ns, clock_now_ns(), memory_order_relaxed);
        err = say(side);
        if (err)
            return err;
    }
}

/* ---- the first side: measures ---- */

/* Sends a burst, and waits for the answer to it. */
static int send_burst(struct side *side, struct shared *shared, uint64_t burst) {
    int err = 0;
    atomic_store_explicit(&shared->burst, burst, memory_order_relaxed);
    for (uint64_t i = 0; i < burst && !err; i++)
        err = say(side);
    return err ? err : hear(side);
}

static int stream(struct side *side, struct shared *shared, uint64_t messages, uint64_t *took_ns) {
    uint64_t start_ns = clock_now_ns();
    int err = send_burst(side, shared, messages);
    *took_ns = atomic_load_explicit(&shared->burst_end_ns, memory_order_relaxed) - start_ns;
    return err;
}

/* `n` took so long at best: how many take MEASURED_NS? Never fewer. */
static uint64_t scale(uint64_t n, uint64_t took_ns) {
    uint64_t wanted = (uint64_t)((double)n * (double)MEASURED_NS / (double)size_max(took_ns, 1));
    return size_max(wanted, n);
}

static int calibrate_stream(struct side *side, struct shared *shared, uint64_t *messages) {
    uint64_t took_ns = 0, again_ns;
    *messages = MESSAGES_MIN;
    int err = stream(side, shared, *messages, &took_ns);
    while (!err && took_ns < CALIBRATED_NS) {
        *messages *= 4;
        err = stream(side, shared, *messages, &took_ns);
    }
    for (unsigned i = 1; i < CALIBRATIONS && !err; i++) {
        err = stream(side, shared, *messages, &again_ns);
        took_ns = size_min(took_ns, again_ns);
    }
    *messages = scale(*messages, took_ns);
    return err;
}

static int measure_stream(struct side *side, struct shared *shared) {
    struct trial_result *result = &shared->result;
    int err = calibrate_stream(side, shared, &result->messages);
    return err ? err : stream(side, shared, result->messages, &result->stream_ns);
}

/* Each round's nanoseconds; the clock is read once a round. */
static int throw_rounds(struct side *side, struct shared *shared, double *rounds_ns,
                        size_t rounds) {
    int err = 0;
    uint64_t last_ns = clock_now_ns();
    for (size_t i = 0; i < rounds && !err; i++) {
        err = send_burst(side, shared, 1);
        uint64_t now_ns = clock_now_ns();
        rounds_ns[i] = (double)(now_ns - last_ns);
        last_ns = now_ns;
    }
    return err;
}

static void summarize(struct trial_result *result, double *rounds_ns, size_t rounds) {
    double sum = 0;
    for (size_t i = 0; i < rounds; i++)
        sum += rounds_ns[i];
    stats_sort(rounds_ns, rounds);
    result->rounds = rounds;
    result->round_trip_mean_ns = sum / (double)rounds;
    result->round_trip_median_ns = stats_median(rounds_ns, rounds);
    result->round_trip_p99_ns = stats_quantile(rounds_ns, rounds, 0.99);
}

static int calibrate_rounds(struct side *side, struct shared *shared, double *rounds_ns,
                            size_t *rounds) {
    uint64_t took_ns = UINT64_MAX;
    int err = 0;
    for (unsigned i = 0; i < CALIBRATIONS && !err; i++) {
        uint64_t start_ns = clock_now_ns();
        err = throw_rounds(side, shared, rounds_ns, ROUNDS_MIN);
        took_ns = size_min(took_ns, clock_now_ns() - start_ns);
    }
    *rounds = size_min(scale(ROUNDS_MIN, took_ns), ROUNDS_MAX);
    return err;
}

static int measure_rounds(struct side *side, struct shared *shared) {
    size_t rounds;
    double *rounds_ns = malloc(ROUNDS_MAX * sizeof *rounds_ns);
    if (!rounds_ns)
        return -ENOMEM;
    memset(rounds_ns, 0, ROUNDS_MAX * sizeof *rounds_ns); /* its pages, before the clock runs */
    int err = calibrate_rounds(side, shared, rounds_ns, &rounds);
    if (!err)
        err = throw_rounds(side, shared, rounds_ns, rounds);
    if (!err)
        summarize(&shared->result, rounds_ns, rounds);
    free(rounds_ns);
    return err;
}

static int ask(struct side *side, struct shared *shared) {
    int err = measure_stream(side, shared);
    if (!err)
        err = measure_rounds(side, shared);
    atomic_store_explicit(&shared->burst, 0, memory_order_relaxed);
    return err ? err : say(side);
}

/* ---- where the sides run ---- */

/* The first two CPUs of this process's own, so that a trial is between two CPUs wherever there are
 * two. Left alone, the scheduler puts both sides on one or on two as it likes, and that decides
 * more than the transport does. */
static void choose_cpus(int cpus[2]) {
    cpu_set_t own;
    unsigned found = 0;
    cpus[0] = cpus[1] = -1;
    if (sched_getaffinity(0, sizeof own, &own) != 0)
        return;
    for (size_t cpu = 0; cpu < CPU_SETSIZE && found < 2; cpu++)
        if (CPU_ISSET(cpu, &own))
            cpus[found++] = (int)cpu;
    if (found == 1)
        cpus[1] = cpus[0];
}

static int stay_on(int cpu) {
    cpu_set_t only;
    if (cpu < 0)
        return 0;
    CPU_ZERO(&only);
    CPU_SET((size_t)cpu, &only);
    return sched_setaffinity(0, sizeof only, &only) == 0 ? 0 : -errno;
}

/* ---- the process of a trial ---- */

/* One side, from its beginning to its end. */
static int run_side(void *argument, unsigned number) {
    struct setting *setting = argument;
    struct shared *shared = setting->shared;
    size_t bytes = setting->trial->bytes;
    struct side side = {.transport = setting->trial->transport,
                        .out = number == 0 ? &setting->there : &setting->back,
                        .in = number == 0 ? &setting->back : &setting->there,
                        .sent = calloc(1, bytes),
                        .received = calloc(1, bytes)};
    int err = side.sent && side.received ? stay_on(setting->cpus[number]) : -ENOMEM;
    if (!err)
        err = number == 0 ? ask(&side, shared) : answer(&side, shared);
    free(side.sent);
    free(side.received);
    if (err)
        atomic_store(&shared->fault, err);
    atomic_fetch_add(&shared->ended, 1);
    bell_ring(setting->bell);
    return 0;
}

/* Waits for both sides, or for a fault of one: 0, -ECHILD when one was killed, or the fault. */
static int await_sides(struct supervisor *supervisor, struct shared *shared) {
    struct worker *dead;
    int news = SUPERVISOR_BELL;
    for (;;) {
        bell_arm(supervisor->bell);
        int fault = atomic_load(&shared->fault);
        if (fault || atomic_load(&shared->ended) == 2)
            return fault;
        if (news == SUPERVISOR_DEATH && dead->exitcode != 0)
            return -ECHILD;
        news = supervisor_wait(supervisor, CLOCK_NEVER, &dead);
        if (news < 0)
            return news;
    }
}

static int run_sides(struct setting *setting) {
    enum worker_kind kind = setting->trial->kind;
    struct supervisor supervisor = {0};
    int err = supervisor_open(&supervisor, setting->arena, 2, -1);
    setting->bell = supervisor.bell;
    for (unsigned i = 0; i < 2 && !err; i++)
        err = supervisor_start(&supervisor, kind, "ipc side", run_side, setting);
    if (!err)
        err = await_sides(&supervisor, setting->shared);
    struct worker *bad;
    if (!err)
        err = supervisor_join(&supervisor, &bad);
    /* A thread may wait for the other in vain, and cannot be joined then. */
    if (!err || kind == WORKER_PROCESS)
        supervisor_close(&supervisor);
    return err;
}

static int open_channels(struct setting *setting) {
    const struct trial *trial = setting->trial;
    setting->there = setting->back = (struct channel){
        .arena = setting->arena, .bytes = trial->bytes, .capacity = trial->capacity};
    int err = trial->transport->open(&setting->there);
    if (err)
        return err;
    err = trial->transport->open(&setting->back);
    if (err)
        trial->transport->close(&setting->there);
    return err;
}

static void describe_fault(struct trial_result *result, int err) {
    result->end = err == -EILSEQ ? TRIAL_WRONG : TRIAL_FAILED;
    snprintf(result->sentence, sizeof result->sentence, "%s",
             err == -EILSEQ   ? "a message was damaged, lost or doubled"
             : err == -ECHILD ? "a worker was killed"
                              : strerror(-err));
}

static int run_trial(void *argument, unsigned number) {
    struct setting *setting = argument;
    struct trial_result *result = &setting->shared->result;
    (void)number;
    choose_cpus(setting->cpus);
    memcpy(result->cpus, setting->cpus, sizeof result->cpus);
    int err = open_channels(setting);
    if (!err) {
        err = run_sides(setting);
        result->capacity = setting->there.capacity;
        usage_now(&result->usage);
    }
    if (err) {
        describe_fault(result, err);
        raise(SIGKILL); /* the one sure end of a thread that waits in vain */
    }
    setting->trial->transport->close(&setting->there);
    setting->trial->transport->close(&setting->back);
    return 0;
}

/* ---- the harness ---- */

int trial_run(const struct trial *trial, struct trial_result *result) {
    struct arena arena = ARENA_EMPTY;
    struct setting setting = {.trial = trial, .arena = &arena};
    void *piece;
    int err = arena_take(&arena, sizeof *setting.shared, &piece);
    if (err)
        return err;
    setting.shared = piece;
    struct machine_others others;
    const char *complaint;
    err = child_run("ipc trial", run_trial, &setting, &others, &complaint);
    *result = setting.shared->result;
    result->others = others;
    if (result->end == TRIAL_DONE && complaint) {
        result->end = TRIAL_FAILED;
        snprintf(result->sentence, sizeof result->sentence, "%s", complaint);
    }
    arena_close(&arena);
    return err;
}
