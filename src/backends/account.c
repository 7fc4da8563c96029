/* Sums of time by phase; contracts in account.h. */
#include "backends/account.h"

#include "base/clock.h"

#include <sched.h>
#include <unistd.h>

/* Between two readings of the CPU clock, at least. */
#define CPU_INTERVAL_NS UINT64_C(50000)

/* A reader that finds a change under way looks again; whoever was killed in one never ends it. */
#define READS_MOST 100

static uint64_t get(const _Atomic uint64_t *value) {
    return atomic_load_explicit(value, memory_order_acquire);
}

static void set(_Atomic uint64_t *value, uint64_t to) {
    atomic_store_explicit(value, to, memory_order_release);
}

static void add(_Atomic uint64_t *value, uint64_t more) {
    set(value, get(value) + more);
}

static bool is_work(int phase) {
    return phase == PHASE_COMPUTE || phase == PHASE_DISPATCH || phase == PHASE_COLLECT;
}

/* A phase of work ends: *now_ns is when, and the result how much of it had no CPU. The reading
 * itself may cost the CPU, since it makes the scheduler look whose turn it is; so the phase ends
 * after it. */
static uint64_t end_work(struct account *account, uint64_t *now_ns) {
    uint64_t since_ns = get(&account->since_ns), before_ns = get(&account->work_ns), off_ns = 0;
    if (*now_ns - get(&account->cpu_read_ns) < CPU_INTERVAL_NS) {
        set(&account->work_ns, before_ns + (*now_ns - since_ns));
        return 0;
    }
    uint64_t cpu_ns = clock_cpu_ns(), used_ns = cpu_ns - get(&account->cpu_ns);
    *now_ns = clock_now_ns();
    uint64_t spent_ns = *now_ns - since_ns;
    if (before_ns + spent_ns > used_ns)
        off_ns = before_ns + spent_ns - used_ns;
    set(&account->cpu_ns, cpu_ns);
    set(&account->cpu_read_ns, *now_ns);
    set(&account->work_ns, 0);
    return off_ns < spent_ns ? off_ns : spent_ns;
}

/* A thread's clock can be read by its own process only. */
static clockid_t readable_clock(const struct account *account) {
    bool at_home = atomic_load_explicit(&account->harness, memory_order_relaxed) == (int)getpid();
    return at_home ? clock_of_thread() : clock_of_process(getpid());
}

/* The first phase of work finds no reading of its own CPU clock to begin from. */
static void begin_work(struct account *account, uint64_t now_ns) {
    if (get(&account->cpu_read_ns))
        return;
    uint64_t cpu_ns = clock_cpu_ns();
    clockid_t clock = readable_clock(account);
    set(&account->cpu_ns, cpu_ns);
    set(&account->cpu_read_ns, now_ns);
    if (!clock_read_cpu(clock, &cpu_ns))
        clock = CLOCK_MONOTONIC;
    set(&account->joined_ns, cpu_ns);
    atomic_store_explicit(&account->clock, (int)clock, memory_order_release);
}

static void begin_phase(struct account *account, uint64_t now_ns, enum phase phase) {
    set(&account->since_ns, now_ns);
    atomic_store_explicit(&account->phase, (int)phase, memory_order_release);
}

void account_restart(struct account *account, uint64_t now_ns, enum phase phase) {
    uint64_t changes = get(&account->changes) | 1;
    set(&account->changes, changes);
    begin_phase(account, now_ns, phase);
    set(&account->work_ns, 0);
    set(&account->cpu_read_ns, 0);
    atomic_store_explicit(&account->clock, CLOCK_MONOTONIC, memory_order_release);
    add(&account->lives, 1);
    set(&account->changes, changes + 1);
}

void account_reset(struct account *account, uint64_t now_ns, enum phase phase) {
    for (int i = 0; i < PHASES; i++)
        set(&account->phase_ns[i], 0);
    set(&account->off_ns, 0);
    set(&account->first_ns, 0);
    atomic_store_explicit(&account->harness, (int)getpid(), memory_order_relaxed);
    account_restart(account, now_ns, phase);
}

/* Added up before it begins anew: whoever is killed between leaves a restart to drop what is under
 * way, and nothing is in the sums twice. */
uint64_t account_change(struct account *account, enum phase phase) {
    int old = atomic_load_explicit(&account->phase, memory_order_relaxed);
    uint64_t changes = get(&account->changes), now_ns = clock_now_ns();
    uint64_t off_ns = is_work(old) ? end_work(account, &now_ns) : 0;
    uint64_t spent_ns = now_ns - get(&account->since_ns);
    set(&account->changes, changes + 1);
    add(&account->phase_ns[old], spent_ns - off_ns);
    add(&account->off_ns, off_ns);
    begin_phase(account, now_ns, phase);
    set(&account->changes, changes + 2);
    if (is_work((int)phase))
        begin_work(account, now_ns);
    if (phase == PHASE_COMPUTE && get(&account->first_ns) == 0)
        set(&account->first_ns, now_ns);
    return now_ns;
}

static void copy(const struct account *account, struct account_sums *sums, enum phase *phase,
                 uint64_t *since_ns) {
    for (int i = 0; i < PHASES; i++)
        sums->phase_ns[i] = (int64_t)get(&account->phase_ns[i]);
    sums->off_ns = (int64_t)get(&account->off_ns);
    *since_ns = get(&account->since_ns);
    *phase = (enum phase)atomic_load_explicit(&account->phase, memory_order_acquire);
}

void account_read(const struct account *account, uint64_t now_ns, struct account_sums *sums,
                  enum phase *phase, uint64_t *since_ns) {
    for (int i = 0; i < READS_MOST; i++) {
        uint64_t changes = get(&account->changes);
        copy(account, sums, phase, since_ns);
        if (changes % 2 == 0 && changes == get(&account->changes))
            break;
        sched_yield();
    }
    sums->phase_ns[*phase] += (int64_t)(now_ns - *since_ns);
}

struct account_cpu account_cpu(const struct account *account) {
    clockid_t clock = atomic_load_explicit(&account->clock, memory_order_acquire);
    struct account_cpu cpu = {.lives = get(&account->lives)};
    cpu.known = clock_read_cpu(clock, &cpu.ns);
    return cpu;
}

bool account_cpu_between(const struct account *account, const struct account_cpu *before,
                         const struct account_cpu *after, uint64_t *used_ns) {
    uint64_t from_ns = before->known ? before->ns : get(&account->joined_ns);
    *used_ns = after->ns - from_ns;
    return after->known && before->lives == after->lives && after->ns >= from_ns;
}

void account_add(struct account_sums *sums, const struct account_sums *others) {
    for (int i = 0; i < PHASES; i++)
        sums->phase_ns[i] += others->phase_ns[i];
    sums->off_ns += others->off_ns;
}

void account_subtract(struct account_sums *sums, const struct account_sums *others) {
    for (int i = 0; i < PHASES; i++)
        sums->phase_ns[i] -= others->phase_ns[i];
    sums->off_ns -= others->off_ns;
}
