/* What is recorded of a render; contracts in monitor.h, what is measured how in account.h. */
#include "backends/monitor.h"

#include "base/clock.h"
#include "base/size.h"
#include "mp/queue.h"

#include <stdio.h>

static enum monitor_recording recording_of(const struct monitor *monitor, unsigned track) {
    return (enum monitor_recording)atomic_load_explicit(&monitor->workers[track].recording,
                                                        memory_order_relaxed);
}

void monitor_coordinators(struct monitor *monitor, const char *helper, const char *original) {
    monitor->coordinators[0] = helper;
    monitor->coordinators[1] = original;
}

void monitor_queue(struct monitor *monitor, const char *name, const struct queue *queue) {
    unsigned i = 0;
    while (i < MONITOR_QUEUES && monitor->queues[i] && monitor->queues[i] != queue)
        i++;
    if (i == MONITOR_QUEUES)
        return;
    monitor->queues[i] = queue;
    monitor->queue_names[i] = name;
}

const char *monitor_track_name(const struct monitor *monitor, unsigned track,
                               char name[MONITOR_NAME_SIZE]) {
    if (track >= monitor->worker_count)
        return monitor->coordinators[track - monitor->worker_count];
    snprintf(name, MONITOR_NAME_SIZE, "worker %u", track);
    return name;
}

static bool is_about_a_batch(int phase) {
    return phase == PHASE_COMPUTE || phase == PHASE_SEND;
}

/* The track enters a phase; when. The one that ends is an event. */
static uint64_t change(struct monitor *monitor, unsigned track, enum phase phase) {
    struct account *account = &monitor->accounts[track];
    int old = atomic_load_explicit(&account->phase, memory_order_relaxed);
    uint64_t since_ns = atomic_load_explicit(&account->since_ns, memory_order_relaxed);
    uint64_t batch = atomic_load_explicit(&monitor->workers[track].batch, memory_order_relaxed);
    const struct timeline_event event = {
        .start_ns = since_ns,
        .end_ns = account_change(account, phase),
        .batch = is_about_a_batch(old) ? (int64_t)batch : TIMELINE_NO_BATCH,
        .kind = old,
        .track = (int32_t)track,
    };
    if (recording_of(monitor, track) == RECORD_EVENTS)
        timeline_add(&monitor->timeline, track, &event);
    return event.end_ns;
}

/* How long the queues are: when a worker has got a batch, or a coordinator begins to collect. */
static void record_queues(struct monitor *monitor, unsigned track, uint64_t now_ns) {
    for (int i = 0; i < MONITOR_QUEUES && monitor->queues[i]; i++) {
        const struct timeline_event event = {
            .start_ns = now_ns,
            .end_ns = now_ns,
            .batch = TIMELINE_NO_BATCH,
            .kind = TIMELINE_QUEUE + i,
            .track = (int32_t)track,
            .value = queue_size(monitor->queues[i]),
        };
        timeline_add(&monitor->timeline, track, &event);
    }
}

void monitor_record_death(struct monitor *monitor, const struct monitor_loss *loss) {
    unsigned teller = monitor_original(monitor);
    uint64_t now_ns = clock_now_ns();
    const struct timeline_event event = {
        .start_ns = now_ns,
        .end_ns = now_ns,
        .batch = loss->batch,
        .kind = TIMELINE_DEATH,
        .track = (int32_t)loss->worker,
        .value = (uint64_t)loss->exitcode,
    };
    if (recording_of(monitor, teller) == RECORD_EVENTS)
        timeline_add(&monitor->timeline, teller, &event);
}

void monitor_record_phase(struct monitor *monitor, unsigned track, enum phase phase) {
    const struct account *account = &monitor->accounts[track];
    if (atomic_load_explicit(&account->phase, memory_order_relaxed) == (int)phase)
        return;
    uint64_t now_ns = change(monitor, track, phase);
    if (phase == PHASE_COLLECT && recording_of(monitor, track) == RECORD_EVENTS)
        record_queues(monitor, track, now_ns);
}

/* Even if it computed before: that was another batch. */
void monitor_record_batch(struct monitor *monitor, unsigned worker) {
    uint64_t now_ns = change(monitor, worker, PHASE_COMPUTE);
    if (recording_of(monitor, worker) == RECORD_EVENTS)
        record_queues(monitor, worker, now_ns);
}

void monitor_restart(struct monitor *monitor, unsigned track) {
    atomic_store_explicit(&monitor->workers[track].phase, PHASE_START, memory_order_relaxed);
    account_restart(&monitor->accounts[track], clock_now_ns(), PHASE_START);
}

void monitor_record(struct monitor *monitor, enum monitor_recording recording) {
    if (recording != RECORD_NOTHING)
        monitor->record_ns = clock_now_ns();
    for (unsigned i = 0; i < monitor_tracks(monitor); i++) {
        struct monitor_worker *line = &monitor->workers[i];
        int phase = atomic_load_explicit(&line->phase, memory_order_relaxed);
        if (recording != RECORD_NOTHING && recording_of(monitor, i) == RECORD_NOTHING)
            account_reset(&monitor->accounts[i], monitor->record_ns, (enum phase)phase);
        atomic_store_explicit(&line->recording, (int)recording, memory_order_release);
    }
}

void monitor_render_begins(struct monitor *monitor, uint64_t now_ns) {
    enum phase phase;
    uint64_t since_ns;
    if (recording_of(monitor, 0) == RECORD_NOTHING)
        return;
    monitor->begun_ns = now_ns;
    for (unsigned i = 0; i < monitor_tracks(monitor); i++) {
        struct account *account = &monitor->accounts[i];
        account_read(account, now_ns, &monitor->tracks[i].before, &phase, &since_ns);
        monitor->tracks[i].cpu_before = account_cpu(account);
        atomic_store_explicit(&account->first_ns, 0, memory_order_relaxed);
    }
}

/* How long the phase under way has lasted, in this render. */
static int64_t open_ns(const struct monitor *monitor, const struct monitor_track *track) {
    uint64_t since_ns = size_max(track->open_since_ns, monitor->begun_ns);
    return monitor->ended_ns > since_ns ? (int64_t)(monitor->ended_ns - since_ns) : 0;
}

static int64_t at_most(int64_t value, int64_t most) {
    return value < most ? value : most;
}

/* A worker's waits: until it first computed, since it last sent, and those between. */
static void split_wait(const struct monitor *monitor, unsigned worker, int64_t wait_ns) {
    struct monitor_track *track = &monitor->tracks[worker];
    uint64_t first_ns =
        atomic_load_explicit(&monitor->accounts[worker].first_ns, memory_order_relaxed);
    int64_t startup_ns = first_ns ? (int64_t)(first_ns - monitor->begun_ns) : 0;
    int64_t end_ns = track->open_phase == PHASE_WAIT ? open_ns(monitor, track) : 0;
    end_ns = at_most(end_ns, wait_ns);
    startup_ns = at_most(startup_ns, wait_ns - end_ns);
    track->term_ns[TERM_END_WAIT] = end_ns;
    track->term_ns[TERM_STARTUP_WAIT] = startup_ns;
    track->term_ns[TERM_WAIT] = wait_ns - end_ns - startup_ns;
}

/* Was the track's thread or process obtained? Only then it may be starting. */
static bool is_there(const struct monitor *monitor, unsigned index) {
    return index >= monitor->worker_count || index < monitor->workers_started;
}

/* Takes `ns` from a term, as far as it goes; what is left to take. */
static int64_t take_from(int64_t *term_ns, int64_t ns) {
    int64_t taken = at_most(ns, *term_ns);
    *term_ns -= taken;
    return ns - taken;
}

/* Holds the terms of a track against the CPU time that the kernel counted for it. Work needs as
 * much; what it counted beyond must have been used in the other phases. Whatever contradicts that
 * is in no term. */
static void hold_against_kernel(const struct monitor *monitor, unsigned index, int64_t *term_ns) {
    const struct account *account = &monitor->accounts[index];
    const struct account_cpu now = account_cpu(account);
    uint64_t used_ns;
    if (!account_cpu_between(account, &monitor->tracks[index].cpu_before, &now, &used_ns))
        return;
    int64_t all_ns = (int64_t)(monitor->ended_ns - monitor->begun_ns), cpu_ns = (int64_t)used_ns;
    int64_t work_ns = term_ns[TERM_COMPUTE] + term_ns[TERM_DISPATCH] + term_ns[TERM_COLLECT];
    int64_t excess_ns = work_ns - cpu_ns, off_ns = term_ns[TERM_DESCHEDULED];
    if (excess_ns > 0) {
        excess_ns = take_from(&term_ns[TERM_COMPUTE], excess_ns);
        excess_ns = take_from(&term_ns[TERM_COLLECT], excess_ns);
        take_from(&term_ns[TERM_DISPATCH], excess_ns);
    } else if (cpu_ns > all_ns - off_ns) {
        take_from(&term_ns[TERM_DESCHEDULED], cpu_ns - (all_ns - off_ns));
    }
}

/* What the track's time was spent on. */
static void settle(struct monitor *monitor, unsigned index) {
    struct monitor_track *track = &monitor->tracks[index];
    int64_t *term_ns = track->term_ns, rest_ns = (int64_t)(monitor->ended_ns - monitor->begun_ns);
    struct account_sums sums;
    account_read(&monitor->accounts[index], monitor->ended_ns, &sums, &track->open_phase,
                 &track->open_since_ns);
    account_subtract(&sums, &track->before);
    if (track->open_phase == PHASE_START && !is_there(monitor, index))
        sums.phase_ns[PHASE_START] -= open_ns(monitor, track);
    term_ns[TERM_START] = sums.phase_ns[PHASE_START];
    term_ns[TERM_COMPUTE] = sums.phase_ns[PHASE_COMPUTE];
    term_ns[TERM_SEND] = sums.phase_ns[PHASE_SEND];
    term_ns[TERM_DISPATCH] = sums.phase_ns[PHASE_DISPATCH];
    term_ns[TERM_COLLECT] = sums.phase_ns[PHASE_COLLECT];
    term_ns[TERM_IDLE] = sums.phase_ns[PHASE_IDLE];
    term_ns[TERM_DESCHEDULED] = sums.off_ns;
    split_wait(monitor, index, sums.phase_ns[PHASE_WAIT]);
    for (int i = 0; i < TERM_RESIDUAL; i++)
        term_ns[i] = term_ns[i] > 0 ? term_ns[i] : 0; /* a change just before the begin */
    hold_against_kernel(monitor, index, term_ns);
    for (int i = 0; i < TERM_RESIDUAL; i++)
        rest_ns -= term_ns[i];
    term_ns[TERM_RESIDUAL] = rest_ns;
}

static int64_t most(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static void add_terms(int64_t sums[TERMS], const int64_t terms[TERMS]) {
    for (int i = 0; i < TERMS; i++)
        sums[i] += terms[i];
}

static uint32_t count_coordinators(const struct monitor *monitor) {
    uint32_t count = 0;
    for (int i = 0; i < MONITOR_COORDINATORS; i++)
        count += monitor->coordinators[i] != NULL;
    return count;
}

void monitor_render_ended(struct monitor *monitor, uint64_t now_ns,
                          struct monitor_accounts *accounts) {
    int64_t compute_ns = 0, busy_ns = 0;
    if (recording_of(monitor, 0) == RECORD_NOTHING)
        return;
    monitor->ended_ns = now_ns;
    for (unsigned i = 0; i < monitor_tracks(monitor); i++) {
        char name[MONITOR_NAME_SIZE];
        const int64_t *term_ns = monitor->tracks[i].term_ns;
        settle(monitor, i);
        if (i < monitor->worker_count) {
            add_terms(accounts->worker_ns, term_ns);
            compute_ns = most(compute_ns, term_ns[TERM_COMPUTE]);
        } else if (monitor_track_name(monitor, i, name)) {
            add_terms(accounts->coordinator_ns, term_ns);
            busy_ns = most(busy_ns, term_ns[TERM_DISPATCH] + term_ns[TERM_COLLECT]);
        }
    }
    accounts->compute_most_ns += compute_ns;
    accounts->coordinator_most_ns += busy_ns;
    accounts->wall_ns += now_ns - monitor->begun_ns;
    accounts->coordinators = count_coordinators(monitor);
    accounts->renders++;
}

const char *monitor_term_name(enum term term) {
    static const char *const names[TERMS] = {
        [TERM_START] = "start",       [TERM_STARTUP_WAIT] = "startup_wait",
        [TERM_WAIT] = "wait",         [TERM_COMPUTE] = "compute",
        [TERM_SEND] = "send",         [TERM_END_WAIT] = "end_wait",
        [TERM_DISPATCH] = "dispatch", [TERM_COLLECT] = "collect",
        [TERM_IDLE] = "idle",         [TERM_DESCHEDULED] = "descheduled",
        [TERM_RESIDUAL] = "residual",
    };
    return names[term];
}
