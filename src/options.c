/* The command line and the environment of mandel; contracts in options.h. */
#include "options.h"

#include "base/limits.h"
#include "base/size.h"
#include "base/text.h"
#include "kernels/cpu.h"
#include "render.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HELP_WIDTH       90 /* columns */
#define DEFAULT_VIEW     "lesson"
#define DEFAULT_BACKEND  "openmp"
#define FALLBACK_BACKEND "shared-array" /* in a build without OpenMP */
#define DEFAULT_SIDE     1600
#define LEASE_MOST_S     86400

/* What was asked for, before defaults are filled in. */
struct request {
    const char *view, *backend, *kernel, *palette, *schedule;
    bool has_center, has_extent, has_max_iter, no_shortcuts;
    double center_re, center_im, extent;
    uint64_t width, height, max_iter, workers, batch;
};

/* Long options without a letter of their own. */
enum {
    OPT_CENTER = 256,
    OPT_EXTENT,
    OPT_MAX_ITER,
    OPT_VERIFY,
    OPT_COUNTS,
    OPT_SHORTCUTS,
    OPT_SCHEDULE,
    OPT_JSON,
    OPT_LIST,
    OPT_PROGRESS,
    OPT_LEASE,
    OPT_TRACE,
    OPT_HELP,
    OPT_VERSION
};

#define LETTERS ":v:s:b:j:k:B:p:o:q"

static const struct option long_options[] = {
    {"view", required_argument, NULL, 'v'},
    {"center", required_argument, NULL, OPT_CENTER},
    {"extent", required_argument, NULL, OPT_EXTENT},
    {"max-iter", required_argument, NULL, OPT_MAX_ITER},
    {"pixels", required_argument, NULL, 's'},
    {"backend", required_argument, NULL, 'b'},
    {"workers", required_argument, NULL, 'j'},
    {"kernel", required_argument, NULL, 'k'},
    {"batch", required_argument, NULL, 'B'},
    {"palette", required_argument, NULL, 'p'},
    {"output", required_argument, NULL, 'o'},
    {"verify", no_argument, NULL, OPT_VERIFY},
    {"counts", required_argument, NULL, OPT_COUNTS},
    {"trace", required_argument, NULL, OPT_TRACE},
    {"shortcuts", required_argument, NULL, OPT_SHORTCUTS},
    {"schedule", required_argument, NULL, OPT_SCHEDULE},
    {"json", no_argument, NULL, OPT_JSON},
    {"list", required_argument, NULL, OPT_LIST},
    {"quiet", no_argument, NULL, 'q'},
    {"progress", required_argument, NULL, OPT_PROGRESS},
    {"lease", required_argument, NULL, OPT_LEASE},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {0},
};

/* Refuses: the first sentence stays. Always false, so that callers can return it. */
__attribute__((format(printf, 2, 3))) static bool refuse(struct options *options,
                                                         const char *format, ...) {
    if (options->action == OPTIONS_BAD)
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(options->sentence, sizeof options->sentence, format, args);
    va_end(args);
    text_tame(options->sentence);
    options->action = OPTIONS_BAD;
    return false;
}

/* The i-th name of a shelf, or NULL behind the last. */
typedef const char *name_at(unsigned i);

#define NAME_AT(shelf, list_type, list)                                                            \
    static const char *shelf##_name(unsigned i) {                                                  \
        unsigned count;                                                                            \
        list_type items = list(&count);                                                            \
        return i < count ? items[i] NAME : NULL;                                                   \
    }
#define NAME ->name
NAME_AT(backend, const struct backend *const *, backend_list)
NAME_AT(kernel, const struct kernel *const *, kernel_list)
NAME_AT(palette, const struct palette *const *, palette_list)
#undef NAME
#define NAME .name
NAME_AT(view, const struct view *, view_list)
#undef NAME

static bool refuse_unknown(struct options *options, const char *what, const char *name,
                           name_at *names) {
    char known[256] = "";
    size_t used = 0;
    for (unsigned i = 0; names(i) && used < sizeof known; i++)
        used +=
            (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", names(i));
    return refuse(options, "unknown %s '%.64s'; known are %s", what, name, known);
}

static bool parse_whole(struct options *options, const char *what, const char *text, uint64_t min,
                        uint64_t max, uint64_t *value) {
    int err = text_parse_u64(text, min, max, value);
    if (err == -ERANGE)
        return refuse(options, "%s must lie in %llu to %llu, not '%.64s'", what,
                      (unsigned long long)min, (unsigned long long)max, text);
    if (err)
        return refuse(options, "%s must be a whole number, not '%.64s'", what, text);
    return true;
}

static bool parse_pixels(struct options *options, struct request *request, const char *text) {
    int err = text_parse_size(text, WORKLOAD_SIDE_MAX, &request->width, &request->height);
    if (err == -ERANGE)
        return refuse(options, "a picture's side must have 1 to %u pixels, not '%.64s'",
                      WORKLOAD_SIDE_MAX, text);
    return !err || refuse(options, "picture size must be WIDTHxHEIGHT or SIDE, not '%.64s'", text);
}

static bool parse_lease(struct options *options, const char *text) {
    if (text_parse_double(text, &options->lease_s) == 0 && options->lease_s >= 0 &&
        options->lease_s <= LEASE_MOST_S)
        return true;
    return refuse(options, "--lease must be a number of seconds from 0 to %d, not '%.64s'",
                  LEASE_MOST_S, text);
}

static bool parse_shortcuts(struct options *options, struct request *request, const char *text) {
    request->no_shortcuts = strcmp(text, "off") == 0;
    return request->no_shortcuts || strcmp(text, "on") == 0 ||
           refuse(options, "--shortcuts must be on or off, not '%.64s'", text);
}

static bool parse_progress(struct options *options, const char *text) {
    static const char *const names[] = {
        [WHEN_AUTO] = "auto", [WHEN_ALWAYS] = "always", [WHEN_NEVER] = "never"};
    for (int when = WHEN_AUTO; when <= WHEN_NEVER; when++) {
        if (strcmp(text, names[when]) == 0) {
            options->progress = (enum options_when)when;
            return true;
        }
    }
    return refuse(options, "--progress must be auto, always or never, not '%.64s'", text);
}

static bool parse_center(struct options *options, struct request *request, const char *text) {
    request->has_center = true;
    return text_parse_pair(text, &request->center_re, &request->center_im) == 0 ||
           refuse(options, "--center must be two finite numbers RE,IM, not '%.64s'", text);
}

static bool parse_extent(struct options *options, struct request *request, const char *text) {
    request->has_extent = true;
    return (text_parse_double(text, &request->extent) == 0 && request->extent > 0) ||
           refuse(options, "--extent must be a finite number above 0, not '%.64s'", text);
}

/* One option. false: refused. */
static bool take_option(struct options *options, struct request *request, int option,
                        const char *value) {
    switch (option) {
    case 'v':
        request->view = value;
        return true;
    case OPT_CENTER:
        return parse_center(options, request, value);
    case OPT_EXTENT:
        return parse_extent(options, request, value);
    case OPT_MAX_ITER:
        request->has_max_iter = true;
        return parse_whole(options, "--max-iter", value, 1, WORKLOAD_LIMIT_MAX, &request->max_iter);
    case 's':
        return parse_pixels(options, request, value);
    case 'b':
        request->backend = value;
        return true;
    case 'j':
        return parse_whole(options, "the number of workers", value, 1, JOB_WORKERS_MAX,
                           &request->workers);
    case 'k':
        request->kernel = value;
        return true;
    case 'B':
        return parse_whole(options, "a batch's number of pixels", value, 1, UINT64_MAX,
                           &request->batch);
    case 'p':
        request->palette = value;
        return true;
    case 'o':
        options->output = value;
        return true;
    case OPT_VERIFY:
        options->verify = true;
        return true;
    case OPT_COUNTS:
        options->counts = value;
        return true;
    case OPT_TRACE:
        options->trace = value;
        return true;
    case OPT_SHORTCUTS:
        return parse_shortcuts(options, request, value);
    case OPT_SCHEDULE:
        request->schedule = value;
        return true;
    case OPT_JSON:
        options->json = true;
        return true;
    case OPT_LIST:
        options->list = value;
        options->action = OPTIONS_LIST;
        return true;
    case 'q':
        options->quiet = true;
        return true;
    case OPT_PROGRESS:
        return parse_progress(options, value);
    case OPT_LEASE:
        return parse_lease(options, value);
    case OPT_HELP:
        options->action = OPTIONS_HELP;
        return true;
    case OPT_VERSION:
        options->action = OPTIONS_VERSION;
        return true;
    default:
        return false;
    }
}

static bool refuse_option(struct options *options, char **argv, int option) {
    const char *given = argv[optind - 1];
    if (option == ':')
        return refuse(options, "option '%.64s' needs a value; see --help", given);
    /* Within a group of letters, optind still stands at it, and `given` is what came before. */
    if (optopt && optopt < 256 && !strchr(LETTERS, optopt))
        return refuse(options, "unknown option '-%c'; see --help", optopt);
    return refuse(options, "unknown, ambiguous or wrongly used option '%.64s'; see --help", given);
}

static bool take_arguments(struct options *options, struct request *request, int argc,
                           char **argv) {
    int option;
    optind = 0; /* glibc: start afresh, the harness parses more than once */
    while ((option = getopt_long(argc, argv, LETTERS, long_options, NULL)) != -1) {
        if (option == '?' || option == ':')
            return refuse_option(options, argv, option);
        if (!take_option(options, request, option, optarg))
            return false;
        if (options->action == OPTIONS_HELP || options->action == OPTIONS_VERSION)
            return true;
    }
    if (optind < argc)
        return refuse(options, "unexpected argument '%.64s'; see --help", argv[optind]);
    return true;
}

static const char *default_backend(void) {
    bool available = !backend_unavailable(backend_find(DEFAULT_BACKEND));
    return available ? DEFAULT_BACKEND : FALLBACK_BACKEND;
}

static bool choose_shelves(struct options *options, const struct request *request) {
    const char *backend = request->backend ? request->backend : default_backend();
    options->backend = backend_find(backend);
    if (!options->backend)
        return refuse_unknown(options, "backend", backend, backend_name);
    const char *reason = backend_unavailable(options->backend);
    if (reason)
        return refuse(options, "backend %s is unavailable: %s", backend, reason);

    options->job.kernel = request->kernel ? kernel_find(request->kernel) : kernel_fastest();
    if (!options->job.kernel)
        return refuse_unknown(options, "kernel", request->kernel, kernel_name);
    reason = kernel_unavailable(options->job.kernel);
    if (reason)
        return refuse(options, "kernel %s is unavailable: %s", request->kernel, reason);

    options->palette =
        request->palette ? palette_find(request->palette) : palette_list(&(unsigned){0})[0];
    if (!options->palette)
        return refuse_unknown(options, "palette", request->palette, palette_name);
    return true;
}

static bool choose_workload(struct options *options, const struct request *request) {
    const char *name = request->view ? request->view : DEFAULT_VIEW;
    const struct view *view = view_find(name);
    if (!view)
        return refuse_unknown(options, "view", name, view_name);
    options->view_name = view->name;
    struct workload workload =
        workload_of_view(view, (uint32_t)(request->width ? request->width : DEFAULT_SIDE),
                         (uint32_t)(request->height ? request->height : DEFAULT_SIDE));
    if (request->has_center) {
        workload.center_re = request->center_re;
        workload.center_im = request->center_im;
    }
    if (request->has_extent)
        workload.extent = request->extent;
    if (request->has_max_iter)
        workload.max_iter = (uint32_t)request->max_iter;
    workload.shortcuts = !request->no_shortcuts;
    options->job.workload = workload;
    const char *fault = workload_fault(&workload);
    return !fault || refuse(options, "%s", fault);
}

/* A copy of an environment variable without blanks, or NULL where it is unset or empty. */
static const char *environment(const char *name, char text[256]) {
    const char *value = getenv(name);
    size_t used = 0;
    for (; value && *value && used < 255; value++)
        if (!isspace((unsigned char)*value))
            text[used++] = *value;
    text[used] = '\0';
    return used ? text : NULL;
}

/* OMP_NUM_THREADS is a list, one number per level of nesting; the first is the one that counts. */
static bool workers_from_omp(struct options *options, uint64_t *workers) {
    char text[256], item[32];
    const char *list = environment("OMP_NUM_THREADS", text);
    uint64_t threads;
    int more = 0;
    for (bool first = true; list && (more = text_next_item(&list, item, sizeof item)) == 1;
         first = false) {
        if (!parse_whole(options, "OMP_NUM_THREADS", item, 1, JOB_WORKERS_MAX, &threads))
            return false;
        if (first)
            *workers = threads;
    }
    return more >= 0 ||
           refuse(options, "OMP_NUM_THREADS must be a list of whole numbers, not '%.64s'", text);
}

static bool choose_workers(struct options *options, const struct request *request) {
    uint64_t workers = request->workers;
    if (!workers && options->backend->flags & BACKEND_OMP_THREADS &&
        !workers_from_omp(options, &workers))
        return false;
    if (!workers)
        workers = size_min(limits_usable_cpus(), JOB_WORKERS_MAX);
    options->job.workers = options->backend->flags & BACKEND_ONE_WORKER ? 1 : (unsigned)workers;
    return true;
}

static bool choose_schedule(struct options *options, const struct request *request) {
    const char *asked = request->schedule, *what = "--schedule";
    char text[256];
    if (!asked && options->backend->flags & BACKEND_SCHEDULE) {
        asked = environment("OMP_SCHEDULE", text);
        what = "OMP_SCHEDULE";
        const char *modifier = asked ? strchr(asked, ':') : NULL;
        asked = modifier ? modifier + 1 : asked;
    }
    if (!asked)
        asked = "dynamic";
    return schedule_parse(asked, &options->job.schedule) == 0 ||
           refuse(options,
                  "%s must be static, dynamic, guided or auto, then perhaps ',N', not '%.64s'",
                  what, asked);
}

static bool fits_memory(struct options *options) {
    char needed[TEXT_BYTES_SIZE], present[TEXT_BYTES_SIZE];
    uint64_t bytes = render_memory_bytes(&options->job), memory = limits_memory_bytes();
    if (bytes < memory)
        return true;
    return refuse(options,
                  "a frame of %ux%u pixels in batches of %llu needs %s of memory, and there is %s",
                  options->job.workload.width, options->job.workload.height,
                  (unsigned long long)options->job.batch, text_bytes(bytes, needed),
                  text_bytes(memory, present));
}

static bool check_outputs(struct options *options) {
    const char *const paths[] = {options->output, options->counts, options->trace};
    int on_stdout = options->json;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct stat existing;
        if (!paths[i])
            continue;
        if (!*paths[i])
            return refuse(options, "an output needs a name");
        if (strcmp(paths[i], "-") == 0) {
            on_stdout++;
            if (paths[i] != options->trace && isatty(STDOUT_FILENO))
                return refuse(options, "binary output does not go to a terminal");
        } else if (stat(paths[i], &existing) == 0 && S_ISDIR(existing.st_mode)) {
            return refuse(options, "output '%.256s' is a directory", paths[i]);
        }
    }
    if (on_stdout > 1)
        return refuse(options, "only one of -o -, --counts -, --trace - and --json can have "
                               "standard output");
    return true;
}

static bool choose_batch(struct options *options, const struct request *request) {
    uint64_t pixels = workload_pixels(&options->job.workload);
    options->job.batch = request->batch ? size_min(request->batch, pixels) : batch_default(pixels);
    return true;
}

static bool disable_features(struct options *options) {
    char unknown[32];
    const char *names = getenv("MANDEL_CPU_DISABLE");
    return !names || !*names || cpu_disable(names, unknown, sizeof unknown) == 0 ||
           refuse(options, "MANDEL_CPU_DISABLE names an unknown CPU feature '%s'; known are %s",
                  unknown, cpu_names());
}

void options_parse(struct options *options, int argc, char **argv) {
    struct request request = {0};
    *options = (struct options){.action = OPTIONS_RENDER, .lease_s = MONITOR_LEASE_NS / 1e9};
    if (!take_arguments(options, &request, argc, argv) || !disable_features(options) ||
        options->action != OPTIONS_RENDER)
        return;
    (void)(choose_shelves(options, &request) && choose_workload(options, &request) &&
           choose_workers(options, &request) && choose_schedule(options, &request) &&
           choose_batch(options, &request) && fits_memory(options) && check_outputs(options));
}

/* "Title  name, name, …", continued on further lines. */
static void print_names(const char *title, name_at *names) {
    int column = printf("%s", title);
    for (unsigned i = 0; names(i); i++) {
        if (column + (int)strlen(names(i)) > HELP_WIDTH)
            column = printf("\n%*s", (int)strlen(title), "") - 1;
        column += printf(" %s%s", names(i), names(i + 1) ? "," : "");
    }
    printf("\n");
}

void options_print_help(void) {
    printf(
        "Usage: mandel [options] -o FILE.png\n"
        "Renders one picture of the Mandelbrot set with one way of sharing the work, and proves "
        "it.\n"
        "\n"
        "What to draw:\n"
        "  -v, --view NAME       a named view (default " DEFAULT_VIEW ")\n"
        "      --center RE,IM    the middle of the view\n"
        "      --extent E        its width in the complex plane\n"
        "      --max-iter N      the iteration limit, 1 to 4294967294\n"
        "  -s, --pixels WxH      picture size; N means NxN (default 1600x1600)\n"
        "Who computes, and how:\n"
        "  -b, --backend NAME    the way of sharing work (default %s)\n"
        "  -j, --workers N       how many compute (default OMP_NUM_THREADS for openmp, else usable "
        "CPUs)\n"
        "  -k, --kernel NAME     the arithmetic (default: the fastest exact one this CPU has)\n"
        "  -B, --batch N         pixels per batch (default 1/2560 of the frame, in 1000 to 65536)\n"
        "      --shortcuts on/off  points that provably never escape are not iterated; no count "
        "changes\n"
        "                        (default on)\n"
        "      --schedule KIND[,N]  openmp: static, dynamic, guided or auto, N in batches\n"
        "                        (default OMP_SCHEDULE, else dynamic)\n"
        "      --lease S         replace a worker that has been stopped for S seconds (default "
        "%g)\n"
        "What to write:\n"
        "  -o, --output FILE     a PNG; - is standard output\n"
        "  -p, --palette NAME    its colours (default %s)\n"
        "      --counts FILE     the raw counts in NumPy's .npy format\n"
        "      --trace FILE      a timeline of every worker in the Chrome trace format\n"
        "      --json            the run's record, one JSON object, on standard output\n"
        "      --verify          also compare with serial + scalar; exit 3 if anything differs\n"
        "                        (for an inexact kernel: say how many pixels do)\n"
        "Other:\n"
        "      --list KIND       list backends, kernels, palettes or views\n"
        "  -q, --quiet           no summary, no progress\n"
        "      --progress WHEN   auto, always or never\n"
        "      --help, --version\n"
        "\n",
        default_backend(), MONITOR_LEASE_NS / 1e9, palette_name(0));
    print_names("Views:   ", view_name);
    print_names("Backends:", backend_name);
    print_names("Kernels: ", kernel_name);
    print_names("Palettes:", palette_name);
    printf("\nEnvironment: OMP_NUM_THREADS, OMP_SCHEDULE, OMP_PROC_BIND (openmp); "
           "MANDEL_CPU_DISABLE, CPU\n"
           "features to do without (%s).\n"
           "Exit status: 0 done; 1 the system refused, or a worker's death could not be mended;\n"
           "2 bad arguments; 3 a wrong result; 130 and 143 after SIGINT and SIGTERM.\n",
           cpu_names());
}
