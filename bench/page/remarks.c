/* Saying and keeping; contracts in remarks.h. */
#include "bench/page/remarks.h"

#include "base/log.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

void remark(struct remarks *remarks, const char *format, ...) {
    char text[sizeof *remarks->text];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    text_tame(text);
    log_say("%s", text);
    if (remarks->count < REMARKS_MAX)
        snprintf(remarks->text[remarks->count++], sizeof *remarks->text, "%s", text);
}
