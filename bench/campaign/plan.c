/* From axes to cases; contracts in plan.h. */
#include "bench/campaign/plan.h"

#include "base/limits.h"
#include "base/size.h"
#include "base/text.h"
#include "bench/campaign/array.h"
#include "render.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AXIS_MAX 64 /* values on one axis */

/* The axes, parsed. */
struct grid {
    const struct backend *backends[AXIS_MAX];
    const struct kernel *kernels[AXIS_MAX];
    const struct view *views[AXIS_MAX];
    struct schedule schedules[AXIS_MAX];
    uint64_t workers[AXIS_MAX], batches[AXIS_MAX], max_iter[AXIS_MAX]; /* 0: the default */
    const struct kernel *batch_kernels[AXIS_MAX]; /* that have such batches; NULL: all */
    uint64_t widths[AXIS_MAX], heights[AXIS_MAX];
    bool shortcuts[AXIS_MAX], by_kernel;
    unsigned backend_count, kernel_count, view_count, schedule_count, worker_count, batch_count,
        max_iter_count, pixels_count, shortcuts_count;
};

/* Where a refusal goes. */
struct complaint {
    char *sentence;
    size_t size;
};

__attribute__((format(printf, 2, 3))) static int refuse(struct complaint *complaint,
                                                        const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(complaint->sentence, complaint->size, format, args);
    va_end(args);
    text_tame(complaint->sentence);
    return -EINVAL;
}

const char *role_name(enum role role) {
    static const char *const names[] = {
        [ROLE_BASELINE] = "baseline",
        [ROLE_CONTROL] = "control",
        [ROLE_NULL] = "null",
        [ROLE_CASE] = "case",
    };
    return names[role];
}

/* Puts one item of an axis into the grid: 0 or -EINVAL with its sentence. */
typedef int take_item(struct grid *grid, const char *item, struct complaint *complaint);

static int take_axis(struct grid *grid, const char *axis, const char *list, take_item *take,
                     struct complaint *complaint) {
    char item[64];
    int more;
    unsigned items = 0;
    while ((more = text_next_item(&list, item, sizeof item)) == 1) {
        if (++items > AXIS_MAX / 2)
            return refuse(complaint, "--%s has more than %d values", axis, AXIS_MAX / 2);
        int err = take(grid, item, complaint);
        if (err)
            return err;
    }
    return more < 0 ? refuse(complaint, "--%s has an empty or overlong value", axis) : 0;
}

static int take_one_backend(struct grid *grid, const char *item, struct complaint *complaint) {
    unsigned count;
    const struct backend *const *backends = backend_list(&count);
    bool all = strcmp(item, "all") == 0, found = false;
    for (unsigned i = 0; i < count && grid->backend_count < AXIS_MAX; i++) {
        if (!all && strcmp(item, backends[i]->name) != 0)
            continue;
        const char *reason = backend_unavailable(backends[i]);
        if (reason && !all)
            return refuse(complaint, "backend %s is unavailable: %s", item, reason);
        if (!reason)
            grid->backends[grid->backend_count++] = backends[i];
        found = true;
    }
    return found ? 0 : refuse(complaint, "unknown backend '%s'; see mandelbench list", item);
}

/* Of names with '/' between them the first that this build has, or the last. */
static int take_backend(struct grid *grid, const char *item, struct complaint *complaint) {
    char names[64];
    snprintf(names, sizeof names, "%s", item);
    char *name = names, *next;
    while ((next = strchr(name, '/'))) {
        *next++ = '\0';
        const struct backend *backend = backend_find(name);
        if (!backend || !backend_unavailable(backend))
            break;
        name = next;
    }
    return take_one_backend(grid, name, complaint);
}

/* Every kernel that is available, or every exact one. */
static int take_kernels(struct grid *grid, bool exact) {
    unsigned count;
    const struct kernel *const *kernels = kernel_list(&count);
    for (unsigned i = 0; i < count && grid->kernel_count < AXIS_MAX; i++)
        if ((kernels[i]->exact || !exact) && !kernel_unavailable(kernels[i]) &&
            strcmp(kernels[i]->name, "null") != 0)
            grid->kernels[grid->kernel_count++] = kernels[i];
    return 0;
}

static int take_kernel(struct grid *grid, const char *item, struct complaint *complaint) {
    if (strcmp(item, "all") == 0 || strcmp(item, "exact") == 0)
        return take_kernels(grid, *item == 'e');
    const struct kernel *kernel =
        strcmp(item, "fastest") == 0 ? kernel_fastest() : kernel_find(item);
    if (!kernel)
        return refuse(complaint, "unknown kernel '%s'; see mandelbench list", item);
    const char *reason = kernel_unavailable(kernel);
    if (reason)
        return refuse(complaint, "kernel %s is unavailable: %s", item, reason);
    if (strcmp(kernel->name, "null") == 0)
        return refuse(complaint,
                      "the null kernel is always in, in a role of its own; name another");
    if (grid->kernel_count < AXIS_MAX)
        grid->kernels[grid->kernel_count++] = kernel;
    return 0;
}

static int take_shortcuts(struct grid *grid, const char *item, struct complaint *complaint) {
    bool on = strcmp(item, "on") == 0;
    if (!on && strcmp(item, "off") != 0)
        return refuse(complaint, "--shortcuts are on or off, not '%s'", item);
    grid->shortcuts[grid->shortcuts_count++] = on;
    return 0;
}

static int take_view(struct grid *grid, const char *item, struct complaint *complaint) {
    unsigned count;
    const struct view *views = view_list(&count);
    bool all = strcmp(item, "all") == 0;
    if (!all && !view_find(item))
        return refuse(complaint, "unknown view '%s'; see mandelbench list", item);
    for (unsigned i = 0; i < count && grid->view_count < AXIS_MAX; i++)
        if (all || strcmp(item, views[i].name) == 0)
            grid->views[grid->view_count++] = &views[i];
    return 0;
}

static int take_schedule(struct grid *grid, const char *item, struct complaint *complaint) {
    char text[64];
    snprintf(text, sizeof text, "%s", item);
    char *colon = strchr(text, ':');
    if (colon)
        *colon = ',';
    if (schedule_parse(text, &grid->schedules[grid->schedule_count]) != 0)
        return refuse(complaint, "'%s' is no schedule: static, dynamic, guided or auto, then ':N'",
                      item);
    grid->schedule_count++;
    return 0;
}

static void add_workers(struct grid *grid, uint64_t workers) {
    for (unsigned i = 0; i < grid->worker_count; i++)
        if (grid->workers[i] == workers)
            return;
    if (grid->worker_count < AXIS_MAX)
        grid->workers[grid->worker_count++] = workers;
}

static int take_workers(struct grid *grid, const char *item, struct complaint *complaint) {
    uint64_t workers;
    uint64_t usable = size_min(limits_usable_cpus(), JOB_WORKERS_MAX);
    if (strcmp(item, "usable") == 0) {
        add_workers(grid, usable);
        return 0;
    }
    if (strcmp(item, "ladder") == 0) {
        for (workers = 1; workers <= size_min(2 * usable, JOB_WORKERS_MAX); workers *= 2)
            add_workers(grid, workers);
        add_workers(grid, usable);
        return 0;
    }
    if (text_parse_u64(item, 1, JOB_WORKERS_MAX, &workers) != 0)
        return refuse(complaint, "'%s' is no number of workers: 1 to %d, ladder or usable", item,
                      JOB_WORKERS_MAX);
    add_workers(grid, workers);
    return 0;
}

/* "800", "default", or of one kernel alone "scalar:800". */
static int take_batch(struct grid *grid, const char *item, struct complaint *complaint) {
    unsigned i = grid->batch_count++;
    const char *colon = strchr(item, ':'), *size = colon ? colon + 1 : item;
    char name[64] = "";
    if (colon)
        snprintf(name, sizeof name, "%.*s", (int)(colon - item), item);
    grid->batch_kernels[i] = strcmp(name, "fastest") == 0 ? kernel_fastest() : kernel_find(name);
    if (colon && !grid->batch_kernels[i])
        return refuse(complaint, "unknown kernel '%s'; see mandelbench list", name);
    if (strcmp(size, "default") == 0 || text_parse_u64(size, 1, UINT64_MAX, &grid->batches[i]) == 0)
        return 0;
    return refuse(complaint, "'%s' is no batch: a number of pixels from 1 on, or default", item);
}

static int take_max_iter(struct grid *grid, const char *item, struct complaint *complaint) {
    uint64_t *limit = &grid->max_iter[grid->max_iter_count++];
    if (strcmp(item, "view") == 0 || text_parse_u64(item, 1, WORKLOAD_LIMIT_MAX, limit) == 0)
        return 0;
    return refuse(complaint, "'%s' is no iteration limit: 1 to 4294967294, or view", item);
}

static int take_pixels(struct grid *grid, const char *item, struct complaint *complaint) {
    unsigned i = grid->pixels_count++;
    if (text_parse_size(item, WORKLOAD_SIDE_MAX, &grid->widths[i], &grid->heights[i]) == 0)
        return 0;
    return refuse(complaint, "'%s' is no picture size: WIDTHxHEIGHT or SIDE, sides 1 to 1048576",
                  item);
}

static int parse_axes(struct grid *grid, const struct axes *own, const struct axes *over,
                      struct complaint *complaint) {
#define LIST(axis) (over->axis ? over->axis : own->axis)
    int err = take_axis(grid, "backends", LIST(backends), take_backend, complaint);
    if (!err)
        err = take_axis(grid, "kernels", LIST(kernels), take_kernel, complaint);
    if (!err)
        err = take_axis(grid, "views", LIST(views), take_view, complaint);
    if (!err)
        err = take_axis(grid, "schedules", LIST(schedules), take_schedule, complaint);
    if (!err)
        err = take_axis(grid, "shortcuts", LIST(shortcuts), take_shortcuts, complaint);
    if (!err)
        add_workers(grid, 1); /* every backend at one worker is always in */
    if (!err)
        err = take_axis(grid, "workers", LIST(workers), take_workers, complaint);
    if (!err)
        err = take_axis(grid, "batches", LIST(batches), take_batch, complaint);
    if (!err)
        err = take_axis(grid, "max-iter", LIST(max_iter), take_max_iter, complaint);
    if (!err)
        err = take_axis(grid, "pixels", LIST(pixels), take_pixels, complaint);
#undef LIST
    return err;
}

const struct plan_case *plan_kept(const struct plan *plan, enum role role,
                                  const struct backend *backend) {
    const struct plan_case *first = &plan->cases[0], *best = NULL;
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct plan_case *other = &plan->cases[i];
        if (other->role == role && other->backend == backend &&
            other->job.kernel == first->job.kernel &&
            workload_same(&other->job.workload, &first->job.workload) &&
            other->job.workers <= plan->usable_cpus &&
            (!best || other->job.workers > best->job.workers))
            best = other;
    }
    return best;
}

bool plan_same(const struct plan_case *a, const struct plan_case *b) {
    return a->role == b->role && a->backend == b->backend && a->job.kernel == b->job.kernel &&
           a->job.workers == b->job.workers && a->job.batch == b->job.batch &&
           a->job.schedule.kind == b->job.schedule.kind &&
           a->job.schedule.chunk == b->job.schedule.chunk && strcmp(a->view, b->view) == 0 &&
           workload_same(&a->job.workload, &b->job.workload);
}

int plan_add(struct plan *plan, const struct plan_case *plan_case) {
    for (uint32_t i = 0; i < plan->count; i++)
        if (plan_same(&plan->cases[i], plan_case))
            return 0; /* named twice on an axis */
    struct plan_case *cases =
        array_room(plan->cases, plan->count, &plan->capacity, sizeof *plan->cases);
    if (!cases)
        return -ENOMEM;
    cases[plan->count++] = *plan_case;
    plan->cases = cases;
    return 0;
}

static bool is_serial(const struct backend *backend) {
    return backend == backend_find("serial");
}

static bool has_one_worker(const struct backend *backend) {
    return backend->flags & BACKEND_ONE_WORKER;
}

/* One backend with one kernel: every number of workers, every schedule. */
static int add_backend(struct plan *plan, const struct grid *grid, struct plan_case model) {
    unsigned schedules = model.backend->flags & BACKEND_SCHEDULE ? grid->schedule_count : 1;
    unsigned counts = has_one_worker(model.backend) ? 1 : grid->worker_count;
    for (unsigned w = 0; w < counts; w++) {
        for (unsigned s = 0; s < schedules; s++) {
            model.job.workers = has_one_worker(model.backend) ? 1 : (unsigned)grid->workers[w];
            model.job.schedule = grid->schedules[s];
            int err = plan_add(plan, &model);
            if (err)
                return err;
        }
    }
    return 0;
}

/* One workload, with shortcuts or without, with one kernel: baseline, control, and all other
 * backends. */
static int add_kernel(struct plan *plan, const struct grid *grid, struct plan_case model) {
    model.backend = backend_find("serial");
    model.role = ROLE_BASELINE;
    int err = plan_add(plan, &model);
    model.role = ROLE_CONTROL;
    if (!err)
        err = plan_add(plan, &model);
    model.role = ROLE_CASE;
    for (unsigned b = 0; !err && b < grid->backend_count; b++) {
        model.backend = grid->backends[b];
        if (!is_serial(model.backend))
            err = add_backend(plan, grid, model);
    }
    return err;
}

/* One workload without arithmetic: serial, and each backend on all usable CPUs. */
static int add_null(struct plan *plan, const struct grid *grid, struct plan_case model) {
    model.role = ROLE_NULL;
    model.backend = backend_find("serial");
    model.job.kernel = kernel_find("null");
    model.job.workload.shortcuts = false;
    int err = plan_add(plan, &model);
    unsigned usable = (unsigned)size_min(plan->usable_cpus, JOB_WORKERS_MAX);
    model.job.schedule = grid->schedules[0];
    for (unsigned b = 0; !err && b < grid->backend_count; b++) {
        model.backend = grid->backends[b];
        model.job.workers = has_one_worker(model.backend) ? 1 : usable;
        if (!is_serial(model.backend))
            err = plan_add(plan, &model);
    }
    return err;
}

/* One kernel on one core, by serial, and on more by each backend. */
static int add_cores(struct plan *plan, const struct grid *grid, struct plan_case model) {
    model.role = ROLE_CASE;
    model.backend = backend_find("serial");
    model.job.workers = 1;
    bool baseline = model.job.kernel == kernel_find("scalar"); /* which is in already */
    int err = baseline ? 0 : plan_add(plan, &model);
    for (unsigned b = 0; !err && b < grid->backend_count; b++)
        for (unsigned w = 0; !err && w < grid->worker_count; w++) {
            model.backend = grid->backends[b];
            model.job.workers = (unsigned)grid->workers[w];
            if (model.job.workers > 1 && !has_one_worker(model.backend))
                err = plan_add(plan, &model);
        }
    return err;
}

/* One workload with every kernel, against scalar, which knows no shortcuts. */
static int add_by_kernel(struct plan *plan, const struct grid *grid, struct plan_case model) {
    model.role = ROLE_BASELINE;
    model.backend = backend_find("serial");
    model.job.kernel = kernel_find("scalar");
    int err = plan_add(plan, &model);
    for (unsigned k = 0; !err && k < grid->kernel_count; k++) {
        model.job.kernel = grid->kernels[k];
        bool scalar = model.job.kernel == kernel_find("scalar");
        for (unsigned s = 0; !err && s < (scalar ? 1 : grid->shortcuts_count); s++) {
            model.job.workload.shortcuts = !scalar && grid->shortcuts[s];
            err = add_cores(plan, grid, model);
        }
    }
    return err;
}

/* Only with one kernel, or with all if that is NULL. */
static int add_workload(struct plan *plan, const struct grid *grid, struct plan_case model,
                        const struct kernel *only, struct complaint *complaint) {
    const char *fault = workload_fault(&model.job.workload);
    if (fault)
        return refuse(complaint, "%s", fault);
    char needed[TEXT_BYTES_SIZE], present[TEXT_BYTES_SIZE];
    uint64_t bytes = render_memory_bytes(&model.job), memory = limits_memory_bytes();
    if (bytes >= memory)
        return refuse(complaint, "a frame of %ux%u pixels needs %s of memory, and there is %s",
                      model.job.workload.width, model.job.workload.height,
                      text_bytes(bytes, needed), text_bytes(memory, present));
    if (grid->by_kernel)
        return add_by_kernel(plan, grid, model);
    uint32_t before = plan->count;
    int err = 0;
    for (unsigned k = 0; !err && k < grid->kernel_count; k++)
        for (unsigned s = 0; !err && s < grid->shortcuts_count; s++) {
            model.job.kernel = grid->kernels[k];
            model.job.workload.shortcuts = grid->shortcuts[s];
            if (!only || only == model.job.kernel)
                err = add_kernel(plan, grid, model);
        }
    return err || plan->count == before ? err : add_null(plan, grid, model);
}

/* A weak scaling: for each number of workers a picture of its own, that many times as high. */
static int add_growing(struct plan *plan, struct grid *grid, struct plan_case model,
                       const struct kernel *only, struct complaint *complaint) {
    uint64_t workers[AXIS_MAX];
    unsigned count = grid->worker_count;
    uint32_t height = model.job.workload.height;
    int err = 0;
    memcpy(workers, grid->workers, sizeof workers);
    for (unsigned w = 0; !err && w < count; w++) {
        uint64_t grown = height * workers[w];
        if (grown > WORKLOAD_SIDE_MAX)
            return refuse(complaint, "a picture of %llu rows is too high",
                          (unsigned long long)grown);
        /* The view keeps its width, so its extent in the plane grows downwards like its rows. */
        model.job.workload.height = (uint32_t)grown;
        grid->workers[0] = workers[w];
        grid->worker_count = 1;
        err = add_workload(plan, grid, model, only, complaint);
    }
    memcpy(grid->workers, workers, sizeof workers);
    grid->worker_count = count;
    return err;
}

/* How many cases there will be, if nothing is named twice; axes are too short for it to overflow.
 */
static uint64_t count_cases(const struct grid *grid, bool weak) {
    uint64_t workloads = (uint64_t)grid->view_count * grid->pixels_count * grid->max_iter_count *
                         grid->batch_count * (weak ? grid->worker_count : 1);
    uint64_t ways = 2; /* baseline and control */
    for (unsigned b = 0; b < grid->backend_count; b++)
        ways += (has_one_worker(grid->backends[b]) || weak ? 1 : grid->worker_count) *
                (grid->backends[b]->flags & BACKEND_SCHEDULE ? grid->schedule_count : 1);
    return workloads *
           (grid->kernel_count * grid->shortcuts_count * ways + grid->backend_count + 1);
}

static int add_all(struct plan *plan, struct grid *grid, bool weak, struct complaint *complaint) {
    int err = 0;
    for (unsigned v = 0; !err && v < grid->view_count; v++)
        for (unsigned p = 0; !err && p < grid->pixels_count; p++)
            for (unsigned m = 0; !err && m < grid->max_iter_count; m++)
                for (unsigned b = 0; !err && b < grid->batch_count; b++) {
                    struct plan_case model = {.view = grid->views[v]->name};
                    model.job.workers = 1;
                    model.job.schedule = grid->schedules[0];
                    model.job.workload = workload_of_view(grid->views[v], (uint32_t)grid->widths[p],
                                                          (uint32_t)grid->heights[p]);
                    if (grid->max_iter[m])
                        model.job.workload.max_iter = (uint32_t)grid->max_iter[m];
                    uint64_t pixels = workload_pixels(&model.job.workload);
                    model.job.batch = grid->batches[b] ? size_min(grid->batches[b], pixels)
                                                       : batch_default(pixels);
                    err = weak ? add_growing(plan, grid, model, grid->batch_kernels[b], complaint)
                               : add_workload(plan, grid, model, grid->batch_kernels[b], complaint);
                }
    return err;
}

static bool any_axis(const struct axes *axes) {
    return axes->backends || axes->kernels || axes->workers || axes->batches || axes->schedules ||
           axes->shortcuts || axes->views || axes->pixels || axes->max_iter;
}

int plan_make(struct plan *plan, const struct experiment *experiment, const struct axes *over,
              char *sentence, size_t size) {
    struct complaint complaint = {sentence, size};
    *plan = (struct plan){.usable_cpus = limits_usable_cpus()};
    snprintf(plan->experiment, sizeof plan->experiment, "%s", experiment->name);
    if (!experiment_renders(experiment) && !any_axis(over))
        return 0;
    if (!experiment_renders(experiment))
        return refuse(&complaint, "experiment %s has none of the axes", experiment->name);
    struct grid *grid = calloc(1, sizeof *grid);
    if (!grid)
        return -ENOMEM;
    grid->by_kernel = experiment->by_kernel;
    int err = parse_axes(grid, &experiment->axes, over, &complaint);
    uint64_t cases = err ? 0 : count_cases(grid, experiment->weak);
    if (cases > PLAN_CASES_MAX)
        err = refuse(&complaint, "these axes make %llu cases, and a block has at most %d",
                     (unsigned long long)cases, PLAN_CASES_MAX);
    if (!err)
        err = add_all(plan, grid, experiment->weak, &complaint);
    if (!err && plan->count == 0)
        err = refuse(&complaint, "no kernel of --kernels has one of the --batches");
    free(grid);
    return err;
}

void plan_free(struct plan *plan) {
    free(plan->cases);
    *plan = (struct plan){0};
}
