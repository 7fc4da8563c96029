/* mandelbench run: measures an experiment and writes a campaign directory. */
#include "base/clock.h"
#include "base/log.h"
#include "base/standard.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/version.h"
#include "bench/commands.h"
#include "bench/compare/obstacles.h"
#include "bench/experiments/experiment.h"
#include "bench/measure/conduct.h"
#include "bench/measure/outside.h"
#include "bench/report/support.h"
#include "kernels/cpu.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* More blocks, narrower intervals; 6 are the least for any. A campaign of these has looks. */
#define BLOCKS_QUICK    10
#define BLOCKS_DEFAULT  20
#define BLOCKS_RIGOROUS 40

struct run_options {
    const struct experiment *experiment;
    struct axes axes;
    const char *directory;
    uint64_t blocks, seed, repeats;
    bool fixed; /* exactly that many blocks: no looks */
    double budget_s;
    bool resume, strict, quiet, no_hyperfine, help;
    bool plans; /* an option that only a new campaign can have */
};

enum {
    OPT_QUICK = 256,
    OPT_RIGOROUS,
    OPT_RESUME,
    OPT_BUDGET,
    OPT_SEED,
    OPT_BLOCKS,
    OPT_REPEATS,
    OPT_STRICT,
    OPT_BACKENDS,
    OPT_KERNELS,
    OPT_WORKERS,
    OPT_BATCHES,
    OPT_SCHEDULES,
    OPT_SHORTCUTS,
    OPT_VIEWS,
    OPT_PIXELS,
    OPT_MAX_ITER,
    OPT_NO_HYPERFINE,
    OPT_HELP,
};

static const struct option long_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"quick", no_argument, NULL, OPT_QUICK},
    {"rigorous", no_argument, NULL, OPT_RIGOROUS},
    {"blocks", required_argument, NULL, OPT_BLOCKS},
    {"repeats", required_argument, NULL, OPT_REPEATS},
    {"strict", no_argument, NULL, OPT_STRICT},
    {"resume", no_argument, NULL, OPT_RESUME},
    {"budget", required_argument, NULL, OPT_BUDGET},
    {"seed", required_argument, NULL, OPT_SEED},
    {"backends", required_argument, NULL, OPT_BACKENDS},
    {"kernels", required_argument, NULL, OPT_KERNELS},
    {"workers", required_argument, NULL, OPT_WORKERS},
    {"batches", required_argument, NULL, OPT_BATCHES},
    {"schedules", required_argument, NULL, OPT_SCHEDULES},
    {"shortcuts", required_argument, NULL, OPT_SHORTCUTS},
    {"views", required_argument, NULL, OPT_VIEWS},
    {"pixels", required_argument, NULL, OPT_PIXELS},
    {"max-iter", required_argument, NULL, OPT_MAX_ITER},
    {"no-hyperfine", no_argument, NULL, OPT_NO_HYPERFINE},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, OPT_HELP},
    {0},
};

static int print_help(void) {
    printf(
        "Usage: mandelbench run [EXPERIMENT] [options]\n"
        "Measures an experiment (default scaling) and writes a campaign directory.\n"
        "\n"
        "  -o, --output DIR      where (default results/EXPERIMENT-UTC; results/latest points "
        "there)\n"
        "      --quick           10 blocks instead of up to 20\n"
        "      --rigorous        up to 40 blocks; a look after 10 and 20 ends it when every "
        "cell is\n"
        "                        within 2 %%\n"
        "      --blocks N        exactly N blocks; intervals need 6\n"
        "      --repeats N       take a disturbed block again at most N times (default 3)\n"
        "      --budget S        begin no block after the first, and no hyperfine, that would end "
        "after\n"
        "                        S seconds of the whole run\n"
        "      --strict          end with 4 unless the control shows that the measurements are "
        "sound\n"
        "      --resume          go on with the campaign in DIR, as its manifest says\n"
        "      --seed N          of the orders (default: from the system)\n"
        "      --no-hyperfine    without the view from outside\n"
        "  -q, --quiet           no progress\n"
        "Axes (none: ipc, faults), each a comma list that replaces the experiment's own:\n"
        "      --backends  --kernels  --workers  --batches  --schedules (KIND or KIND:N)\n"
        "      --shortcuts (on, off)  --views  --pixels (WxH or N)  --max-iter\n"
        "\n"
        "Exit status: 0 done; 1 the system refused, or a sample failed; 2 bad arguments;\n"
        "3 a wrong result; 4 suspect, with --strict; 130 and 143 after SIGINT and SIGTERM.\n");
    return standard_flush();
}

static bool parse_number(const char *what, const char *text, uint64_t min, uint64_t max,
                         uint64_t *value) {
    if (text_parse_u64(text, min, max, value) == 0)
        return true;
    log_say("%s must be a whole number from %llu to %llu, not '%.64s'", what,
            (unsigned long long)min, (unsigned long long)max, text);
    return false;
}

static bool parse_budget(const char *text, double *budget_s) {
    if (text_parse_double(text, budget_s) == 0 && *budget_s > 0)
        return true;
    log_say("--budget must be a number of seconds above 0, not '%.64s'", text);
    return false;
}

/* One option. false: refused, and said so. */
static bool take_option(struct run_options *options, int option, const char *value) {
    switch (option) {
    case 'o':
        options->directory = value;
        return true;
    case 'q':
        options->quiet = true;
        return true;
    case OPT_QUICK:
        options->blocks = BLOCKS_QUICK;
        options->fixed = false;
        return true;
    case OPT_RIGOROUS:
        options->blocks = BLOCKS_RIGOROUS;
        options->fixed = false;
        return true;
    case OPT_REPEATS:
        return parse_number("--repeats", value, 0, CAMPAIGN_REPEATS, &options->repeats);
    case OPT_STRICT:
        options->strict = true;
        return true;
    case OPT_BLOCKS:
        options->fixed = true;
        return parse_number("--blocks", value, 1, CAMPAIGN_BLOCKS_MAX, &options->blocks);
    case OPT_RESUME:
        options->resume = true;
        return true;
    case OPT_BUDGET:
        return parse_budget(value, &options->budget_s);
    case OPT_SEED:
        return parse_number("--seed", value, 0, INT64_MAX, &options->seed);
    case OPT_BACKENDS:
        options->axes.backends = value;
        return true;
    case OPT_KERNELS:
        options->axes.kernels = value;
        return true;
    case OPT_WORKERS:
        options->axes.workers = value;
        return true;
    case OPT_BATCHES:
        options->axes.batches = value;
        return true;
    case OPT_SCHEDULES:
        options->axes.schedules = value;
        return true;
    case OPT_SHORTCUTS:
        options->axes.shortcuts = value;
        return true;
    case OPT_VIEWS:
        options->axes.views = value;
        return true;
    case OPT_PIXELS:
        options->axes.pixels = value;
        return true;
    case OPT_MAX_ITER:
        options->axes.max_iter = value;
        return true;
    case OPT_NO_HYPERFINE:
        options->no_hyperfine = true;
        return true;
    default:
        options->help = true;
        return true;
    }
}

static bool take_experiment(struct run_options *options, int count, char **names) {
    options->experiment = experiment_find(count ? names[0] : "scaling");
    if (count > 1) {
        log_say("one experiment at a time: unexpected argument '%.64s'", names[1]);
        return false;
    }
    if (!options->experiment)
        log_say("unknown experiment '%.64s'; see mandelbench list", names[0]);
    return options->experiment != NULL;
}

static bool parse(struct run_options *options, int argc, char **argv) {
    int option;
    *options = (struct run_options){.blocks = BLOCKS_DEFAULT, .repeats = CAMPAIGN_REPEATS};
    if (getrandom(&options->seed, sizeof options->seed, 0) != sizeof options->seed)
        options->seed = (uint64_t)time(NULL);
    options->seed &= INT64_MAX; /* JSON's whole numbers */
    while ((option = getopt_long(argc, argv, ":o:q", long_options, NULL)) != -1) {
        if (option == '?' || option == ':') {
            if (optopt > 0 && optopt < 256)
                log_say("option '-%c' is unknown or needs a value; see mandelbench run --help",
                        optopt);
            else
                log_say("option '%.64s' is unknown or needs a value; see mandelbench run --help",
                        argv[optind - 1]);
            return false;
        }
        if (!take_option(options, option, optarg))
            return false;
        options->plans |= option != 'o' && option != 'q' && option != OPT_RESUME &&
                          option != OPT_BUDGET && option != OPT_STRICT &&
                          option != OPT_NO_HYPERFINE && option != OPT_HELP;
    }
    char unknown[32];
    const char *disable = getenv("MANDEL_CPU_DISABLE");
    if (disable && *disable && cpu_disable(disable, unknown, sizeof unknown) != 0) {
        log_say("MANDEL_CPU_DISABLE names an unknown CPU feature '%s'; known are %s", unknown,
                cpu_names());
        return false;
    }
    if (options->directory && !*options->directory) {
        log_say("a campaign needs a name");
        return false;
    }
    if (options->resume && (options->plans || optind < argc)) {
        log_say("--resume goes on as the campaign's manifest says; it takes no experiment, axes, "
                "blocks or seed");
        return false;
    }
    return options->help || take_experiment(options, argc - optind, argv + optind);
}

static void default_directory(const struct run_options *options, char *directory, size_t size) {
    char stamp[32];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
    snprintf(directory, size, "results/%s-%s", options->experiment->name, stamp);
}

/* A new campaign: plan, directory, manifest. EXIT_DONE or the status of what has been said. */
static int begin(const struct run_options *options, struct campaign *campaign) {
    char sentence[512] = "out of memory";
    campaign->seed = options->seed;
    campaign->blocks = options->blocks;
    campaign->repeats = options->repeats;
    /* What has an instrument of its own is not judged before its end. */
    campaign->looks = options->fixed || options->experiment->instrument
                          ? looks_once(options->blocks)
                          : looks_up_to(options->blocks);
    if (!options->directory) {
        default_directory(options, campaign->directory, sizeof campaign->directory);
    } else if (campaign_name(campaign, options->directory) != 0) {
        log_say("the campaign's name is too long");
        return EXIT_USAGE;
    }
    for (size_t n = strlen(campaign->directory); n > 1 && campaign->directory[n - 1] == '/'; n--)
        campaign->directory[n - 1] = '\0';
    int err =
        plan_make(&campaign->plan, options->experiment, &options->axes, sentence, sizeof sentence);
    if (err) {
        log_say("%s", sentence);
        return err == -EINVAL ? EXIT_USAGE : EXIT_REFUSED_BY_SYSTEM;
    }
    campaign_stamp(campaign);
    err = campaign_create(campaign);
    if (err == -ENOTEMPTY || err == -ENOTDIR) {
        log_say("'%.256s' exists and is not an empty directory; --resume goes on with a campaign",
                campaign->directory);
        return EXIT_USAGE;
    }
    if (!err)
        err = campaign_write_manifest(campaign);
    if (err) {
        log_say("cannot make the campaign '%.256s': %s", campaign->directory, strerror(-err));
        return EXIT_REFUSED_BY_SYSTEM;
    }
    campaign_link_latest(campaign);
    return EXIT_DONE;
}

/* An old one, as its manifest says. */
static int go_on(const struct run_options *options, struct campaign *campaign) {
    char sentence[1024];
    if (!options->directory) {
        log_say("--resume needs -o DIR");
        return EXIT_USAGE;
    }
    if (campaign_read(campaign, options->directory, sentence, sizeof sentence) != 0) {
        log_say("%s", sentence);
        return EXIT_USAGE;
    }
    if (!obstacles_to_resume(campaign, sentence, sizeof sentence))
        return EXIT_DONE;
    log_say("cannot go on with '%.256s': %s", campaign->directory, sentence);
    return EXIT_USAGE;
}

/* The pictures of all backends must be the same file. */
static int compare_pictures(const struct campaign *campaign) {
    char name[64], first[64] = "", path[CAMPAIGN_PATH_SIZE + 128], other[CAMPAIGN_PATH_SIZE + 128];
    for (uint32_t i = 0; i < campaign->plan.count; i++) {
        snprintf(name, sizeof name, "images/%s.png", campaign->plan.cases[i].backend->name);
        if (access(campaign_path(campaign, name, path), R_OK) != 0)
            continue;
        if (!*first)
            snprintf(first, sizeof first, "%s", name);
        char *argv[] = {(char[]){"cmp"}, (char[]){"-s"}, path,
                        (char *)(uintptr_t)campaign_path(campaign, first, other), NULL};
        if (support_run(argv) == 1) {
            log_say("wrong result: '%s' and '%s' differ", path, other);
            return EXIT_WRONG;
        }
    }
    return EXIT_DONE;
}

/* "BACKEND:WORKERS BACKEND:WORKERS …" as a new string, or NULL. */
static char *list_outside_cases(const struct campaign *campaign) {
    char *list = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&list, &size);
    for (uint32_t i = 0; stream && i < campaign->plan.count; i++)
        if (outside_shows(campaign, &campaign->plan.cases[i]))
            fprintf(stream, "%s:%u ", campaign->plan.cases[i].backend->name,
                    campaign->plan.cases[i].job.workers);
    return stream && fclose(stream) == 0 ? list : NULL;
}

/* Whole processes under hyperfine: bench/outside.sh. */
static void look_from_outside(const struct campaign *campaign) {
    char script[2048], mandel[2048], path[CAMPAIGN_PATH_SIZE + 128];
    char options[512], schedule[SCHEDULE_TEXT_SIZE];
    const struct plan_case *model = &campaign->plan.cases[0];
    const struct workload *workload = &model->job.workload;
    char *cases = list_outside_cases(campaign);
    snprintf(options, sizeof options,
             "-v %s -s %ux%u --max-iter %u -k %s -B %llu --schedule %s --shortcuts %s", model->view,
             workload->width, workload->height, workload->max_iter, model->job.kernel->name,
             (unsigned long long)model->job.batch, schedule_text(model->job.schedule, schedule),
             workload->shortcuts ? "on" : "off");
    if (!cases || support_find("outside.sh", script, sizeof script) != 0 ||
        support_sibling("mandel", mandel, sizeof mandel) != 0) {
        log_say("no view from outside: outside.sh or mandel is not where this program was built or "
                "installed");
        free(cases);
        return;
    }
    const char *argv[] = {
        "bash", script, campaign_path(campaign, "hyperfine", path), mandel, options, cases, NULL};
    int status = support_run((char *const *)(uintptr_t)argv);
    if (status != 0 && status != -ECANCELED)
        log_say("no view from outside: hyperfine is missing or failed, see '%.256s/hyperfine.log'",
                path);
    free(cases);
}

/* Has the budget time for that? Says so if not. */
static bool affords_outside(const struct conduct *conduct) {
    struct raw_rows rows;
    char path[CAMPAIGN_PATH_SIZE + 128];
    long whole_bytes;
    size_t line;
    double needed_s = 0, spent_s = clock_seconds(clock_now_ns() - conduct->begun_ns);
    if (raw_read(campaign_path(conduct->campaign, "raw.csv", path), &rows, &whole_bytes, &line) ==
        0)
        needed_s = outside_expected_s(conduct->campaign, &rows);
    raw_free(&rows);
    if (conduct->budget_s <= 0 || spent_s + needed_s <= conduct->budget_s)
        return true;
    log_say(
        "no view from outside: hyperfine would need some %.0f s, and %.0f of the budget's %.0f s "
        "are spent",
        needed_s, spent_s, conduct->budget_s);
    return false;
}

static int finish(const struct run_options *options, const struct conduct *conduct,
                  const struct conduct_result *result) {
    const struct campaign *campaign = conduct->campaign;
    int status = compare_pictures(campaign);
    if (conduct->outside && !stop_signal() && affords_outside(conduct))
        look_from_outside(campaign);
    if (stop_signal())
        return EXIT_SIGNAL + stop_signal();
    int reported = report_campaign(campaign->directory, options->strict);
    if (result->wrong || status == EXIT_WRONG)
        return EXIT_WRONG;
    if (reported && reported != EXIT_SUSPECT)
        return reported;
    return result->failed ? EXIT_REFUSED_BY_SYSTEM : reported;
}

static int measure(const struct run_options *options, const struct campaign *campaign) {
    const struct experiment *experiment = experiment_find(campaign->plan.experiment);
    const struct conduct conduct = {
        .campaign = campaign,
        .budget_s = options->budget_s,
        .begun_ns = clock_now_ns(),
        .outside = campaign->plan.count && !(experiment && experiment->instrument) &&
                   !options->no_hyperfine,
        .quiet = options->quiet,
    };
    struct conduct_result result = {0};
    int err = experiment && experiment->instrument
                  ? experiment->instrument->conduct(&conduct, &result)
                  : conduct_campaign(&conduct, &result);
    if (err == -ECANCELED) {
        log_say("stopped; what was measured is kept: mandelbench run --resume -o %.256s goes on",
                campaign->directory);
        return EXIT_SIGNAL + stop_signal();
    }
    if (err)
        return err == -EPROTO ? EXIT_USAGE : EXIT_REFUSED_BY_SYSTEM;
    return finish(options, &conduct, &result);
}

int command_run(int argc, char **argv) {
    struct run_options options;
    struct campaign campaign = {0};
    campaign_keep_command(&campaign, argc, argv); /* before getopt changes its order */
    if (!parse(&options, argc, argv))
        return EXIT_USAGE;
    if (options.help)
        return print_help();
    int status = options.resume ? go_on(&options, &campaign) : begin(&options, &campaign);
    if (!status)
        status = measure(&options, &campaign);
    campaign_free(&campaign);
    return status;
}
