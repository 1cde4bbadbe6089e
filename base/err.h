#pragma once
/*
 * Failures, the second of our two classes of return (STYLE: errors, two classes, never mixed).
 *
 * A *failure* is what the caller cannot handle by itself: a back end, the system, the
 * configuration, a bug. Such a function returns int, 0 or -1, and writes one sentence into struct
 * err: what is wrong, where, and what to do. An *outcome* (wrong password, code replayed) is an
 * enum of its family and never travels in here.
 *
 * Any thread; a struct err belongs to its caller.
 */
#include <stdarg.h>

enum err_class {
    ERR_NONE,
    ERR_SYSTEM,  /* a system call failed; the text carries strerror */
    ERR_BACKEND, /* directory, store, API server, gateway: not reachable or answering nonsense */
    ERR_CONFIG,  /* what an operator wrote is wrong; the text carries file:line:column */
    ERR_INPUT,   /* what a peer sent is wrong */
    ERR_LIMIT,   /* a ceiling was reached */
    ERR_BUG,     /* cannot happen */
};

struct err {
    enum err_class class;
    char text[768];
};

#define must_check __attribute__((warn_unused_result))

/* Writes class and text, returns -1, so that a guard reads `return fail(e, ...)`. A longer text is
 * cut, and control characters in it become spaces. */
int fail(struct err *e, enum err_class class, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));
/* The same with ": strerror(errno)" behind it and class ERR_SYSTEM. */
int fail_errno(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3), cold));
/* Puts "prefix: " before what is already there; returns -1. */
int fail_within(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3), cold));
