/* Reading: the document and its block structure, where the column of a line says what it belongs
 * to. YAML 1.2.2, chapter 8. */
#include "base/yaml.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/words.h"
#include "base/yaml_reader.h"
#include "base/yaml_scan.h"

static void reader_fini(struct yaml_reader *r)
{
    mem_free(r->stack);
}
#define auto_reader struct yaml_reader __attribute__((cleanup(reader_fini)))

/* --- places */

static unsigned column_of(struct yaml_reader *r, size_t from)
{
    if (r->ascii)
        return (unsigned)(from - r->line_start) + 1;
    if (r->counted_at < r->line_start || r->counted_at > from) {
        r->counted_at = r->line_start;
        r->counted = 1;
    }
    r->counted += yaml_scan_characters(r->p + r->counted_at, from - r->counted_at);
    r->counted_at = from;
    return r->counted;
}

struct pos yaml_pos(struct yaml_reader *r, size_t from, size_t to)
{
    unsigned length =
        r->ascii ? (unsigned)(to - from) : yaml_scan_characters(r->p + from, to - from);
    return (struct pos){r->source, r->line, column_of(r, from), length};
}

bool yaml_wrong(struct yaml_reader *r, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    bool at_end = r->at >= r->n;
    if (at_end && r->n > 0 && r->at == r->line_start) { /* behind the last line nothing is shown */
        size_t from = r->n - 1;
        r->line--;
        while (from > 0 && r->p[from - 1] != '\n')
            from--;
        r->line_start = from;
        r->at = r->n - 1;
        at_end = false;
    }
    diag_error(r->d, yaml_pos(r, r->at, at_end ? r->at : r->at + 1), "%s", text);
    return false;
}

static bool too_large(struct yaml_reader *r)
{
    diag_error(r->d, (struct pos){.source = r->source},
               "the file is larger than the memory set aside for it");
    return false;
}

/* --- lines */

void yaml_next_line(struct yaml_reader *r)
{
    if (yaml_peek(r, 0) == '\r')
        r->at++;
    if (r->at < r->n)
        r->at++;
    r->line++;
    r->line_start = r->at;
}

bool yaml_at_marker(const struct yaml_reader *r)
{
    char c = yaml_peek(r, 0);
    return r->at == r->line_start && (c == '-' || c == '.') && yaml_peek(r, 1) == c &&
           yaml_peek(r, 2) == c && yaml_is_gap(yaml_peek(r, 3));
}

static void skip_blanks(struct yaml_reader *r)
{
    while (yaml_is_blank(yaml_peek(r, 0)))
        r->at++;
}

static bool at_comment(const struct yaml_reader *r)
{
    return yaml_peek(r, 0) == '#' && (r->at == r->line_start || yaml_is_blank(r->p[r->at - 1]));
}

static void skip_comment(struct yaml_reader *r)
{
    const char *end = memchr(r->p + r->at, '\n', r->n - r->at);
    r->at = end ? (size_t)(end - r->p) : r->n;
}

bool yaml_next_content(struct yaml_reader *r)
{
    if (yaml_peek(r, 0) > '-') /* mostly something stands right here */
        return !yaml_at_marker(r);
    for (;;) {
        skip_blanks(r);
        if (at_comment(r))
            skip_comment(r);
        if (r->at >= r->n)
            return false;
        if (!yaml_is_end(r->p[r->at]))
            return !yaml_at_marker(r);
        yaml_next_line(r);
    }
}

/* Behind a value there is nothing but a comment in its line. */
static bool end_line(struct yaml_reader *r)
{
    skip_blanks(r);
    if (at_comment(r))
        skip_comment(r);
    if (yaml_is_end(yaml_peek(r, 0)))
        return true;
    if (yaml_peek(r, 0) == ':' && yaml_is_gap(yaml_peek(r, 1)))
        return yaml_wrong(r, "a nested block mapping cannot begin in this line");
    return yaml_wrong(r, "something stands behind the end of the value");
}

/* --- nodes */

bool yaml_enter(struct yaml_reader *r, struct pos pos, size_t depth)
{
    if (depth > r->limits->max_depth) {
        diag_error(r->d, pos, "nested more than %zu levels deep", r->limits->max_depth);
        return false;
    }
    if (++r->n_nodes > r->limits->max_nodes) {
        diag_error(r->d, pos, "more than %zu values in one file", r->limits->max_nodes);
        return false;
    }
    return true;
}

void *yaml_push(struct yaml_reader *r, size_t size)
{
    if (r->stack_n + size > r->stack_cap) {
        r->stack_cap = r->stack_cap ? r->stack_cap * 2 : (size_t)16 << 10;
        r->stack = mem_realloc(r->stack, r->stack_cap);
    }
    r->stack_n += size;
    return r->stack + r->stack_n - size;
}

static bool twice(struct yaml_reader *r, const struct yaml_pair *first,
                  const struct yaml_pair *second)
{
    diag_error(r->d, second->key_pos, "the key '%.*s' stands twice", STR_F(second->key));
    diag_hint(r->d, "it is already in line %u", first->key_pos.line);
    return false;
}

#define FEW_KEYS 12 /* up to so many are compared each with each */

static bool check_duplicates(struct yaml_reader *r, const struct yaml *map)
{
    bool good = true;
    if (map->n <= FEW_KEYS) {
        for (size_t i = 1; i < map->n; i++)
            for (size_t k = 0; k < i; k++)
                if (str_eq(map->pairs[i].key, map->pairs[k].key)) {
                    good = twice(r, &map->pairs[k], &map->pairs[i]);
                    break;
                }
        return good;
    }
    auto_arena scratch = {0};
    arena_init(&scratch, ARENA_NO_MAX);
    struct intern keys = {.arena = &scratch};
    size_t *first = ARENA_ARRAY(&scratch, map->n, size_t);
    for (size_t i = 0; i < map->n; i++) {
        size_t before = keys.n;
        uint32_t id = intern_add(&keys, map->pairs[i].key);
        if (keys.n > before)
            first[id] = i;
        else
            good = twice(r, &map->pairs[first[id]], &map->pairs[i]);
    }
    return good;
}

bool yaml_keep(struct yaml_reader *r, size_t from, struct yaml *ret)
{
    size_t bytes = r->stack_n - from;
    /* an empty one in front of all others: there is no stack yet, and none is pointed into */
    void *kept = arena_copy(r->nodes, bytes ? r->stack + from : NULL, bytes);
    if (!kept)
        return too_large(r);
    r->stack_n = from;
    if (ret->kind == YAML_LIST) {
        ret->items = kept;
        ret->n = bytes / sizeof(*ret->items);
        return true;
    }
    ret->pairs = kept;
    ret->n = bytes / sizeof(*ret->pairs);
    return check_duplicates(r, ret);
}

bool yaml_take_scalar(struct yaml_reader *r, const struct yaml_scalar *s, size_t depth,
                      struct yaml *ret)
{
    *ret = (struct yaml){.kind = YAML_SCALAR, .pos = s->pos, .text = s->text, .quoted = s->quoted};
    return yaml_enter(r, s->pos, depth);
}

bool yaml_take_nothing(struct yaml_reader *r, struct pos pos, size_t depth, struct yaml *ret)
{
    *ret = (struct yaml){.kind = YAML_SCALAR, .pos = pos, .text = STR("")};
    return yaml_enter(r, pos, depth);
}

/* An error about the whole word that stands here; always false. */
static bool wrong_word(struct yaml_reader *r, const char *what)
{
    size_t n = 1;
    while (!yaml_is_gap(yaml_peek(r, n)) && !yaml_is_flow(yaml_peek(r, n)))
        n++;
    diag_error(r->d, yaml_pos(r, r->at, r->at + n), "%s are not allowed", what);
    return false;
}

bool yaml_check_start(struct yaml_reader *r)
{
    char c = yaml_peek(r, 0);
    if (c == '&' || c == '*') {
        (void)wrong_word(r, "anchors (&) and aliases (*)");
        diag_hint(r->d, "write the value out, or in quotes if it begins with & or *");
        return false;
    }
    if (c == '!') {
        (void)wrong_word(r, "tags (!)");
        diag_hint(r->d, "remove it, or put the value in quotes if it begins with !");
        return false;
    }
    if (c == '?' && yaml_is_gap(yaml_peek(r, 1))) {
        (void)yaml_wrong(r, "complex keys (?) are not allowed: a key must be a text before ':'");
        return false;
    }
    if (c == ':' && yaml_is_gap(yaml_peek(r, 1)))
        return yaml_wrong(r, "a key is missing before ':'");
    return true;
}

bool yaml_check_key(struct yaml_reader *r, const struct yaml_scalar *key, size_t depth)
{
    if (!yaml_enter(r, key->pos, depth))
        return false;
    if (key->text.n == 0) {
        diag_error(r->d, key->pos, "a key is missing before ':'");
        return false;
    }
    if (key->many_lines) {
        diag_error(r->d, key->pos, "a key must stand on one line");
        diag_hint(r->d, "is a comma or a closing bracket missing before it?");
        return false;
    }
    if (!key->quoted && str_is(key->text, "<<")) {
        diag_error(r->d, key->pos, "merge keys (<<) are not allowed");
        diag_hint(r->d, "write the values out");
        return false;
    }
    return true;
}

/* --- block structure */

static bool read_block(struct yaml_reader *r, long indent, size_t depth, struct yaml *ret);

static bool at_dash(const struct yaml_reader *r)
{
    return yaml_peek(r, 0) == '-' && yaml_is_gap(yaml_peek(r, 1));
}

static bool wrong_indent(struct yaml_reader *r)
{
    (void)yaml_wrong(r, "the indentation fits nothing above");
    diag_hint(r->d, "what belongs together begins in the same column");
    return false;
}

/* "- a", "-", and the lines that begin with a dash in the same column */
static bool read_list(struct yaml_reader *r, size_t depth, struct yaml *ret)
{
    size_t column = yaml_column(r), from = r->stack_n;
    *ret = (struct yaml){.kind = YAML_LIST, .pos = yaml_pos(r, r->at, r->at)};
    if (!yaml_enter(r, ret->pos, depth))
        return false;
    for (;;) {
        struct yaml item;
        unsigned line = r->line;
        r->at++;
        while (yaml_peek(r, 0) == ' ')
            r->at++;
        if (yaml_peek(r, 0) == '\t')
            return yaml_wrong(r, "a tab behind '-': write a space");
        bool more = yaml_next_content(r);
        bool written = more && (r->line == line || yaml_column(r) > column);
        if (!(written ? read_block(r, (long)column, depth + 1, &item)
                      : yaml_take_nothing(r, ret->pos, depth + 1, &item)))
            return false;
        memcpy(yaml_push(r, sizeof(item)), &item, sizeof(item));
        more = yaml_next_content(r);
        if (!more || yaml_column(r) < column || (yaml_column(r) == column && !at_dash(r)))
            return yaml_keep(r, from, ret);
        if (yaml_column(r) > column)
            return wrong_indent(r);
    }
}

/* One scalar, '[', '{', '|' or '>', with nothing behind it. */
static bool read_inline(struct yaml_reader *r, long indent, size_t depth, struct yaml *ret)
{
    struct yaml_scalar s;
    char c = yaml_peek(r, 0);
    r->indent = indent;
    if (c == '[' || c == '{')
        return yaml_flow(r, depth, ret) && end_line(r);
    if (c == '|' || c == '>')
        return yaml_block_text(r, indent, &s) && yaml_take_scalar(r, &s, depth, ret);
    if (c == '"' || c == '\'')
        return yaml_quoted(r, YAML_BLOCK, indent, &s) && end_line(r) &&
               yaml_take_scalar(r, &s, depth, ret);
    if (at_dash(r))
        return yaml_wrong(r, "a list cannot begin here: write it in the next line");
    return yaml_check_start(r) && yaml_plain(r, YAML_BLOCK, indent, &s) && end_line(r) &&
           yaml_take_scalar(r, &s, depth, ret);
}

/* What stands behind "key:", in its line or below. */
static bool read_value(struct yaml_reader *r, size_t column, size_t depth, struct yaml_pair *pair)
{
    skip_blanks(r);
    if (!yaml_is_end(yaml_peek(r, 0)) && !at_comment(r))
        return read_inline(r, (long)column, depth, &pair->value);
    if (!yaml_next_content(r))
        return yaml_take_nothing(r, pair->key_pos, depth, &pair->value);
    if (yaml_column(r) > column)
        return read_block(r, (long)column, depth, &pair->value);
    if (yaml_column(r) == column && at_dash(r))
        return read_list(r, depth, &pair->value);
    return yaml_take_nothing(r, pair->key_pos, depth, &pair->value);
}

/* The further keys of a map: one line each, and a ':' behind it */
static bool read_key(struct yaml_reader *r, struct yaml_scalar *ret)
{
    char c = yaml_peek(r, 0);
    if (c == '[' || c == '{') {
        (void)yaml_wrong(r, "a key must be a text, not a list or a map");
        return false;
    }
    if (!yaml_check_start(r))
        return false;
    if (!(c == '"' || c == '\'' ? yaml_quoted(r, YAML_BLOCK, 0, ret)
                                : yaml_plain(r, YAML_BLOCK_KEY, 0, ret)))
        return false;
    if (ret->key)
        return true;
    diag_error(r->d, ret->pos, "a ':' is missing behind this key");
    return false;
}

static bool read_map(struct yaml_reader *r, size_t column, size_t depth, struct yaml_scalar *key,
                     struct yaml *ret)
{
    size_t from = r->stack_n;
    *ret = (struct yaml){.kind = YAML_MAP, .pos = key->pos};
    ret->pos.length = 0;
    if (!yaml_enter(r, ret->pos, depth))
        return false;
    for (;;) {
        struct yaml_pair pair;
        if (!yaml_check_key(r, key, depth + 1))
            return false;
        pair.key = key->text;
        pair.key_pos = key->pos;
        r->at++; /* ':' */
        if (!read_value(r, column, depth + 1, &pair))
            return false;
        memcpy(yaml_push(r, sizeof(pair)), &pair, sizeof(pair));
        if (!yaml_next_content(r) || yaml_column(r) < column)
            return yaml_keep(r, from, ret);
        if (yaml_column(r) > column || at_dash(r))
            return wrong_indent(r);
        if (!read_key(r, key))
            return false;
    }
}

static bool at_bracket(const struct yaml_reader *r)
{
    return yaml_peek(r, 0) == '[' || yaml_peek(r, 0) == '{';
}

/* A bracket that begins a line: no key may begin with it. */
static bool read_brackets(struct yaml_reader *r, long indent, size_t depth, struct yaml *ret)
{
    r->indent = indent;
    if (!yaml_flow(r, depth, ret))
        return false;
    skip_blanks(r);
    if (yaml_peek(r, 0) != ':' || !yaml_is_gap(yaml_peek(r, 1)))
        return end_line(r);
    diag_error(r->d, ret->pos, "a key must be a text, not a list or a map");
    if (ret->kind == YAML_MAP)
        diag_hint(r->d, "a value that begins with { needs quotes if it is meant as text");
    return false;
}

/* Whatever begins at this character, its first line being its own. */
static bool read_block(struct yaml_reader *r, long indent, size_t depth, struct yaml *ret)
{
    size_t column = yaml_column(r);
    struct yaml_scalar s;
    char c = yaml_peek(r, 0);
    if (at_dash(r))
        return read_list(r, depth, ret);
    if (at_bracket(r))
        return read_brackets(r, indent, depth, ret);
    if (c == '|' || c == '>')
        return read_inline(r, indent, depth, ret);
    if (!yaml_check_start(r))
        return false;
    if (!(c == '"' || c == '\'' ? yaml_quoted(r, YAML_BLOCK, indent, &s)
                                : yaml_plain(r, YAML_BLOCK, indent, &s)))
        return false;
    if (s.key)
        return read_map(r, column, depth, &s, ret);
    return end_line(r) && yaml_take_scalar(r, &s, depth, ret);
}

/* --- the document */

static bool is_left_out(const struct yaml *y)
{
    return y->kind == YAML_SCALAR && !y->quoted && y->text.n == 0;
}

/* Behind the document: "..." and comments. */
static bool read_rest(struct yaml_reader *r)
{
    if (yaml_next_content(r))
        return wrong_indent(r);
    if (r->at >= r->n)
        return true;
    while (yaml_at_marker(r) && yaml_peek(r, 0) == '.') {
        r->at += 3;
        if (!end_line(r))
            return false;
        if (!yaml_next_content(r) && r->at >= r->n)
            return true;
    }
    return yaml_wrong(r, "a second document begins here; one file is one document");
}

static bool read_document(struct yaml_reader *r, struct yaml *ret)
{
    struct pos start = {r->source, 1, 1, 1};
    *ret = (struct yaml){.kind = YAML_MAP, .pos = start};
    bool more = yaml_next_content(r), marked = !more && yaml_peek(r, 0) == '-';
    if (!more && r->at >= r->n)
        return true;
    if (!more && !marked)
        return yaml_wrong(r, "the document ends before it begins");
    unsigned line = r->line;
    if (marked) {
        r->at += 3;
        more = yaml_next_content(r);
    }
    if (more && marked && r->line == line) {
        if (!read_inline(r, -1, 1, ret))
            return false;
    } else if (more && !read_block(r, -1, 1, ret)) {
        return false;
    }
    if (is_left_out(ret))
        *ret = (struct yaml){.kind = YAML_MAP, .pos = start};
    return read_rest(r);
}

/* The copy is ours to write: it came out of the arena just now. */
static char *texts_of(struct str copy)
{
    union {
        const char *given;
        char *ours;
    } p = {copy.p};
    return p.ours;
}

const struct yaml *yaml_read_apart(struct arena *nodes, struct arena *texts,
                                   const struct source *source, const struct yaml_limits *limits,
                                   struct diags *d)
{
    struct str text = source->text;
    auto_reader r = {.source = source,
                     .p = text.p,
                     .n = text.n,
                     .line = 1,
                     .counted = 1,
                     .nodes = nodes,
                     .limits = limits,
                     .d = d};
    if (text.n > limits->max_bytes) {
        diag_error(d, (struct pos){.source = source}, "%zu bytes: more than the %zu allowed",
                   text.n, limits->max_bytes);
        return NULL;
    }
    if (!yaml_scan(source, d, &r.ascii))
        return NULL;
    struct yaml *root = ARENA_NEW(nodes, struct yaml);
    struct str copy = arena_str(texts, text);
    if (!root || !copy.p) {
        (void)too_large(&r);
        return NULL;
    }
    r.copy = texts_of(copy);
    return read_document(&r, root) ? root : NULL;
}

const struct yaml *yaml_read(struct arena *a, const struct source *source,
                             const struct yaml_limits *limits, struct diags *d)
{
    return yaml_read_apart(a, a, source, limits, d);
}
