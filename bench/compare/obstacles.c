/* What differs between two manifests; contracts in obstacles.h. */
#include "bench/compare/obstacles.h"

#include <stdio.h>
#include <string.h>

/* A sentence that grows by what differs. */
struct list {
    char *sentence;
    size_t size;
    unsigned count;
};

static void add(struct list *list, const char *what, const char *a, const char *b) {
    size_t used = strlen(list->sentence);
    snprintf(list->sentence + used, list->size - used, "%s%s ('%.120s' and '%.120s')",
             list->count++ ? ", " : "", what, a, b);
}

static void compare_texts(struct list *list, const char *what, const char *a, const char *b) {
    if (strcmp(a, b) != 0)
        add(list, what, a, b);
}

static void compare_numbers(struct list *list, const char *what, unsigned a, unsigned b) {
    char text_a[16], text_b[16];
    snprintf(text_a, sizeof text_a, "%u", a);
    snprintf(text_b, sizeof text_b, "%u", b);
    compare_texts(list, what, text_a, text_b);
}

/* The campaign's kernels in the order of the shelf: "scalar,avx2". */
static void name_kernels(const struct campaign *campaign, char *names, size_t size) {
    unsigned count;
    const struct kernel *const *kernels = kernel_list(&count);
    *names = '\0';
    for (unsigned k = 0; k < count; k++) {
        bool used = false;
        for (uint32_t i = 0; i < campaign->plan.count; i++)
            used |= campaign->plan.cases[i].job.kernel == kernels[k] &&
                    campaign->plan.cases[i].role != ROLE_NULL;
        if (used)
            snprintf(names + strlen(names), size - strlen(names), "%s%s", *names ? "," : "",
                     kernels[k]->name);
    }
}

static void compare_all(struct list *list, const struct campaign *a, const struct campaign *b) {
    char kernels_a[256], kernels_b[256];
    compare_texts(list, "CPU", a->machine.cpu, b->machine.cpu);
    compare_texts(list, "operating system", a->machine.kernel, b->machine.kernel);
    compare_numbers(list, "CPUs online", a->machine.cpus_online, b->machine.cpus_online);
    compare_numbers(list, "usable CPUs", a->plan.usable_cpus, b->plan.usable_cpus);
    name_kernels(a, kernels_a, sizeof kernels_a);
    name_kernels(b, kernels_b, sizeof kernels_b);
    compare_texts(list, "kernels", kernels_a, kernels_b);
    compare_texts(list, "compiler", a->compiler, b->compiler);
    if (*a->flags && *b->flags) /* manifests of older versions have none */
        compare_texts(list, "compiler flags", a->flags, b->flags);
}

bool obstacles_between(const struct campaign *a, const struct campaign *b, char *sentence,
                       size_t size) {
    struct list list = {.sentence = sentence, .size = size};
    snprintf(sentence, size, "these campaigns differ in ");
    compare_all(&list, a, b);
    return list.count > 0;
}

bool obstacles_to_resume(const struct campaign *campaign, char *sentence, size_t size) {
    static struct campaign here;
    struct list list = {.sentence = sentence, .size = size};
    here = *campaign;
    campaign_stamp(&here);
    here.plan.usable_cpus = here.machine.usable_cpus;
    snprintf(sentence, size, "what was measured and what would be measured now differ in ");
    compare_all(&list, campaign, &here);
    compare_texts(&list, "version", campaign->version, here.version);
    compare_texts(&list, "commit", campaign->commit, here.commit);
    return list.count > 0;
}
