#pragma once
/*
 * Configuration keys as rows: one row says name, type, default, range and text of a key, and the
 * reader, the sample, the manual page and the reference are made from it. Pure but for nothing: no
 * files are opened here. The thread that (re)loads.
 */
#include "base/yaml.h"

enum row_kind {
    ROW_TEXT,     /* struct str */
    ROW_TEXTS,    /* struct texts; a list, or one text alone */
    ROW_PATH,     /* struct str, made relative to the configuration's folder */
    ROW_DURATION, /* int64_t, milliseconds */
    ROW_NUMBER,   /* int64_t */
    ROW_FLAG,     /* bool */
    ROW_CHOICE,   /* int: which of the choices */
    ROW_LATER,    /* a list that has a reader of its own */
};
enum row_need { MAY, MUST };
struct texts {
    struct str *items;
    const struct yaml *node; /* for positions */
    size_t n;
};
struct config_row {
    const char *section, *name; /* section "" stands at the top */
    enum row_kind kind;
    enum row_need need;
    size_t offset;
    const char *fallback; /* as it would be written; NULL: absent */
    int64_t least, most;  /* numbers; durations in ms */
    const char *choices;  /* "a|b|c" */
    const char *example, *help;
};
struct row_table {
    const struct config_row *rows;
    size_t n;
};
struct row_reader {
    struct arena *arena;
    struct diags *diags;
    struct str folder; /* of the configuration file, without the last slash */
};

/* Reads all sections of the map into *to (zeroed by the caller): unknown keys, wrong types, values
   out of range and missing keys are diagnostics. */
void rows_read(const struct row_reader *r, const struct yaml *map, const struct row_table *table,
               void *to);
struct str path_resolve(struct arena *a, struct str folder, struct str path);
/* Which choice a text is; -1: none. */
int choice_index(const char *choices, struct str text);
