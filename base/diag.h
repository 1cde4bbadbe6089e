#pragma once
/*
 * Diagnostics: what is wrong in a text an operator wrote (configuration, policy), where
 * (file:line:column), and what to do. A reader collects all of them in one run; the program prints
 * them at the end:
 *
 *     policy.yaml:14:19: error: team 'paymnts' does not exist
 *        14 |   - {team: paymnts, role: view, in: everything}
 *           |            ^^^^^^^
 *           = did you mean 'payments'?
 *
 * One set of diagnostics, one thread.
 */
#include "base/arena.h"
#include "base/buf.h"

struct source { /* a text with a name; kept as long as its diagnostics */
    const char *name;
    struct str text;
};
struct pos { /* 1-based; column counts characters (UTF-8 code points). line 0: no position, the file
                as a whole */
    const struct source *source;
    unsigned line, column;
    unsigned length; /* how many characters the caret underlines; 0 counts as 1 */
};
enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE };
struct diag {
    enum severity severity;
    struct pos pos;
    struct str message, hint; /* hint may be absent */
};
struct diags {
    struct arena *arena;
    struct diag *items;
    size_t n, cap, n_errors;
    size_t max; /* after so many the rest is only counted; default 100 */
    size_t n_dropped;
    bool last_kept; /* the diagnostic made last is in items, a hint has a place */
};
void diags_init(struct diags *d, struct arena *arena);
void diag_error(struct diags *d, struct pos pos, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void diag_warn(struct diags *d, struct pos pos, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds "= text" to the diagnostic made last. */
void diag_hint(struct diags *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The nearest of the names (Damerau-Levenshtein, at most a third of the length) becomes a "did you
 * mean" hint, if any. */
void diag_hint_nearest(struct diags *d, struct str wrong, const struct str *names, size_t n_names);
struct str nearest_name(struct str wrong, const struct str *names,
                        size_t n_names);                  /* STR_NONE if none is near */
void diags_print(const struct diags *d, struct buf *out); /* sorted by file and position */
