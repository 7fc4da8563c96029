/* Campaign directories and their manifests; contracts in campaign.h. */
#include "bench/campaign/campaign.h"

#include "base/output.h"
#include "base/size.h"
#include "base/text.h"
#include "base/version.h"
#include "bench/experiments/experiment.h"
#include "build/commit.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MANIFEST_SCHEMA 1
#define CPUS_MAX        (1 << 20)

const char *campaign_path(const struct campaign *campaign, const char *file, char *path) {
    snprintf(path, CAMPAIGN_PATH_SIZE + 128, "%s/%.120s", campaign->directory, file);
    return path;
}

int campaign_name(struct campaign *campaign, const char *directory) {
    const char *place = *directory == '-' ? "./" : ""; /* no program takes it for an option */
    int length =
        snprintf(campaign->directory, sizeof campaign->directory, "%s%s", place, directory);
    return (size_t)length < sizeof campaign->directory ? 0 : -ENAMETOOLONG;
}

static bool is_empty(const char *directory) {
    DIR *stream = opendir(directory);
    if (!stream)
        return true;
    unsigned entries = 0;
    while (readdir(stream))
        entries++;
    closedir(stream);
    return entries <= 2; /* "." and ".." */
}

/* mkdir -p */
static int make_directories(const char *path) {
    char part[CAMPAIGN_PATH_SIZE + 128];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return -errno;
        *slash = '/';
    }
    return mkdir(part, 0777) == 0 || errno == EEXIST ? 0 : -errno;
}

int campaign_create(const struct campaign *campaign) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    struct stat existing;
    if (stat(campaign->directory, &existing) == 0) {
        if (!S_ISDIR(existing.st_mode))
            return -ENOTDIR;
        if (!is_empty(campaign->directory))
            return -ENOTEMPTY;
    }
    int err = make_directories(campaign->directory);
    if (!err)
        err = make_directories(campaign_path(campaign, "plots", path));
    if (!err && campaign->plan.count)
        err = make_directories(campaign_path(campaign, "images", path));
    if (!err && campaign->plan.count)
        err = make_directories(campaign_path(campaign, "trace", path));
    return err;
}

/* One argument as a shell reads it back: in single quotes where it needs them. */
static void append_quoted(FILE *stream, const char *argument) {
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
    if (*argument && !argument[strspn(argument, plain)]) {
        fprintf(stream, " %s", argument);
        return;
    }
    fputs(" '", stream);
    for (; *argument; argument++)
        fputs(*argument == '\'' ? "'\\''" : (char[]){*argument, '\0'}, stream);
    putc('\'', stream);
}

void campaign_keep_command(struct campaign *campaign, int argc, char *const argv[]) {
    FILE *stream = fmemopen(campaign->command, sizeof campaign->command, "w");
    if (!stream)
        return;
    setvbuf(stream, NULL, _IONBF, 0);
    fputs("mandelbench", stream);
    for (int i = 0; i < argc; i++)
        append_quoted(stream, argv[i]);
    fclose(stream);
    campaign->command[sizeof campaign->command - 1] = '\0';
    text_tame(campaign->command);
}

void campaign_stamp(struct campaign *campaign) {
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(campaign->started, sizeof campaign->started, "%Y-%m-%dT%H:%M:%SZ", &utc);
    snprintf(campaign->version, sizeof campaign->version, "%s", VERSION);
    snprintf(campaign->commit, sizeof campaign->commit, "%s", BUILD_COMMIT);
#if defined(__clang__)
    snprintf(campaign->compiler, sizeof campaign->compiler, "%s", __VERSION__);
#else
    snprintf(campaign->compiler, sizeof campaign->compiler, "gcc %s", __VERSION__);
#endif
    snprintf(campaign->flags, sizeof campaign->flags, "%s", BUILD_FLAGS);
    const char *slash = strrchr(campaign->directory, '/');
    snprintf(campaign->name, sizeof campaign->name, "%.95s",
             slash ? slash + 1 : campaign->directory);
    text_tame(campaign->name);
    machine_describe(&campaign->machine);
}

static json_t *case_to_json(const struct plan_case *plan_case) {
    const struct job *job = &plan_case->job;
    const struct workload *workload = &job->workload;
    char schedule[SCHEDULE_TEXT_SIZE];
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:f, s:f, s:f, s:I, s:I, s:I, s:b}",
                     "role", role_name(plan_case->role), "backend", plan_case->backend->name,
                     "kernel", job->kernel->name, "schedule",
                     schedule_text(job->schedule, schedule), "workers", (json_int_t)job->workers,
                     "batch", (json_int_t)job->batch, "view", plan_case->view, "center_re",
                     workload->center_re, "center_im", workload->center_im, "extent",
                     workload->extent, "width", (json_int_t)workload->width, "height",
                     (json_int_t)workload->height, "max_iter", (json_int_t)workload->max_iter,
                     "shortcuts", (int)workload->shortcuts);
}

static json_t *looks_to_json(const struct looks *looks) {
    json_t *array = json_array();
    for (unsigned i = 0; i < looks->count; i++)
        json_array_append_new(array, json_integer((json_int_t)looks->at[i]));
    return array;
}

/* physical_cores null: not known; so smt is, too. */
static json_t *machine_to_json(const struct machine *machine) {
    bool known = machine->physical_cores != 0;
    bool smt = machine->usable_cpus > machine->physical_cores;
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:o, s:o}", "cpu", machine->cpu, "kernel",
                     machine->kernel, "cpus_online", (json_int_t)machine->cpus_online,
                     "usable_cpus", (json_int_t)machine->usable_cpus, "memory_bytes",
                     (json_int_t)machine->memory_bytes, "physical_cores",
                     known ? json_integer(machine->physical_cores) : json_null(), "smt",
                     known ? json_boolean(smt) : json_null());
}

static json_t *to_json(const struct campaign *campaign) {
    json_t *cases = json_array();
    for (uint32_t i = 0; i < campaign->plan.count; i++)
        if (json_array_append_new(cases, case_to_json(&campaign->plan.cases[i])) != 0) {
            json_decref(cases);
            return NULL;
        }
    return json_pack(
        "{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:I, s:I, s:o, s:o}",
        "schema", MANIFEST_SCHEMA, "campaign", campaign->name, "experiment",
        campaign->plan.experiment, "command", campaign->command, "started_utc", campaign->started,
        "version", campaign->version, "commit", campaign->commit, "compiler", campaign->compiler,
        "flags", campaign->flags, "seed", (json_int_t)campaign->seed, "blocks",
        (json_int_t)campaign->blocks, "looks", looks_to_json(&campaign->looks), "repeats",
        (json_int_t)campaign->repeats, "usable_cpus", (json_int_t)campaign->plan.usable_cpus,
        "machine", machine_to_json(&campaign->machine), "cases", cases);
}

int campaign_write_manifest(const struct campaign *campaign) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    struct output output;
    json_t *manifest = to_json(campaign);
    char *text = manifest ? json_dumps(manifest, JSON_INDENT(2) | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(manifest);
    if (!text)
        return -ENOMEM;
    int err = output_open(&output, campaign_path(campaign, "manifest.json", path));
    if (!err)
        err = output_write(&output, text, strlen(text));
    if (!err)
        err = output_write(&output, "\n", 1);
    if (!err)
        err = output_commit(&output);
    output_abandon(&output);
    free(text);
    return err;
}

static void copy_text(const json_t *object, const char *key, char *text, size_t size) {
    const char *value = json_string_value(json_object_get(object, key));
    snprintf(text, size, "%s", value ? value : "");
    text_tame(text);
}

static uint64_t whole(const json_t *object, const char *key) {
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value < 0 ? 0 : (uint64_t)value;
}

static double real(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

static bool role_from_name(const char *name, enum role *role) {
    for (int i = ROLE_BASELINE; i <= ROLE_CASE; i++) {
        if (strcmp(name, role_name((enum role)i)) == 0) {
            *role = (enum role)i;
            return true;
        }
    }
    return false;
}

static int case_from_json(const json_t *object, struct plan_case *plan_case) {
    char role[16], backend[32], kernel[32], view[32], schedule[32];
    copy_text(object, "role", role, sizeof role);
    copy_text(object, "backend", backend, sizeof backend);
    copy_text(object, "kernel", kernel, sizeof kernel);
    copy_text(object, "view", view, sizeof view);
    copy_text(object, "schedule", schedule, sizeof schedule);
    const struct view *named = view_find(view);
    *plan_case = (struct plan_case){.backend = backend_find(backend)};
    struct job *job = &plan_case->job;
    job->kernel = kernel_find(kernel);
    if (!role_from_name(role, &plan_case->role) || !plan_case->backend || !job->kernel || !named ||
        schedule_parse(schedule, &job->schedule) != 0)
        return -EPROTO;
    plan_case->view = named->name;
    uint64_t workers = whole(object, "workers"), width = whole(object, "width");
    uint64_t height = whole(object, "height"), max_iter = whole(object, "max_iter");
    if (workers < 1 || workers > JOB_WORKERS_MAX || width > WORKLOAD_SIDE_MAX ||
        height > WORKLOAD_SIDE_MAX || max_iter > WORKLOAD_LIMIT_MAX)
        return -EPROTO;
    job->workers = (unsigned)workers;
    job->batch = whole(object, "batch");
    job->workload = (struct workload){
        .center_re = real(object, "center_re"),
        .center_im = real(object, "center_im"),
        .extent = real(object, "extent"),
        .width = (uint32_t)width,
        .height = (uint32_t)height,
        .max_iter = (uint32_t)max_iter,
        .shortcuts = json_is_true(json_object_get(object, "shortcuts")),
    };
    bool right = !workload_fault(&job->workload) && job->batch >= 1 &&
                 job->batch <= workload_pixels(&job->workload);
    return right ? 0 : -EPROTO;
}

/* Older manifests name no looks: there was one, at the end. */
static struct looks looks_from_json(const json_t *array, uint64_t blocks) {
    struct looks looks = {.count = 0};
    if (!array)
        return looks_once(blocks);
    if (json_array_size(array) > LOOKS_MAX)
        return looks;
    for (size_t i = 0; i < json_array_size(array); i++) {
        json_int_t at = json_integer_value(json_array_get(array, i));
        looks.at[looks.count++] = at < 0 ? 0 : (uint64_t)at;
    }
    return looks;
}

static int from_json(struct campaign *campaign, const json_t *manifest) {
    const json_t *machine = json_object_get(manifest, "machine");
    const json_t *cases = json_object_get(manifest, "cases");
    if (whole(manifest, "schema") != MANIFEST_SCHEMA || !json_is_array(cases) ||
        json_array_size(cases) > PLAN_CASES_MAX)
        return -EPROTO;
    copy_text(manifest, "campaign", campaign->name, sizeof campaign->name);
    copy_text(manifest, "experiment", campaign->plan.experiment, sizeof campaign->plan.experiment);
    copy_text(manifest, "command", campaign->command, sizeof campaign->command);
    copy_text(manifest, "started_utc", campaign->started, sizeof campaign->started);
    copy_text(manifest, "version", campaign->version, sizeof campaign->version);
    copy_text(manifest, "commit", campaign->commit, sizeof campaign->commit);
    copy_text(manifest, "compiler", campaign->compiler, sizeof campaign->compiler);
    copy_text(manifest, "flags", campaign->flags, sizeof campaign->flags);
    copy_text(machine, "cpu", campaign->machine.cpu, sizeof campaign->machine.cpu);
    copy_text(machine, "kernel", campaign->machine.kernel, sizeof campaign->machine.kernel);
    campaign->machine.cpus_online = (unsigned)whole(machine, "cpus_online");
    campaign->machine.usable_cpus = (unsigned)whole(machine, "usable_cpus");
    campaign->machine.memory_bytes = whole(machine, "memory_bytes");
    campaign->machine.physical_cores =
        (unsigned)size_min(whole(machine, "physical_cores"), CPUS_MAX);
    campaign->seed = whole(manifest, "seed");
    campaign->blocks = whole(manifest, "blocks");
    campaign->looks = looks_from_json(json_object_get(manifest, "looks"), campaign->blocks);
    campaign->repeats = whole(manifest, "repeats");
    uint64_t usable_cpus = whole(manifest, "usable_cpus");
    campaign->plan.usable_cpus = (unsigned)usable_cpus;
    if (campaign->blocks < 1 || campaign->blocks > CAMPAIGN_BLOCKS_MAX || usable_cpus < 1 ||
        usable_cpus > CPUS_MAX || !looks_fit(&campaign->looks, campaign->blocks) ||
        campaign->repeats > CAMPAIGN_REPEATS)
        return -EPROTO;
    for (size_t i = 0; i < json_array_size(cases); i++) {
        struct plan_case plan_case;
        int err = case_from_json(json_array_get(cases, i), &plan_case);
        if (!err)
            err = plan_add(&campaign->plan, &plan_case);
        if (err)
            return err;
    }
    const struct experiment *experiment = experiment_find(campaign->plan.experiment);
    bool renders = !experiment || experiment_renders(experiment);
    return (campaign->plan.count != 0) == renders ? 0 : -EPROTO;
}

static int is_strange(const char *path, const struct stat *status, int kind, struct FTW *level) {
    (void)path;
    (void)level;
    return kind == FTW_SL || (kind == FTW_F && !S_ISREG(status->st_mode));
}

/* Does the directory hold a link, a FIFO or a device, at any depth? */
static bool holds_strange(const struct campaign *campaign) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    return nftw(campaign_path(campaign, ".", path), is_strange, 16, FTW_PHYS) > 0;
}

static int read_manifest(struct campaign *campaign, char *sentence, size_t size) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    const char *directory = campaign->directory;
    json_error_t error;
    /* Only in what seems to be a campaign is there a search, and only after it is a file opened. */
    bool present = access(campaign_path(campaign, "manifest.json", path), R_OK) == 0;
    if (present && holds_strange(campaign)) {
        snprintf(sentence, size, "'%.256s' holds a link or a device, which no campaign does",
                 directory);
        return -EPROTO;
    }
    FILE *file = present ? fopen(path, "re") : NULL;
    if (!file) {
        int err = -errno;
        snprintf(sentence, size, "cannot read '%.256s/manifest.json': %s", directory,
                 strerror(errno));
        return err;
    }
    json_t *manifest = json_loadf(file, 0, &error);
    fclose(file);
    int err = manifest ? from_json(campaign, manifest) : -EPROTO;
    if (!manifest)
        snprintf(sentence, size, "'%.256s/manifest.json', line %d: %s", directory, error.line,
                 error.text);
    else if (err)
        snprintf(sentence, size, "'%.256s/manifest.json' is no manifest that this version knows",
                 directory);
    json_decref(manifest);
    return err;
}

int campaign_read(struct campaign *campaign, const char *directory, char *sentence, size_t size) {
    *campaign = (struct campaign){0};
    int err = campaign_name(campaign, directory);
    if (err)
        snprintf(sentence, size, "'%.256s' is too long a name", directory);
    else
        err = read_manifest(campaign, sentence, size);
    if (err)
        text_tame(sentence);
    return err;
}

void campaign_free(struct campaign *campaign) {
    plan_free(&campaign->plan);
}

void campaign_link_latest(const struct campaign *campaign) {
    struct stat existing;
    char beside[CAMPAIGN_PATH_SIZE];
    snprintf(beside, sizeof beside, "%s", campaign->directory);
    char *slash = strrchr(beside, '/');
    if (!slash)
        return;
    const char *own = strrchr(campaign->directory, '/') + 1;
    *slash = '\0';
    const char *parent = strrchr(beside, '/');
    if (strcmp(parent ? parent + 1 : beside, "results") != 0)
        return;
    strncat(beside, "/latest", sizeof beside - strlen(beside) - 1);
    if (lstat(beside, &existing) == 0 && !S_ISLNK(existing.st_mode))
        return;
    unlink(beside);
    int ignored = symlink(own, beside);
    (void)ignored;
}
