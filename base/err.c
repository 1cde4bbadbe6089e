#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* A cut text ends in "..." and never inside a UTF-8 character. */
static void mark_cut(char *text, size_t size)
{
    size_t end = size - sizeof("...");
    while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80)
        end--;
    memcpy(text + end, "...", sizeof("..."));
}

/* A directory's or a server's words stand in it, and it is shown at terminals: what moves a cursor
 * or turns a line round becomes a space (log.c escapes by itself). */
static void disarm(char *text)
{
    char *to = text;
    for (struct str rest = {text, strlen(text)}; rest.n > 0;) {
        struct str from = rest;
        uint32_t code;
        bool good = utf8_take(&rest, &code);
        if (good && code_point_is_control(code)) {
            *to++ = ' ';
            continue;
        }
        memmove(to, from.p, from.n - rest.n);
        to += from.n - rest.n;
    }
    *to = '\0';
}

static void put(struct err *e, enum err_class class, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
static void put(struct err *e, enum err_class class, const char *format, va_list args)
{
    e->class = class;
    int n = vsnprintf(e->text, sizeof(e->text), format, args);
    if (n < 0 || (size_t)n >= sizeof(e->text))
        mark_cut(e->text, sizeof(e->text));
    disarm(e->text);
}

int fail(struct err *e, enum err_class class, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put(e, class, format, args);
    va_end(args);
    return -1;
}

int fail_errno(struct err *e, const char *format, ...)
{
    int saved = errno;
    va_list args;
    va_start(args, format);
    put(e, ERR_SYSTEM, format, args);
    va_end(args);
    char what[128];
    size_t n = strlen(e->text);
    int more =
        snprintf(e->text + n, sizeof(e->text) - n, ": %s", strerror_r(saved, what, sizeof(what)));
    if (more < 0 || (size_t)more >= sizeof(e->text) - n)
        mark_cut(e->text, sizeof(e->text));
    errno = saved;
    return -1;
}

int fail_within(struct err *e, const char *format, ...)
{
    struct err inner = *e;
    va_list args;
    va_start(args, format);
    put(e, inner.class, format, args);
    va_end(args);
    size_t n = strlen(e->text);
    int more = snprintf(e->text + n, sizeof(e->text) - n, ": %s", inner.text);
    if (more < 0 || (size_t)more >= sizeof(e->text) - n)
        mark_cut(e->text, sizeof(e->text));
    return -1;
}
