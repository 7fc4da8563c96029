/* A small filter from XML to XML; contracts in svg.h. It knows tags, attributes in quotes and text;
 * comments, declarations and unknown elements with all that they hold are left out. */
#include "bench/page/svg.h"

#include "base/text.h"
#include "bench/page/html.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX       (8u << 20)
#define NAME_MAX_BYTES 40
#define DEPTH_MAX      32

struct filter {
    FILE *out;
    const char *at; /* what is still to be read */
    unsigned number;
    const char *alt;
    char *held;                  /* a <g …> that may turn out to be empty, or NULL */
    const char *open[DEPTH_MAX]; /* names of the elements that are open, `depth` of them */
    unsigned depth;
};

/* The name as the list has it, or NULL. */
static const char *listed(const char *const list[], const char *name) {
    for (; *list; list++)
        if (strcmp(*list, name) == 0)
            return *list;
    return NULL;
}

static const char *element_may(const char *name) {
    static const char *const list[] = {"svg",     "g",        "path",  "circle", "rect",
                                       "polygon", "polyline", "line",  "text",   "tspan",
                                       "use",     "defs",     "title", "image",  NULL};
    return listed(list, name);
}

static const char *attribute_may(const char *name) {
    static const char *const list[] = {"d",
                                       "points",
                                       "x",
                                       "y",
                                       "x1",
                                       "y1",
                                       "x2",
                                       "y2",
                                       "r",
                                       "cx",
                                       "cy",
                                       "dx",
                                       "dy",
                                       "width",
                                       "height",
                                       "viewBox",
                                       "transform",
                                       "fill",
                                       "stroke",
                                       "color",
                                       "stroke-width",
                                       "stroke-dasharray",
                                       "stroke-linecap",
                                       "stroke-linejoin",
                                       "stroke-opacity",
                                       "fill-opacity",
                                       "opacity",
                                       "text-anchor",
                                       "font-size",
                                       "font-weight",
                                       "font-style",
                                       "shape-rendering",
                                       "image-rendering",
                                       "preserveAspectRatio",
                                       "id",
                                       "href",
                                       "xlink:href",
                                       NULL};
    return listed(list, name);
}

static void flush_held(struct filter *filter) {
    if (filter->held)
        fputs(filter->held, filter->out);
    free(filter->held);
    filter->held = NULL;
}

/* "rgb( 85, 85, 85)", "#555555", "black", "white" → the six digits; false: anything else. */
static bool read_colour(const char *value, char digits[8]) {
    unsigned red, green, blue;
    if (sscanf(value, "rgb( %u , %u , %u )", &red, &green, &blue) == 3 && red < 256 &&
        green < 256 && blue < 256) {
        snprintf(digits, 8, "%02x%02x%02x", red, green, blue);
        return true;
    }
    if (strcmp(value, "black") == 0 || strcmp(value, "white") == 0) {
        strcpy(digits, *value == 'b' ? "000000" : "ffffff");
        return true;
    }
    if (*value != '#' || strlen(value) != 7 || strspn(value + 1, "0123456789abcdefABCDEF") != 6)
        return false;
    for (int i = 0; i < 7; i++)
        digits[i] = (char)tolower((unsigned char)value[i + 1]);
    return true;
}

/* A value as it stands in the file, entities and all; only quotes can still hurt. */
static void print_value(FILE *out, const char *value) {
    for (; *value; value++)
        fputs(*value == '"' ? "&quot;" : (char[]){*value, '\0'}, out);
}

static void print_attribute(const struct filter *filter, FILE *out, const char *name,
                            const char *value) {
    char digits[8];
    bool link = strcmp(name, "href") == 0 || strcmp(name, "xlink:href") == 0;
    if (link && strncmp(value, "data:image/png;base64,", 22) != 0 && *value != '#')
        return;
    if (strstr(value, "url("))
        return;
    fprintf(out, " %s=\"", link ? "href" : name);
    if (strcmp(name, "id") == 0 || (link && *value == '#'))
        fprintf(out, "%sf%u-", link ? "#" : "", filter->number);
    if ((strcmp(name, "fill") == 0 || strcmp(name, "stroke") == 0 || strcmp(name, "color") == 0) &&
        read_colour(value, digits))
        fprintf(out, "var(--x%s,#%s)", digits, digits);
    else
        print_value(out, value + (link && *value == '#'));
    putc('"', out);
}

static const char *skip_blanks(const char *at) {
    return at + strspn(at, " \t\r\n");
}

/* One attribute at `at`; what follows it, or NULL: malformed. */
static const char *copy_attribute(const struct filter *filter, FILE *out, const char *at) {
    char name[NAME_MAX_BYTES];
    size_t length = strcspn(at, " \t\r\n=<>/\"'");
    if (length == 0 || length >= sizeof name)
        return NULL;
    memcpy(name, at, length);
    name[length] = '\0';
    at = skip_blanks(at + length);
    if (*at != '=')
        return NULL;
    at = skip_blanks(at + 1);
    const char *end = *at == '"' || *at == '\'' ? strchr(at + 1, *at) : NULL;
    if (!end)
        return NULL;
    char *value = strndup(at + 1, (size_t)(end - at - 1));
    if (value && !strchr(value, '<') && attribute_may(name))
        print_attribute(filter, out, name, value);
    free(value);
    return value ? end + 1 : NULL;
}

/* The attributes up to the tag's end; what follows the tag, or NULL. */
static const char *copy_attributes(const struct filter *filter, FILE *out, const char *at,
                                   bool *closed) {
    for (at = skip_blanks(at); at && *at && *at != '>' && *at != '/';
         at = at ? skip_blanks(at) : at)
        at = copy_attribute(filter, out, at);
    *closed = at && *at == '/';
    if (at && *at == '/')
        at = skip_blanks(at + 1);
    return at && *at == '>' ? at + 1 : NULL;
}

/* Behind an element that may not be copied: past its end tag. */
static const char *skip_element(const char *at, const char *name) {
    size_t length = strlen(name);
    for (at = strstr(at, "</"); at; at = strstr(at + 2, "</"))
        if (strncmp(at + 2, name, length) == 0 && !isalnum((unsigned char)at[2 + length]))
            return strchr(at, '>') ? strchr(at, '>') + 1 : NULL;
    return NULL;
}

static void name_drawing(const struct filter *filter, FILE *out) {
    fputs(" role=\"img\" aria-label=\"", out);
    html_text(out, filter->alt);
    fputs("\"", out);
}

/* False: too many are open. */
static bool enter(struct filter *filter, const char *name) {
    if (filter->depth == DEPTH_MAX)
        return false;
    filter->open[filter->depth++] = element_may(name);
    return true;
}

/* A start tag, its attributes written into a text of its own; an empty group is held back. */
static const char *copy_start(struct filter *filter, const char *name, const char *at) {
    char *tag = NULL;
    size_t size = 0;
    bool closed;
    FILE *stream = open_memstream(&tag, &size);
    if (!stream)
        return NULL;
    fprintf(stream, "<%s", name);
    if (strcmp(name, "svg") == 0)
        name_drawing(filter, stream);
    at = copy_attributes(filter, stream, at, &closed);
    fputs(closed ? "/>" : ">", stream);
    if (fclose(stream) != 0)
        at = NULL;
    /* The drawing's own title would be shown wherever the pointer rests. */
    bool leave = !element_may(name) || (filter->depth == 1 && strcmp(name, "title") == 0);
    if (at && leave) {
        at = closed ? at : skip_element(at, name);
    } else if (at) {
        flush_held(filter);
        if (!closed && !enter(filter, name)) {
            at = NULL;
        } else if (!closed && strcmp(name, "g") == 0) {
            filter->held = tag;
            return at;
        } else {
            fputs(tag, filter->out);
        }
    }
    free(tag);
    return at;
}

/* The end tag of the innermost open element, or NULL; or one of an element that is left out. */
static const char *copy_end(struct filter *filter, const char *name, const char *at) {
    if (element_may(name) && filter->open[--filter->depth] != element_may(name))
        return NULL;
    if (element_may(name) && filter->held && strcmp(name, "g") == 0) {
        free(filter->held);
        filter->held = NULL;
    } else if (element_may(name)) {
        flush_held(filter);
        fprintf(filter->out, "</%s>", name);
    }
    at = strchr(at, '>');
    return at ? at + 1 : NULL;
}

/* At '<'. */
static const char *copy_tag(struct filter *filter, const char *at) {
    char name[NAME_MAX_BYTES];
    const char *end;
    if (strncmp(at, "<!--", 4) == 0)
        return (end = strstr(at, "-->")) ? end + 3 : NULL;
    if (at[1] == '!' || at[1] == '?')
        return (end = strchr(at, '>')) ? end + 1 : NULL;
    const char *start = at + 1 + (at[1] == '/');
    size_t length = strcspn(start, " \t\r\n/>");
    if (length == 0 || length >= sizeof name)
        return NULL;
    memcpy(name, start, length);
    name[length] = '\0';
    return at[1] == '/' ? copy_end(filter, name, start + length)
                        : copy_start(filter, name, start + length);
}

/* Text up to the next tag; blanks between tags are not worth their bytes. */
static const char *copy_text(struct filter *filter, const char *at) {
    size_t length = strcspn(at, "<");
    if (strspn(at, " \t\r\n") < length) {
        flush_held(filter);
        fwrite(at, 1, length, filter->out);
    }
    return at + length;
}

/* The first <svg> element, not one whose name only begins so; or NULL. */
static const char *find_drawing(const char *text) {
    const char *at = strstr(text, "<svg");
    while (at && !strchr(" \t\r\n/>", at[4]))
        at = strstr(at + 1, "<svg");
    return at;
}

static int copy_drawing(struct filter *filter, const char *text) {
    const char *at = find_drawing(text);
    if (at)
        at = copy_tag(filter, at);
    while (at && *at && filter->depth > 0)
        at = *at == '<' ? copy_tag(filter, at) : copy_text(filter, at);
    free(filter->held);
    filter->held = NULL;
    return at && filter->depth == 0 ? 0 : -EPROTO;
}

int svg_print(FILE *out, const char *path, unsigned number, const char *alt) {
    struct filter filter = {.out = out, .number = number, .alt = alt};
    char *text = malloc(FILE_MAX);
    long length = text ? text_read_file(path, text, FILE_MAX) : -ENOMEM;
    int err = length < 0 ? (int)length : copy_drawing(&filter, text);
    free(text);
    return err;
}
