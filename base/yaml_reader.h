#pragma once
/*
 * Inside of the YAML reader: one pass over the text, one character of look-ahead. The text is
 * copied once; a scalar is the piece of the copy where it stands, unescaped and unfolded in place
 * (what comes out is never longer than what was written), with a NUL over the character behind it.
 * Only for base/yaml*.c. One thread.
 */
#include "base/yaml.h"

struct yaml_reader {
    const struct source *source;
    const char *p; /* the text, as it came */
    size_t n;
    size_t at; /* the next character */
    size_t line_start;
    unsigned line;
    char *copy;  /* the text once more: what the tree's texts are made of */
    bool ascii;  /* a column is a byte */
    long indent; /* of what the outermost bracket is in */
    size_t counted_at;
    unsigned counted; /* the column of counted_at, when that is in this line */
    struct arena *nodes;
    const struct yaml_limits *limits;
    struct diags *d;
    size_t n_nodes;
    char *stack; /* items of the lists and maps that are still open */
    size_t stack_n, stack_cap;
};
struct yaml_scalar {
    struct pos pos;
    struct str text;
    bool quoted, key, many_lines; /* key: it is followed by ':' */
};

static inline char yaml_peek(const struct yaml_reader *r, size_t ahead)
{
    return r->at + ahead < r->n ? r->p[r->at + ahead] : '\0';
}
static inline bool yaml_is_blank(char c)
{
    return c == ' ' || c == '\t';
}
static inline bool yaml_is_end(char c) /* of a line, or of the text */
{
    return c == '\n' || c == '\r' || c == '\0';
}
static inline bool yaml_is_gap(char c)
{
    return yaml_is_blank(c) || yaml_is_end(c);
}
static inline bool yaml_is_flow(char c)
{
    return c == ',' || c == '[' || c == ']' || c == '{' || c == '}';
}
static inline size_t yaml_column(const struct yaml_reader *r)
{
    return r->at - r->line_start;
}

/* --- yaml.c */
/* The place of the bytes from..to, which begin in this line. */
struct pos yaml_pos(struct yaml_reader *r, size_t from, size_t to);
/* An error at this character; always false. */
bool yaml_wrong(struct yaml_reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Behind the line's end. */
void yaml_next_line(struct yaml_reader *r);
/* "---" or "..." at the beginning of a line */
bool yaml_at_marker(const struct yaml_reader *r);
/* To the next thing written, over blanks, comments and lines. False: the end of the text or a
 * marker. */
bool yaml_next_content(struct yaml_reader *r);
/* One node more. False: a limit. */
bool yaml_enter(struct yaml_reader *r, struct pos pos, size_t depth);
/* What stands here is none of the refused things: anchors, tags, complex keys. */
bool yaml_check_start(struct yaml_reader *r);
void *yaml_push(struct yaml_reader *r, size_t size);
/* The items pushed since `from` become the node's. */
bool yaml_keep(struct yaml_reader *r, size_t from, struct yaml *ret);
bool yaml_check_key(struct yaml_reader *r, const struct yaml_scalar *key, size_t depth);
/* The scalar behind a key, or in a list. */
bool yaml_take_scalar(struct yaml_reader *r, const struct yaml_scalar *s, size_t depth,
                      struct yaml *ret);
/* Nothing was written: it stands where `pos` says. */
bool yaml_take_nothing(struct yaml_reader *r, struct pos pos, size_t depth, struct yaml *ret);

/* --- yaml_text.c */
/* A further key of a map stands in one line; the further lines of everything else are indented by
 * more than `indent`. */
enum yaml_context { YAML_BLOCK, YAML_BLOCK_KEY, YAML_FLOW };
bool yaml_plain(struct yaml_reader *r, enum yaml_context context, long indent,
                struct yaml_scalar *ret);
bool yaml_quoted(struct yaml_reader *r, enum yaml_context context, long indent,
                 struct yaml_scalar *ret);
/* '|' or '>' */
bool yaml_block_text(struct yaml_reader *r, long indent, struct yaml_scalar *ret);

/* --- yaml_flow.c: '[' or '{' */
bool yaml_flow(struct yaml_reader *r, size_t depth, struct yaml *ret); /* r->indent is set */
