/* What several tests share: cmocka with the headers that it needs, dice whose seed can be printed
 * and set again (TEST_SEED=N), and a fresh folder for every test that writes files. */
#ifndef TESTS_HELPERS_H
#define TESTS_HELPERS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* Pseudo-random numbers: splitmix64 (Steele, Lea and Flood, 2014). */
struct dice {
    uint64_t seed, state;
};

static inline struct dice dice_new(void) {
    const char *text = getenv("TEST_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t seed =
        text ? strtoull(text, NULL, 10) : (uint64_t)now.tv_sec * 1000003 + (uint64_t)now.tv_nsec;
    return (struct dice){.seed = seed, .state = seed};
}

static inline uint64_t dice_u64(struct dice *dice) {
    uint64_t mixed = dice->state += UINT64_C(0x9E3779B97F4A7C15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ (mixed >> 31);
}

/* 0 … bound - 1. */
static inline uint64_t dice_below(struct dice *dice, uint64_t bound) {
    return dice_u64(dice) % bound;
}

static inline double dice_between(struct dice *dice, double low, double high) {
    return low + (high - low) * ((double)(dice_u64(dice) >> 11) * 0x1p-53);
}

/* A test in a folder of its own: *state is the folder's path; it is removed with all it holds. */
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)

static inline int folder_setup(void **state) {
    const char *parent = getenv("TMPDIR");
    char *path = NULL;
    if (asprintf(&path, "%s/mandelbench-test-XXXXXX", parent ? parent : "/tmp") < 0)
        return -1;
    *state = path;
    return mkdtemp(path) ? 0 : -1;
}

static inline int folder_remove_one(const char *path, const struct stat *status, int kind,
                                    struct FTW *where) {
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

static inline int folder_teardown(void **state) {
    int err = nftw(*state, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return err;
}

/* How many entries a folder has, hidden ones too. */
static inline int folder_entries(const char *path) {
    DIR *folder = opendir(path);
    assert_non_null(folder);
    int entries = 0;
    for (struct dirent *entry; (entry = readdir(folder));)
        entries += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(folder);
    return entries;
}

struct path {
    char text[PATH_MAX];
};

static inline struct path path_in(const char *folder, const char *name) {
    struct path path;
    int length = snprintf(path.text, sizeof path.text, "%s/%s", folder, name);
    assert_in_range(length, 1, sizeof path.text - 1);
    return path;
}

/* A whole regular file; the caller frees it. */
static inline char *file_read(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    struct stat status;
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &status), 0);
    char *bytes = malloc((size_t)status.st_size + 1);
    assert_non_null(bytes);
    *size = fread(bytes, 1, (size_t)status.st_size + 1, file);
    assert_int_equal(*size, status.st_size);
    fclose(file);
    return bytes;
}

static inline void file_write(const char *path, const char *text) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* A file of a fake machine below `root`, with the folders that it needs. */
static inline void folder_put(const char *root, const char *name, const char *text) {
    struct path path = path_in(root, name);
    for (char *slash = path.text + strlen(root) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        assert_true(mkdir(path.text, 0777) == 0 || errno == EEXIST);
    }
    file_write(path.text, text);
}

static inline void assert_file_holds(const char *path, const char *text) {
    size_t size;
    char *bytes = file_read(path, &size);
    assert_int_equal(size, strlen(text));
    assert_memory_equal(bytes, text, size);
    free(bytes);
}

#endif
