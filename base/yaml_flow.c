/* Reading: lists and maps in brackets. YAML 1.2.2, 7.4. */
#include "base/yaml_reader.h"

static bool read_flow_node(struct yaml_reader *r, size_t depth, struct yaml *ret);

/* To the next thing written inside of brackets that opened at `open`. */
static bool next_in_flow(struct yaml_reader *r, struct pos open)
{
    unsigned line = r->line;
    bool more = yaml_next_content(r);
    if (more && (r->line == line || (long)yaml_column(r) > r->indent))
        return true;
    if (more) {
        (void)yaml_wrong(r, "a closing bracket is missing, or this line must be indented more");
        diag_hint(r->d, "the opening one is in line %u, column %u", open.line, open.column);
        return false;
    }
    (void)yaml_wrong(r, "a closing bracket is missing");
    diag_hint(r->d, "the opening one is in line %u, column %u", open.line, open.column);
    return false;
}

/* A text in brackets; *ret_key: a ':' stands behind it, in the same line. */
static bool read_text(struct yaml_reader *r, struct yaml_scalar *ret)
{
    char c = yaml_peek(r, 0);
    if (!yaml_check_start(r))
        return false;
    if (c == ':' && yaml_is_flow(yaml_peek(r, 1)))
        return yaml_wrong(r, "a key is missing before ':'");
    return c == '"' || c == '\'' ? yaml_quoted(r, YAML_FLOW, r->indent, ret)
                                 : yaml_plain(r, YAML_FLOW, r->indent, ret);
}

/* A quoted key may have its value right behind the colon, as in JSON. */
static bool at_colon(const struct yaml_reader *r, bool quoted)
{
    char next = yaml_peek(r, 1);
    return yaml_peek(r, 0) == ':' && (quoted || yaml_is_gap(next) || yaml_is_flow(next));
}

static bool read_pair(struct yaml_reader *r, const struct yaml_scalar *key, size_t depth,
                      struct yaml_pair *ret)
{
    ret->key = key->text;
    ret->key_pos = key->pos;
    if (!yaml_check_key(r, key, depth))
        return false;
    if (!at_colon(r, key->quoted))
        return yaml_take_nothing(r, key->pos, depth, &ret->value);
    r->at++;
    if (!next_in_flow(r, key->pos))
        return false;
    char c = yaml_peek(r, 0);
    if (c == ',' || c == '}' || c == ']')
        return yaml_take_nothing(r, key->pos, depth, &ret->value);
    return read_flow_node(r, depth, &ret->value);
}

static bool no_key(struct yaml_reader *r, struct pos pos, bool map)
{
    diag_error(r->d, pos, "a key must be a text, not a list or a map");
    if (map)
        diag_hint(r->d, "a value that begins with { needs quotes if it is meant as text");
    return false;
}

static void skip_blanks(struct yaml_reader *r)
{
    while (yaml_is_blank(yaml_peek(r, 0)))
        r->at++;
}

/* An entry of a list: a node, or one pair, which is a map of its own. */
static bool read_entry(struct yaml_reader *r, size_t depth, struct yaml *ret)
{
    struct yaml_scalar s;
    struct yaml_pair pair;
    char c = yaml_peek(r, 0);
    if (c == '[' || c == '{') {
        struct pos pos = yaml_pos(r, r->at, r->at + 1);
        if (!yaml_flow(r, depth, ret))
            return false;
        skip_blanks(r);
        return !at_colon(r, true) || no_key(r, pos, c == '{');
    }
    if (!read_text(r, &s))
        return false;
    if (!s.key)
        return yaml_take_scalar(r, &s, depth, ret);
    size_t from = r->stack_n;
    *ret = (struct yaml){.kind = YAML_MAP, .pos = s.pos};
    if (!yaml_enter(r, ret->pos, depth) || !read_pair(r, &s, depth + 1, &pair))
        return false;
    memcpy(yaml_push(r, sizeof(pair)), &pair, sizeof(pair));
    return yaml_keep(r, from, ret);
}

static bool read_flow_pair(struct yaml_reader *r, size_t depth, struct yaml_pair *ret)
{
    struct yaml_scalar s;
    char c = yaml_peek(r, 0);
    if (c == '[' || c == '{')
        return no_key(r, yaml_pos(r, r->at, r->at + 1), c == '{');
    return read_text(r, &s) && read_pair(r, &s, depth, ret);
}

static bool read_flow_node(struct yaml_reader *r, size_t depth, struct yaml *ret)
{
    struct yaml_scalar s;
    char c = yaml_peek(r, 0);
    if (c == '[' || c == '{')
        return yaml_flow(r, depth, ret);
    if (!read_text(r, &s))
        return false;
    if (s.key)
        return yaml_wrong(r, "a nested mapping cannot begin here: a comma or a bracket is missing");
    return yaml_take_scalar(r, &s, depth, ret);
}

/* Behind an entry: ',' or the bracket that closes. */
static bool end_entry(struct yaml_reader *r, const struct yaml *flow, bool *ret_closed)
{
    char close = flow->kind == YAML_LIST ? ']' : '}';
    if (!next_in_flow(r, flow->pos))
        return false;
    char c = yaml_peek(r, 0);
    *ret_closed = c == close;
    if (c == ',' || c == close) {
        r->at++;
        return true;
    }
    if (c == ']' || c == '}')
        return yaml_wrong(r, "mismatched brackets: '%c' is expected, which closes line %u", close,
                          flow->pos.line);
    return yaml_wrong(r, "a comma or '%c' is missing before this", close);
}

bool yaml_flow(struct yaml_reader *r, size_t depth, struct yaml *ret)
{
    size_t from = r->stack_n;
    bool closed = false;
    *ret = (struct yaml){.kind = yaml_peek(r, 0) == '[' ? YAML_LIST : YAML_MAP,
                         .pos = yaml_pos(r, r->at, r->at + 1)};
    if (!yaml_enter(r, ret->pos, depth))
        return false;
    r->at++;
    while (!closed) {
        struct yaml item;
        struct yaml_pair pair;
        if (!next_in_flow(r, ret->pos))
            return false;
        char c = yaml_peek(r, 0);
        if (c == (ret->kind == YAML_LIST ? ']' : '}')) {
            r->at++;
            break;
        }
        if (c == ',')
            return yaml_wrong(r, "nothing stands before this comma");
        if (c == ']' || c == '}')
            return end_entry(r, ret, &closed);
        if (ret->kind == YAML_LIST) {
            if (!read_entry(r, depth + 1, &item))
                return false;
            memcpy(yaml_push(r, sizeof(item)), &item, sizeof(item));
        } else {
            if (!read_flow_pair(r, depth + 1, &pair))
                return false;
            memcpy(yaml_push(r, sizeof(pair)), &pair, sizeof(pair));
        }
        if (!end_entry(r, ret, &closed))
            return false;
    }
    return yaml_keep(r, from, ret);
}
