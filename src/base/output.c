/* Outputs that are whole or absent; contracts in output.h. An unnamed file (O_TMPFILE) leaves
 * nothing behind even when this process is killed; file systems without it get a named one, removed
 * on failure. */
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_AT_MOST 40 /* as Linux itself follows */

/* `path` with every symbolic link at its end resolved, even when the last one dangles. */
static char *resolve(const char *path) {
    char *current = strdup(path);
    for (int links = 0; current && links < LINKS_AT_MOST; links++) {
        char target[PATH_MAX];
        ssize_t length = readlink(current, target, sizeof target - 1);
        if (length < 0)
            return current;
        target[length] = '\0';
        const char *slash = strrchr(current, '/');
        char *next = NULL;
        int made = target[0] == '/' || !slash
                       ? asprintf(&next, "%s", target)
                       : asprintf(&next, "%.*s/%s", (int)(slash - current), current, target);
        free(current);
        current = made < 0 ? NULL : next;
    }
    if (current)
        errno = ELOOP;
    free(current);
    return NULL;
}

/* The folder of the target, as a new string. */
static char *folder_of(const char *target) {
    const char *slash = strrchr(target, '/');
    if (!slash)
        return strdup(".");
    return slash == target ? strdup("/") : strndup(target, (size_t)(slash - target));
}

/* Temporary names that exist now, for output_remove_partial. */
#define PARTIAL_MAX 8
static char *volatile partial[PARTIAL_MAX];

static void remember(char *name) {
    for (int i = 0; i < PARTIAL_MAX; i++) {
        if (!partial[i]) {
            partial[i] = name;
            return;
        }
    }
}

static void forget(const char *name) {
    for (int i = 0; i < PARTIAL_MAX; i++)
        if (name && partial[i] == name)
            partial[i] = NULL;
}

void output_remove_partial(void) {
    for (int i = 0; i < PARTIAL_MAX; i++)
        if (partial[i])
            unlink(partial[i]);
}

/* A name beside the target that nobody has; `attempt` tells tries apart. The target's own name is
 * cut, so that the longest possible one leaves room. */
static char *name_beside(const char *target, unsigned attempt) {
    const char *slash = strrchr(target, '/');
    int folder = slash ? (int)(slash - target) + 1 : 0;
    char *name = NULL;
    int made = asprintf(&name, "%.*s.%.200s.%ld.%u.part", folder, target, target + folder,
                        (long)getpid(), attempt);
    return made < 0 ? NULL : name;
}

static int open_named(struct output *output, mode_t mode) {
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        char *name = name_beside(output->target, attempt);
        if (!name)
            return -ENOMEM;
        output->fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (output->fd >= 0) {
            output->named = name;
            remember(name);
            return 0;
        }
        int err = -errno;
        free(name);
        if (err != -EEXIST)
            return err;
    }
    return -EEXIST;
}

static int open_unnamed(struct output *output, mode_t mode) {
    char *folder = folder_of(output->target);
    if (!folder)
        return -ENOMEM;
    output->fd = open(folder, O_WRONLY | O_TMPFILE | O_CLOEXEC, mode);
    int err = output->fd < 0 ? -errno : 0;
    free(folder);
    return err;
}

static int open_target(struct output *output) {
    struct stat existing;
    mode_t mode = 0666; /* of a new file: less the umask */
    bool replaces = false;
    if (stat(output->target, &existing) == 0) {
        if (S_ISDIR(existing.st_mode))
            return -EISDIR;
        if (!S_ISREG(existing.st_mode)) {
            output->direct = true;
            output->fd = open(output->target, O_WRONLY | O_CLOEXEC);
            return output->fd < 0 ? -errno : 0;
        }
        if (access(output->target, W_OK) != 0)
            return -errno;
        mode = existing.st_mode & 0777;
        replaces = true;
    } else if (errno != ENOENT) {
        return -errno;
    }
    int err = open_unnamed(output, mode);
    if (err == -EOPNOTSUPP || err == -EISDIR || err == -EINVAL)
        err = open_named(output, mode);
    if (!err && replaces && fchmod(output->fd, mode) != 0)
        err = -errno;
    return err;
}

int output_open(struct output *output, const char *path) {
    struct stat existing;
    *output = OUTPUT_CLOSED;
    if (!*path)
        return -ENOENT;
    if (strcmp(path, "-") == 0) {
        output->direct = true;
        output->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
        return output->fd < 0 ? -errno : 0;
    }
    /* What is no regular file is not resolved: /dev/stdout may lead to a pipe, which has no path.
     */
    bool plain = stat(path, &existing) != 0 || S_ISREG(existing.st_mode);
    output->target = plain ? resolve(path) : strdup(path);
    int err = output->target ? open_target(output) : -errno;
    if (err)
        output_abandon(output);
    return err;
}

int output_write(struct output *output, const void *bytes, size_t size) {
    const char *next = bytes;
    while (size > 0) {
        ssize_t written = write(output->fd, next, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -errno;
        next += written;
        size -= (size_t)written;
    }
    return 0;
}

/* Gives an unnamed file a temporary name beside its place. */
static int give_name(struct output *output) {
    char self[64];
    snprintf(self, sizeof self, "/proc/self/fd/%d", output->fd);
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        char *name = name_beside(output->target, attempt);
        if (!name)
            return -ENOMEM;
        if (linkat(AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0) {
            output->named = name;
            remember(name);
            return 0;
        }
        int err = -errno;
        free(name);
        if (err != -EEXIST)
            return err;
    }
    return -EEXIST;
}

int output_commit(struct output *output) {
    int err = 0;
    if (!output->direct && !output->named)
        err = give_name(output);
    if (close(output->fd) != 0 && !err)
        err = -errno;
    output->fd = -1;
    if (!err && !output->direct && rename(output->named, output->target) != 0)
        err = -errno;
    if (!err) {
        forget(output->named);
        free(output->named);
        output->named = NULL;
    }
    output_abandon(output);
    return err;
}

bool output_same(const struct output *a, const struct output *b) {
    struct stat at, bt;
    if (a->direct || b->direct || !a->target || !b->target)
        return false;
    const char *a_slash = strrchr(a->target, '/'), *b_slash = strrchr(b->target, '/');
    if (strcmp(a_slash ? a_slash + 1 : a->target, b_slash ? b_slash + 1 : b->target) != 0)
        return false;
    char *a_folder = folder_of(a->target), *b_folder = folder_of(b->target);
    bool same = a_folder && b_folder && stat(a_folder, &at) == 0 && stat(b_folder, &bt) == 0 &&
                at.st_dev == bt.st_dev && at.st_ino == bt.st_ino;
    free(a_folder);
    free(b_folder);
    return same;
}

void output_abandon(struct output *output) {
    if (output->fd >= 0)
        close(output->fd);
    if (output->named)
        unlink(output->named);
    forget(output->named);
    free(output->named);
    free(output->target);
    *output = OUTPUT_CLOSED;
}
