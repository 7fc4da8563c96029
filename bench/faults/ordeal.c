/* A render whose workers are killed; contracts in ordeal.h. */
#include "bench/faults/ordeal.h"

#include "bench/faults/assassin.h"
#include "bench/measure/child.h"
#include "bench/stats/stats.h"
#include "mp/worker.h"

#include <stdio.h>
#include <string.h>

/* What the process of an ordeal has, by fork; the pointers are into shared pages. */
struct setting {
    const struct ordeal *ordeal;
    struct witness *witness;
    struct ordeal_result *result;
};

/* ---- the process of an ordeal ---- */

static int start_assassin(const struct setting *setting, struct assassin *life,
                          struct worker *assassin) {
    const struct ordeal *ordeal = setting->ordeal;
    *life = (struct assassin){.witness = setting->witness,
                              .workers = ordeal->job->workers,
                              .kills = ordeal->kills,
                              .within_ns = ordeal->expected_ns,
                              .seed = ordeal->seed};
    return worker_start(assassin, WORKER_PROCESS, "faults assassin", 0, assassin_life, life);
}

static void run_render(const struct setting *setting, struct render *render, struct job *job) {
    struct ordeal_result *result = setting->result;
    struct assassin life;
    struct worker assassin;
    witness_attach(setting->witness, render, job);
    render->monitor.report = NULL; /* no sentence about each death: they are meant */
    int err = start_assassin(setting, &life, &assassin);
    if (err) {
        snprintf(result->sentence, sizeof result->sentence, "cannot start the assassin: %s",
                 strerror(-err));
        return;
    }
    result->end = render_run(render, 0);
    worker_kill(&assassin);
    worker_join(&assassin);
    result->render = render->result;
    snprintf(result->sentence, sizeof result->sentence, "%s", render->sentence);
}

/* Kills that were in time, and how long their replacements took. */
static void sum_up(const struct witness *witness, struct ordeal_result *result) {
    double recoveries_ns[ASSASSIN_KILLS_MOST];
    for (uint32_t i = 0; i < witness->capacity; i++) {
        const struct witness_entry *entry = &witness->at[i];
        if (!entry->killed_ns || entry->killed_ns > witness->end_ns)
            continue;
        const struct witness_entry *next = witness_successor(witness, entry);
        if (next)
            recoveries_ns[result->recoveries++] = (double)(next->since_ns - entry->killed_ns);
        result->kills++;
    }
    if (!result->recoveries)
        return;
    stats_sort(recoveries_ns, result->recoveries);
    result->recovery_median_ns = stats_median(recoveries_ns, result->recoveries);
    result->recovery_max_ns = recoveries_ns[result->recoveries - 1];
}

static int go_through(void *argument, unsigned number) {
    struct setting *setting = argument;
    struct ordeal_result *result = setting->result;
    struct render render;
    struct job job = *setting->ordeal->job;
    (void)number;
    int err = render_open(&render, setting->ordeal->backend, &job);
    if (err) {
        snprintf(result->sentence, sizeof result->sentence, "cannot get the frame's memory: %s",
                 strerror(-err));
        return 0;
    }
    run_render(setting, &render, &job);
    render_close(&render);
    sum_up(setting->witness, result);
    usage_now(&result->usage);
    return 0;
}

/* ---- the harness ---- */

static int run_child(struct setting *setting, struct ordeal_result *result) {
    struct machine_others others;
    const char *complaint;
    setting->result->end = RENDER_REFUSED; /* until it says better */
    int err = child_run("faults ordeal", go_through, setting, &others, &complaint);
    *result = *setting->result;
    result->others = others;
    if (complaint) {
        result->end = RENDER_REFUSED;
        snprintf(result->sentence, sizeof result->sentence, "%s", complaint);
    }
    return err;
}

int ordeal_run(const struct ordeal *ordeal, struct ordeal_result *result) {
    struct arena arena = ARENA_EMPTY;
    struct setting setting = {.ordeal = ordeal};
    void *piece;
    /* Each number once, and once more for each of its deaths. */
    int err = witness_open(&arena, ordeal->job->workers + ASSASSIN_KILLS_MOST, &setting.witness);
    if (!err)
        err = arena_take(&arena, sizeof *setting.result, &piece);
    if (!err) {
        setting.result = piece;
        err = run_child(&setting, result);
    }
    arena_close(&arena);
    return err;
}
