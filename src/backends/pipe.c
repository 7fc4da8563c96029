/* Backend pipe: the parent deals batches to each worker by itself, over a channel that only these
 * two share.
 * Pattern: message passing with a coordinator. No worker sees another, nothing is shared that could
 * be fought over, so there is no lock anywhere; the parent alone knows what is left, and polls all
 * channels at once. Batches are dealt by the hand, a few that follow each other; each worker has a
 * second hand waiting when it has sent the results of the first, and never waits for the parent.
 * Who writes the frame: the parent, copied. What ends a worker: the end of its channel, when the
 * parent has closed it.
 * A death: the parent remembers what each worker's hands hold. It takes what the dead had still
 * sent whole, and deals the rest again, to a replacement with a channel of its own. */
#include "mp/pipe.h"

#include "backends/crew.h"
#include "base/size.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A worker has two hands: the one that it plays, and one that covers the time until the parent has
 * been woken. So few numbers always fit the channel's buffer: dealing never blocks. */
#define HANDS 2

/* Most batches in a hand. Each result wakes the parent, which costs some 20 µs in both; so batches
 * of 100 µs travel together, but not those of so many pixels that it makes no difference. */
#define HAND_BATCHES 4
#define HAND_PIXELS  16384

/* The ends of a channel. */
enum { PARENT, WORKER };

#define NO_CHANNEL ((struct pipe){.ends = {{.fd = -1}, {.fd = -1}}})

/* What travels: batches first … first + count - 1, and home with these their sums and their counts,
 * which are one run of pixels. */
struct hand {
    uint64_t first, count;
};

struct result {
    struct hand hand;
    uint64_t sums[HAND_BATCHES];
    uint32_t counts[];
};

/* A worker as the parent sees it. */
struct partner {
    struct pipe channel;
    struct hand hands[HANDS]; /* dealt, and not yet home, oldest first; `held` of them */
    unsigned held;
};

struct pipe_backend {
    struct crew crew;
    struct partner *partners;
    unsigned opened;       /* channels, the first of them */
    struct pipe spare;     /* the channel of the spare, or closed */
    struct counts *counts; /* the frame of the render under way */
    uint64_t hand;         /* most batches in a hand, of this job */
    struct result *result; /* the parent's, with room for any */
    uint64_t next;         /* the batch to be dealt next */
    uint64_t left;         /* batches of this render that are not yet in the frame */
    bool broken;           /* a render failed: do not wait for anybody */
};

static size_t result_bytes(uint64_t pixels) {
    return sizeof(struct result) + pixels * sizeof(uint32_t);
}

static size_t result_bytes_most(const struct pipe_backend *this) {
    return result_bytes(this->hand * this->crew.job->batch);
}

/* A worker takes its own end, and leaves all that it inherited of the others': while anybody held a
 * copy of a parent's end, that channel would never end. (The other workers' ends the parent closed
 * itself, each before it started the next.) Who was a spare has that one's channel. */
static struct pipe_end *own_end(struct pipe_backend *this, unsigned worker) {
    struct pipe_end *own = &this->partners[worker].channel.ends[WORKER];
    for (unsigned i = 0; i < this->opened; i++)
        pipe_close(&this->partners[i].channel.ends[PARENT]);
    pipe_close(&this->spare.ends[PARENT]);
    return own->fd >= 0 ? own : &this->spare.ends[WORKER];
}

/* Computes the batches of a hand, one behind the other. Their pixels. */
static uint64_t play(struct crew *crew, unsigned worker, struct result *result) {
    uint64_t pixels = 0;
    for (uint64_t i = 0; i < result->hand.count; i++) {
        uint64_t batch = result->hand.first + i;
        result->sums[i] = crew_fill(crew, worker, batch, result->counts + pixels);
        pixels += job_batch(crew->job, batch).count;
    }
    return pixels;
}

/* A worker's life: a hand, its counts home, until the channel ends. */
static int worker_life(void *argument, unsigned worker) {
    struct pipe_backend *this = argument;
    struct crew *crew = &this->crew;
    struct pipe_end *home = own_end(this, worker);
    struct result *result = malloc(result_bytes_most(this));
    if (!result)
        return 1;
    monitor_phase(crew->monitor, worker, PHASE_WAIT);
    while (pipe_receive(home, &result->hand, sizeof result->hand) > 0) {
        uint64_t pixels = play(crew, worker, result);
        monitor_phase(crew->monitor, worker, PHASE_SEND);
        if (pipe_send(home, result, result_bytes(pixels)) != 0)
            break;
        monitor_phase(crew->monitor, worker, PHASE_WAIT);
    }
    free(result);
    return 0;
}

static void close_spare(struct pipe_backend *this) {
    pipe_close(&this->spare.ends[PARENT]);
    pipe_close(&this->spare.ends[WORKER]);
}

/* A channel for whoever stands by. */
static int spare_comes(void *backend) {
    struct pipe_backend *this = backend;
    close_spare(this);
    return pipe_open(&this->spare);
}

/* A new one, or the spare's if it will step in. */
static int open_channel(struct pipe_backend *this, struct pipe *channel,
                        const struct worker *dead) {
    if (!dead || !spare_serves(&this->crew.supervisor.spare, dead)) {
        close_spare(this);
        return pipe_open(channel);
    }
    *channel = this->spare;
    this->spare = NO_CHANNEL;
    return 0;
}

/* Opens a channel, and starts the worker at its other end; after a death in the dead one's place.
 */
static int hire(struct pipe_backend *this, unsigned worker, struct worker *dead) {
    struct pipe *channel = &this->partners[worker].channel;
    struct supervisor *supervisor = &this->crew.supervisor;
    int err = open_channel(this, channel, dead);
    if (err)
        return err;
    this->opened += dead == NULL;
    err = dead ? supervisor_replace(supervisor, dead)
               : supervisor_start(supervisor, WORKER_PROCESS, "pipe worker", worker_life, this);
    pipe_close(&channel->ends[WORKER]);
    return err ? err : supervisor_watch(supervisor, channel->ends[PARENT].fd, worker);
}

static int finish(void *state) {
    struct pipe_backend *this = state;
    int err = 0;
    for (unsigned i = 0; i < this->opened; i++)
        pipe_close(&this->partners[i].channel.ends[PARENT]);
    close_spare(this);
    if (!this->broken)
        err = crew_join(&this->crew);
    crew_close(&this->crew);
    free(this->partners);
    free(this->result);
    free(this);
    return err;
}

/* Sends a worker one of its hands. One that has died is no error: it is replaced, and sent them. */
static int send_hand(struct pipe_backend *this, unsigned worker, const struct hand *hand) {
    struct pipe_end *end = &this->partners[worker].channel.ends[PARENT];
    int err = end->fd >= 0 ? pipe_send(end, hand, sizeof *hand) : 0;
    return err == -EPIPE ? 0 : err;
}

/* Deals one more hand to a worker, if any batch is left; smaller ones towards the end, so that all
 * finish together. */
static int deal(struct pipe_backend *this, unsigned worker) {
    struct partner *partner = &this->partners[worker];
    uint64_t undealt = job_batches(this->crew.job) - this->next;
    uint64_t share = size_divide_up(undealt, HANDS * this->opened);
    if (undealt == 0)
        return 0;
    monitor_phase(this->crew.monitor, monitor_original(this->crew.monitor), PHASE_DISPATCH);
    struct hand *hand = &partner->hands[partner->held++];
    *hand = (struct hand){.first = this->next, .count = size_min(this->hand, share)};
    this->next += hand->count;
    return send_hand(this, worker, hand);
}

/* Takes one result from a worker: counts into the frame. 0, or what pipe_receive says. */
static int take(struct pipe_backend *this, unsigned worker) {
    struct partner *partner = &this->partners[worker];
    const struct result *result = this->result;
    uint64_t pixels = 0;
    long bytes =
        pipe_receive(&partner->channel.ends[PARENT], this->result, result_bytes_most(this));
    if (bytes < 0)
        return (int)bytes;
    for (uint64_t i = 0; i < result->hand.count; i++) {
        uint64_t batch = result->hand.first + i;
        crew_enter(&this->crew, this->counts, worker, batch, result->sums[i],
                   result->counts + pixels);
        pixels += job_batch(this->crew.job, batch).count;
    }
    this->left -= result->hand.count;
    partner->held--;
    memmove(partner->hands, partner->hands + 1, partner->held * sizeof *partner->hands);
    return 0;
}

/* A worker has sent a result, or its end shows: then its death is news of its own. */
static int attend(struct pipe_backend *this, unsigned worker) {
    int err = take(this, worker);
    if (err != -EPIPE)
        return err ? err : deal(this, worker);
    supervisor_unwatch(&this->crew.supervisor, this->partners[worker].channel.ends[PARENT].fd);
    return 0;
}

/* What the dead had sent whole is taken; how many batches that leaves to be done again. */
static int64_t mourn(void *backend, const struct worker *dead) {
    struct pipe_backend *this = backend;
    struct partner *partner = &this->partners[dead->number];
    struct pipe_end *end = &partner->channel.ends[PARENT];
    int err = 0;
    int64_t again = 0;
    while (!err && end->fd >= 0)
        err = take(this, dead->number);
    supervisor_unwatch(&this->crew.supervisor, end->fd);
    pipe_close(end);
    for (unsigned i = 0; i < partner->held; i++)
        again += (int64_t)partner->hands[i].count;
    return err == -EPIPE || err == 0 ? again : err;
}

static int replace(void *backend, struct worker *dead) {
    struct pipe_backend *this = backend;
    const struct partner *partner = &this->partners[dead->number];
    unsigned worker = dead->number;
    int err = hire(this, worker, dead);
    for (unsigned i = 0; !err && i < partner->held; i++)
        err = send_hand(this, worker, &partner->hands[i]);
    for (unsigned i = partner->held; !err && i < HANDS; i++)
        err = deal(this, worker);
    return err;
}

static int start(const struct job *job, struct monitor *monitor, void **state) {
    struct pipe_backend *this = calloc(1, sizeof *this);
    if (!this)
        return -ENOMEM;
    this->spare = NO_CHANNEL;
    this->partners = calloc(job->workers, sizeof *this->partners);
    this->next = job_batches(job); /* nothing to deal before the first render */
    this->hand = size_max(1, size_min(HAND_BATCHES, HAND_PIXELS / job->batch));
    int err = crew_open(&this->crew, job, monitor, 0);
    this->crew.backend = this;
    this->crew.mourn = mourn;
    this->crew.replace = replace;
    this->crew.spare_comes = spare_comes;
    monitor_coordinators(monitor, NULL, "parent");
    this->result = malloc(result_bytes_most(this));
    if (!err && (!this->partners || !this->result))
        err = -ENOMEM;
    for (unsigned i = 0; !err && i < job->workers; i++)
        err = hire(this, i, NULL);
    if (err) {
        this->broken = true;
        finish(this);
        return err;
    }
    monitor_workers_started(monitor, job->workers);
    *state = this;
    return 0;
}

/* Deals everybody's hands, then a new one for each result. */
static int deal_and_collect(struct pipe_backend *this) {
    int err = 0;
    for (unsigned i = 0; !err && i < HANDS * this->opened; i++)
        err = deal(this, i % this->opened);
    while (!err && this->left > 0) {
        long worker = crew_await_readable(&this->crew);
        if (worker != -EAGAIN)
            err = worker < 0 ? (int)worker : attend(this, (unsigned)worker);
    }
    return err;
}

static int render(void *state, struct monitor *monitor, struct counts *counts) {
    struct pipe_backend *this = state;
    (void)monitor;
    this->counts = counts;
    this->left = job_batches(this->crew.job);
    int err = crew_begin(&this->crew);
    this->next = 0; /* only now: whom crew_begin replaces is dealt nothing before the others */
    if (!err)
        err = deal_and_collect(this);
    this->broken = err != 0;
    return err;
}

const struct backend backend_pipe = {
    .name = "pipe",
    .summary = "a private channel for each process; the parent deals and polls",
    .flags = BACKEND_PROCESSES | BACKEND_COPIES,
    .open = start,
    .render = render,
    .close = finish,
};
