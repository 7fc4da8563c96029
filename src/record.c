/* The JSON record; contracts in record.h. */
#include "record.h"

#include "base/clock.h"
#include "base/standard.h"
#include "base/version.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

static json_t *seconds_or_null(const uint64_t *ns) {
    return ns ? json_real(clock_seconds(*ns)) : json_null();
}

static int add_case(json_t *object, const struct options *options) {
    const struct job *job = &options->job;
    const struct workload *workload = &job->workload;
    char schedule[SCHEDULE_TEXT_SIZE];
    int failed = 0;
    failed |= json_object_set_new(object, "schema", json_integer(1));
    failed |= json_object_set_new(object, "program", json_string("mandel"));
    failed |= json_object_set_new(object, "version", json_string(VERSION));
    failed |= json_object_set_new(object, "backend", json_string(options->backend->name));
    failed |= json_object_set_new(object, "kernel", json_string(job->kernel->name));
    failed |= json_object_set_new(object, "exact", json_boolean(job->kernel->exact));
    failed |= json_object_set_new(object, "shortcuts", json_boolean(workload->shortcuts));
    failed |= json_object_set_new(object, "schedule",
                                  options->backend->flags & BACKEND_SCHEDULE
                                      ? json_string(schedule_text(job->schedule, schedule))
                                      : json_null());
    failed |= json_object_set_new(object, "workers", json_integer(job->workers));
    failed |= json_object_set_new(object, "batch", json_integer((json_int_t)job->batch));
    failed |= json_object_set_new(object, "view", json_string(options->view_name));
    failed |= json_object_set_new(object, "width", json_integer(workload->width));
    failed |= json_object_set_new(object, "height", json_integer(workload->height));
    failed |= json_object_set_new(object, "center_re", json_real(workload->center_re));
    failed |= json_object_set_new(object, "center_im", json_real(workload->center_im));
    failed |= json_object_set_new(object, "extent", json_real(workload->extent));
    failed |= json_object_set_new(object, "max_iter", json_integer(workload->max_iter));
    failed |= json_object_set_new(object, "palette", json_string(options->palette->name));
    return failed;
}

static int add_outcome(json_t *object, const struct record *record) {
    const struct render_result *result = record->result;
    const struct usage *usage = record->usage;
    const struct image_timing *timing = record->timing;
    int failed = 0;
    failed |= json_object_set_new(object, "workers_started", json_integer(result->workers_started));
    failed |= json_object_set_new(object, "workers_seen", json_integer(result->workers_seen));
    failed |=
        json_object_set_new(object, "iterations", json_integer((json_int_t)result->iterations));
    failed |= json_object_set_new(object, "sha256", json_string(result->sha256));
    failed |= json_object_set_new(object, "pixels_differing",
                                  record->pixels_differing
                                      ? json_integer((json_int_t)*record->pixels_differing)
                                      : json_null());
    failed |= json_object_set_new(object, "open_s", seconds_or_null(&result->open_ns));
    failed |= json_object_set_new(object, "render_s", seconds_or_null(&result->render_ns));
    failed |= json_object_set_new(object, "close_s", seconds_or_null(&result->close_ns));
    failed |= json_object_set_new(object, "encode_s",
                                  seconds_or_null(timing ? &timing->encode_ns : NULL));
    failed |=
        json_object_set_new(object, "write_s", seconds_or_null(timing ? &timing->write_ns : NULL));
    failed |= json_object_set_new(object, "total_s",
                                  json_real(clock_seconds(clock_now_ns() - record->start_ns)));
    failed |= json_object_set_new(object, "user_s", json_real(usage->user_s));
    failed |= json_object_set_new(object, "sys_s", json_real(usage->sys_s));
    failed |= json_object_set_new(object, "max_rss_bytes",
                                  json_integer((json_int_t)usage->max_rss_bytes));
    failed |= json_object_set_new(object, "workers_lost", json_integer(result->workers_lost));
    failed |=
        json_object_set_new(object, "batches_reissued", json_integer(result->batches_reissued));
    return failed;
}

static bool is_coordinators(enum term term) {
    return term == TERM_DISPATCH || term == TERM_COLLECT || term == TERM_IDLE;
}

/* What the time was spent on, if that was recorded (--trace). */
static int add_accounts(json_t *object, const struct monitor_accounts *accounts) {
    int failed = json_object_set_new(
        object, "accounted_s", seconds_or_null(accounts->renders ? &accounts->wall_ns : NULL));
    for (int term = 0; term < TERMS; term++) {
        char key[64];
        int64_t ns = is_coordinators((enum term)term) ? accounts->coordinator_ns[term]
                                                      : accounts->worker_ns[term];
        snprintf(key, sizeof key, "%s_s", monitor_term_name((enum term)term));
        failed |= json_object_set_new(
            object, key, accounts->renders ? json_real((double)ns / 1e9) : json_null());
    }
    return failed;
}

int record_print(const struct record *record) {
    json_t *object = json_object();
    int err = -ENOMEM;
    if (object && add_case(object, record->options) == 0 && add_outcome(object, record) == 0 &&
        add_accounts(object, &record->result->accounts) == 0) {
        bool written = json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(17)) == 0 &&
                       putchar('\n') != EOF;
        err = standard_settle();
        if (!err && !written)
            err = -EIO;
    }
    json_decref(object);
    return err;
}
