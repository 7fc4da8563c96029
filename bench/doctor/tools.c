/* Checks of what a campaign needs beside CPUs: room for its files, and programs. */
#include "base/text.h"
#include "bench/doctor/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define DISK_FEW_BYTES (UINT64_C(1) << 30)

/* Campaigns go into results/ of the working directory, which they make. */
static const char *results(void) {
    return access("results", F_OK) == 0 ? "results" : ".";
}

static void look_disk(const char *root, struct finding *finding) {
    char text[TEXT_BYTES_SIZE];
    struct statvfs room;
    (void)root;
    if (statvfs(results(), &room) != 0) {
        finding_is(finding, FINDING_UNKNOWN, "the file system does not say");
        return;
    }
    uint64_t bytes = (uint64_t)room.f_bavail * room.f_frsize;
    finding_is(finding, bytes < DISK_FEW_BYTES ? FINDING_WARN : FINDING_OK, "%s free",
               text_bytes(bytes, text));
    if (bytes < DISK_FEW_BYTES)
        finding_advise(finding, "mandelbench run -o DIR, on another disk");
}

const struct check check_disk = {
    .name = "disk",
    .why = "a campaign that cannot write its records ends",
    .look = look_disk,
};

/* The type of the file system on a device: in a line "… MAJOR:MINOR … - TYPE …" of mountinfo. */
static bool find_type(const char *mounts, dev_t device, char *type, size_t size) {
    char key[48];
    snprintf(key, sizeof key, " %u:%u ", major(device), minor(device));
    const char *line = strstr(mounts, key);
    const char *mark = line ? strstr(line, " - ") : NULL;
    const char *end = line ? strchr(line, '\n') : NULL;
    if (!mark || (end && mark > end))
        return false;
    mark += strlen(" - ");
    snprintf(type, size, "%.*s", (int)strcspn(mark, " \n"), mark);
    return *type;
}

static void look_filesystem(const char *root, struct finding *finding) {
    static const char *const remote[] = {"nfs", "nfs4", "cifs", "smb3", "9p", "ceph"};
    static char mounts[1 << 16];
    char path[1024], type[64];
    struct stat status;
    snprintf(path, sizeof path, "%.700s/proc/self/mountinfo", root);
    if (stat(results(), &status) != 0 || text_read_file(path, mounts, sizeof mounts) <= 0 ||
        !find_type(mounts, status.st_dev, type, sizeof type)) {
        finding_is(finding, FINDING_UNKNOWN, "no mount of its device is shown here");
        return;
    }
    bool far = strncmp(type, "fuse", 4) == 0;
    for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
        far |= strcmp(type, remote[i]) == 0;
    finding_is(finding, far ? FINDING_WARN : FINDING_OK, "%s", type);
    if (far)
        finding_advise(finding, "mandelbench run -o DIR, on a disk of this machine");
}

const struct check check_filesystem = {
    .name = "filesystem",
    .why = "write_s of a picture on a network's file system is the network's time",
    .look = look_filesystem,
};

static bool in_path(const char *program) {
    const char *list = getenv("PATH");
    char path[4096];
    for (; list && *list; list += strspn(list, ":")) {
        size_t length = strcspn(list, ":");
        snprintf(path, sizeof path, "%.*s/%s", (int)length, list, program);
        if (access(path, X_OK) == 0)
            return true;
        list += length;
    }
    return false;
}

static void look_for(const char *program, const char *package, struct finding *finding) {
    bool there = in_path(program);
    finding_is(finding, there ? FINDING_OK : FINDING_WARN, there ? "installed" : "not installed");
    if (!there)
        finding_advise(finding, "sudo apt-get install %s", package);
}

static void look_gnuplot(const char *root, struct finding *finding) {
    (void)root;
    look_for("gnuplot", "gnuplot-nox", finding);
}

const struct check check_gnuplot = {
    .name = "gnuplot",
    .why = "without it there are no figures",
    .look = look_gnuplot,
};

static void look_hyperfine(const char *root, struct finding *finding) {
    (void)root;
    look_for("hyperfine", "hyperfine", finding);
}

const struct check check_hyperfine = {
    .name = "hyperfine",
    .why = "without it nobody looks at whole processes from outside",
    .look = look_hyperfine,
};
