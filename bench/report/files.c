/* What a campaign has left behind; contracts in files.h. */
#include "bench/report/files.h"

#include "base/text.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>

static bool has_any(const struct campaign *campaign, const char *subdirectory) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    DIR *directory = opendir(campaign_path(campaign, subdirectory, path));
    const struct dirent *entry = NULL;
    if (!directory)
        return false;
    do
        entry = readdir(directory);
    while (entry && entry->d_name[0] == '.');
    closedir(directory);
    return entry != NULL;
}

void files_print(const struct campaign *campaign, const char *tables) {
    char directory[CAMPAIGN_PATH_SIZE];
    snprintf(directory, sizeof directory, "%s", campaign->directory);
    text_tame(directory);
    bool figures = has_any(campaign, "plots"), pictures = has_any(campaign, "images");
    printf("\n  Files in %s:\n  %s manifest.json\n", directory, tables);
    if (figures || pictures)
        printf("  %s%s%s\n", figures ? "plots/*.svg plots/*.png" : "",
               figures && pictures ? " " : "", pictures ? "images/*.png" : "");
}
