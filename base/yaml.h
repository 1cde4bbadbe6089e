#pragma once
/*
 * The YAML edge: a strict subset of YAML 1.2 becomes a tree with positions. Refused, each with its
 * place: anchors, aliases, tags, merge keys, duplicate keys, complex keys, several documents, tabs
 * as indentation, a BOM, invalid UTF-8, control and bidi characters, and everything beyond the
 * limits. Scalars stay text; what a text means its reader decides.
 */
#include "base/diag.h"

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };
struct yaml_pair;
struct yaml {
    struct pos pos;
    struct str text; /* scalar; a NUL stands behind it */
    enum yaml_kind kind;
    bool quoted; /* scalar was quoted: "true" is then a text, never a flag */
    size_t n;    /* items of a list, pairs of a map */
    union {
        struct yaml *items;      /* list */
        struct yaml_pair *pairs; /* map, in the order of the text */
    };
};
struct yaml_pair {
    struct str key;
    struct pos key_pos;
    struct yaml value;
};
struct yaml_limits {
    size_t max_bytes, max_depth, max_nodes;
};
#define YAML_LIMITS_DEFAULT ((struct yaml_limits){(size_t)1 << 20, 32, 200000})

/* NULL when the text is not acceptable: the reasons are in d. An empty document is an empty map. */
const struct yaml *yaml_read(struct arena *a, const struct source *source,
                             const struct yaml_limits *limits, struct diags *d);
/* The tree itself in `nodes`, which may end as soon as the tree is no longer looked at; its texts
 * in `texts`. */
const struct yaml *yaml_read_apart(struct arena *nodes, struct arena *texts,
                                   const struct source *source, const struct yaml_limits *limits,
                                   struct diags *d);
const struct yaml *yaml_get(const struct yaml *map, struct str key); /* NULL: absent or not a map */
bool yaml_is_null(const struct yaml *y); /* absent value, ~ or null, unquoted */

/* Typed readers: a wrong type is a diagnostic at the node and false; the output is then untouched.
 */
bool yaml_to_str(const struct yaml *y, struct str *ret, struct diags *d);
bool yaml_to_bool(const struct yaml *y, bool *ret, struct diags *d); /* true | false only */
bool yaml_to_i64(const struct yaml *y, int64_t least, int64_t most, int64_t *ret, struct diags *d);
bool yaml_to_duration(const struct yaml *y, int64_t *ret_ms, struct diags *d);
/* Every key of map must be one of names; others are errors with "did you mean". */
bool yaml_check_keys(const struct yaml *map, const struct str *names, size_t n_names,
                     struct diags *d);
