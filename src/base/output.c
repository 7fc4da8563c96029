/* Outputs that are whole or absent; contracts in output.h. An unnamed file (O_TMPFILE) leaves
 * nothing behind even when this process is killed; file systems without it get a named one, removed
 * on failure. Two names are exchanged (RENAME_EXCHANGE) where it must be possible to go back. */
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
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

/* Held by whoever changes names: an output's verbs, or a signal handler that ends the process, for
 * which the others then wait. Ordered (by default) because the handler may run on another thread.
 */
static _Atomic bool names_change;

static void names_lock(void) {
    while (atomic_exchange(&names_change, true))
        pause();
}

static void names_unlock(void) {
    atomic_store(&names_change, false);
}

/* Outputs that are open, or placed and not kept, for output_remove_partial; under the lock. */
#define KNOWN_MAX 8
static struct output *known[KNOWN_MAX];

static void swap_known(const struct output *from, struct output *to) {
    for (int i = 0; i < KNOWN_MAX; i++) {
        if (known[i] == from) {
            known[i] = to;
            return;
        }
    }
}

/* Nothing but system calls: a signal handler does it too. */
static void take_back(const struct output *output) {
    if (output->place == OUTPUT_EXCHANGED)
        renameat2(AT_FDCWD, output->named, AT_FDCWD, output->target, RENAME_EXCHANGE);
    if (output->place == OUTPUT_NEW)
        unlink(output->target);
    if (output->named)
        unlink(output->named);
}

bool output_remove_partial(void) {
    if (atomic_exchange(&names_change, true))
        return false;
    for (int i = 0; i < KNOWN_MAX; i++)
        if (known[i])
            take_back(known[i]);
    return true;
}

static void clear(struct output *output) {
    swap_known(output, NULL);
    if (output->fd >= 0)
        close(output->fd);
    free(output->named);
    free(output->target);
    *output = OUTPUT_CLOSED;
}

static void abandon(struct output *output) {
    take_back(output);
    clear(output);
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
        names_lock();
        output->fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        int err = output->fd < 0 ? -errno : 0;
        output->named = err ? NULL : name;
        names_unlock();
        if (!err)
            return 0;
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
        output->replaces = true;
    } else if (errno != ENOENT) {
        return -errno;
    }
    int err = open_unnamed(output, mode);
    if (err == -EOPNOTSUPP || err == -EISDIR || err == -EINVAL)
        err = open_named(output, mode);
    if (!err && output->replaces && fchmod(output->fd, mode) != 0)
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
    int err = output->target ? 0 : -errno;
    names_lock();
    swap_known(NULL, output);
    names_unlock();
    if (!err)
        err = open_target(output);
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

/* Gives the file, which may have no name yet, this one. 0, or -errno: -EEXIST. */
static int link_as(const struct output *output, const char *name) {
    char self[64];
    snprintf(self, sizeof self, "/proc/self/fd/%d", output->fd);
    return linkat(AT_FDCWD, output->named ? output->named : self, AT_FDCWD, name,
                  AT_SYMLINK_FOLLOW) == 0
               ? 0
               : -errno;
}

/* Gives an unnamed file a temporary name beside its place. */
static int give_name(struct output *output) {
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        char *name = name_beside(output->target, attempt);
        if (!name)
            return -ENOMEM;
        int err = link_as(output, name);
        if (!err) {
            output->named = name;
            return 0;
        }
        free(name);
        if (err != -EEXIST)
            return err;
    }
    return -EEXIST;
}

/* Where nothing was: straight to the name, so that there never is another. */
static int place_new(struct output *output) {
    int err = link_as(output, output->target);
    if (err)
        return err;
    output->place = OUTPUT_NEW;
    if (output->named)
        unlink(output->named);
    free(output->named);
    output->named = NULL;
    return 0;
}

/* Over what is there. Exchanged, the temporary name is that of the old file. */
static int place_over(struct output *output, bool final) {
    struct stat existing;
    int err = output->named ? 0 : give_name(output);
    if (err)
        return err;
    bool missing = lstat(output->target, &existing) != 0;
    if (!missing && S_ISDIR(existing.st_mode))
        return -EISDIR;
    if (!final && !missing &&
        renameat2(AT_FDCWD, output->named, AT_FDCWD, output->target, RENAME_EXCHANGE) == 0) {
        output->place = OUTPUT_EXCHANGED;
        return 0;
    }
    if (rename(output->named, output->target) != 0)
        return -errno;
    output->place = missing ? OUTPUT_NEW : OUTPUT_OVER;
    free(output->named);
    output->named = NULL;
    return 0;
}

static int place(struct output *output, bool final) {
    int err = -EEXIST;
    if (!output->direct && !output->replaces)
        err = place_new(output);
    /* Somebody was faster, or the file system has no second names. */
    if (!output->direct && (err == -EEXIST || err == -EPERM || err == -EOPNOTSUPP))
        err = place_over(output, final);
    if (output->direct)
        err = 0;
    if (close(output->fd) != 0 && !err)
        err = -errno;
    output->fd = -1;
    return err;
}

int output_place(struct output *output) {
    names_lock();
    int err = place(output, false);
    if (err)
        abandon(output);
    names_unlock();
    return err;
}

void output_keep(struct output *output) {
    names_lock();
    if (output->named)
        unlink(output->named);
    clear(output);
    names_unlock();
}

int output_commit(struct output *output) {
    names_lock();
    int err = place(output, true);
    if (err)
        abandon(output);
    else
        clear(output);
    names_unlock();
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
    names_lock();
    abandon(output);
    names_unlock();
}
