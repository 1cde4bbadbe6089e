#include "policy/rbac/selector.h"

#include <stdlib.h>

#define LABEL_NAME_MAX   63
#define LABEL_PREFIX_MAX 253

/* --- what a label may be (apimachinery/pkg/util/validation) */

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_label_name(struct str s)
{
    if (s.n == 0 || s.n > LABEL_NAME_MAX || !is_alphanumeric(s.p[0]) ||
        !is_alphanumeric(s.p[s.n - 1]))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_alphanumeric(s.p[i]) && s.p[i] != '-' && s.p[i] != '_' && s.p[i] != '.')
            return false;
    return true;
}

/* small letters, digits, '-', in parts between dots */
bool is_subdomain(struct str s)
{
    struct str part;
    if (s.n == 0 || s.n > LABEL_PREFIX_MAX || s.p[s.n - 1] == '.')
        return false;
    while (str_next(&s, '.', &part)) {
        if (part.n == 0 || part.p[0] == '-' || part.p[part.n - 1] == '-')
            return false;
        for (size_t i = 0; i < part.n; i++)
            if (part.p[i] != '-' &&
                (!is_alphanumeric(part.p[i]) || (part.p[i] >= 'A' && part.p[i] <= 'Z')))
                return false;
    }
    return true;
}

bool is_label_key(struct str s)
{
    struct str prefix, name = s;
    if (str_split(s, '/', &prefix, &name) && !is_subdomain(prefix))
        return false;
    return is_label_name(name);
}

bool is_label_value(struct str s)
{
    return s.n == 0 || is_label_name(s);
}

/* --- making one */

static bool takes_values(enum selector_op op)
{
    return op == SELECTOR_IN || op == SELECTOR_NOT_IN;
}

int selector_add(struct selector *s, const struct selector_requirement *r, struct arena *a,
                 struct err *e)
{
    if (!is_label_key(r->key))
        return fail(e, ERR_INPUT, "selector: '%.*s' cannot be the name of a label", STR_F(r->key));
    if (takes_values(r->op) && r->values.n == 0)
        return fail(e, ERR_INPUT, "selector: '%.*s': In and NotIn need values", STR_F(r->key));
    if (!takes_values(r->op) && r->values.n > 0)
        return fail(e, ERR_INPUT, "selector: '%.*s': Exists and DoesNotExist take no values",
                    STR_F(r->key));
    for (size_t i = 0; i < r->values.n; i++)
        if (!is_label_value(r->values.items[i]))
            return fail(e, ERR_INPUT, "selector: '%.*s' cannot be the value of a label",
                        STR_F(r->values.items[i]));
    struct selector_requirement *slot = ARENA_PUSH(a, s);
    if (!slot)
        return fail(e, ERR_LIMIT, "selector: too long");
    *slot = *r;
    slot->values = strs_sorted(a, r->values);
    return 0;
}

/* --- the text form:
 *     selector    = [requirement *("," requirement)]
 *     requirement = "!" key / key [("=" / "==" / "!=") [value] / ("in" / "notin") "(" values ")"]
 *     values      = [value] *("," [value])                  ; an empty value is a value
 */

struct scan {
    struct str rest;
    struct arena *arena;
};

static void skip_space(struct scan *c)
{
    c->rest = str_trim(c->rest);
}

static bool take_char(struct scan *c, char wanted)
{
    skip_space(c);
    if (c->rest.n == 0 || c->rest.p[0] != wanted)
        return false;
    c->rest = str_from_to(c->rest, 1, c->rest.n);
    return true;
}

/* Up to the next character that means something; may be empty. */
static struct str take_word(struct scan *c)
{
    skip_space(c);
    size_t n = 0;
    while (n < c->rest.n && !memchr(" \t\r\n,()=!<>", c->rest.p[n], 11))
        n++;
    struct str word = {c->rest.p, n};
    c->rest = str_from_to(c->rest, n, c->rest.n);
    return word;
}

static int unexpected(const struct scan *c, const char *wanted, struct err *e)
{
    struct str rest = str_trim(c->rest);
    if (rest.n == 0)
        return fail(e, ERR_INPUT, "selector: it ends where %s is needed", wanted);
    if (rest.p[0] == '<' || rest.p[0] == '>')
        return fail(e, ERR_INPUT, "selector: > and < are not known in selectors of objects");
    return fail(e, ERR_INPUT, "selector: '%.*s' where %s is needed", STR_F(rest), wanted);
}

struct values {
    struct str *items;
    size_t n, cap;
};

static int take_values(struct scan *c, struct selector_requirement *r, struct err *e)
{
    struct values values = {0};
    if (!take_char(c, '('))
        return unexpected(c, "'('", e);
    do {
        struct str *slot = ARENA_PUSH(c->arena, &values);
        if (!slot)
            return fail(e, ERR_LIMIT, "selector: too long");
        *slot = take_word(c);
    } while (take_char(c, ','));
    if (!take_char(c, ')'))
        return unexpected(c, "',' or ')'", e);
    r->values = (struct strs){values.items, values.n};
    return 0;
}

static int take_one_value(struct scan *c, struct selector_requirement *r, struct err *e)
{
    struct str *value = ARENA_NEW(c->arena, struct str);
    if (!value)
        return fail(e, ERR_LIMIT, "selector: too long");
    *value = take_word(c);
    r->values = (struct strs){value, 1};
    return 0;
}

static int take_requirement(struct scan *c, struct selector_requirement *r, struct err *e)
{
    bool negated = take_char(c, '!');
    r->key = take_word(c);
    r->op = negated ? SELECTOR_NOT_EXISTS : SELECTOR_EXISTS;
    if (r->key.n == 0)
        return unexpected(c, "the name of a label", e);
    skip_space(c);
    if (negated || c->rest.n == 0 || c->rest.p[0] == ',')
        return 0;
    if (take_char(c, '!')) {
        r->op = SELECTOR_NOT_IN;
        return take_char(c, '=') ? take_one_value(c, r, e) : unexpected(c, "'!='", e);
    }
    if (take_char(c, '=')) {
        r->op = SELECTOR_IN;
        if (c->rest.n > 0 && c->rest.p[0] == '=')
            c->rest = str_from_to(c->rest, 1, c->rest.n);
        return take_one_value(c, r, e);
    }
    struct scan word_start = *c;
    struct str word = take_word(c);
    r->op = str_is(word, "in") ? SELECTOR_IN : SELECTOR_NOT_IN;
    if (str_is(word, "in") || str_is(word, "notin"))
        return take_values(c, r, e);
    return unexpected(&word_start, "'=', '!=', 'in', 'notin' or ','", e);
}

int selector_parse(struct str text, struct arena *a, struct selector *ret, struct err *e)
{
    struct scan c = {text, a};
    struct selector s = {0};
    skip_space(&c);
    while (c.rest.n > 0 || s.n > 0) {
        struct selector_requirement r = {0};
        if (take_requirement(&c, &r, e) < 0 || selector_add(&s, &r, a, e) < 0)
            return -1;
        skip_space(&c);
        if (c.rest.n == 0)
            break;
        if (!take_char(&c, ','))
            return unexpected(&c, "','", e);
    }
    *ret = s;
    return 0;
}

/* --- asking */

static bool requirement_holds(const struct selector_requirement *r, struct str value)
{
    switch (r->op) {
    case SELECTOR_IN: return value.p && strs_has(r->values, value);
    case SELECTOR_NOT_IN: return !value.p || !strs_has(r->values, value);
    case SELECTOR_EXISTS: return value.p != NULL;
    case SELECTOR_NOT_EXISTS: break;
    }
    return value.p == NULL;
}

bool selector_matches(const struct selector *s, const struct str_pairs *labels)
{
    for (size_t i = 0; i < s->n; i++)
        if (!requirement_holds(&s->items[i], pairs_get(labels, s->items[i].key)))
            return false;
    return true;
}

static int by_key(const void *a, const void *b)
{
    const struct selector_requirement *x = *(const struct selector_requirement *const *)a,
                                      *y = *(const struct selector_requirement *const *)b;
    int order = str_cmp(x->key, y->key);
    if (order == 0)
        order = (x->op > y->op) - (x->op < y->op); /* In comes first */
    for (size_t i = 0; order == 0 && (i < x->values.n || i < y->values.n); i++) {
        if (i == x->values.n || i == y->values.n)
            return x->values.n < y->values.n ? -1 : 1;
        order = str_cmp(x->values.items[i], y->values.items[i]);
    }
    return order;
}

static const struct selector_requirement **sorted(const struct selector *s, struct arena *a)
{
    const struct selector_requirement **items =
        ARENA_ARRAY(a, s->n, const struct selector_requirement *);
    for (size_t i = 0; items && i < s->n; i++)
        items[i] = &s->items[i];
    if (items && s->n > 1)
        qsort(items, s->n, sizeof(*items), by_key);
    return items;
}

static bool all_hold(const struct selector_requirement *const *items, size_t n, struct str value)
{
    for (size_t i = 0; i < n; i++)
        if (!requirement_holds(items[i], value))
            return false;
    return true;
}

/* Requirements about one key: can any value of it, or its absence, meet them all? Those of the
 * first In are the only candidates when there is one; without In a value nobody spells is. */
static bool key_contradicts(const struct selector_requirement *const *items, size_t n)
{
    static const struct str other = {"\n", 1}; /* no label has this value */
    if (all_hold(items, n, STR_NONE))
        return false;
    if (items[0]->op != SELECTOR_IN)
        return !all_hold(items, n, other);
    for (size_t i = 0; i < items[0]->values.n; i++) {
        struct str value = items[0]->values.items[i];
        if (all_hold(items, n, value.p ? value : STR("")))
            return false;
    }
    return true;
}

struct str selector_contradiction(const struct selector *s, struct arena *a)
{
    const struct selector_requirement **items = sorted(s, a);
    for (size_t i = 0, end; items && i < s->n; i = end) {
        for (end = i + 1; end < s->n && str_eq(items[end]->key, items[i]->key);)
            end++;
        if (key_contradicts(items + i, end - i))
            return items[i]->key;
    }
    return STR_NONE;
}

static void write_values(const struct selector_requirement *r, struct buf *out)
{
    bool negated = r->op == SELECTOR_NOT_IN;
    if (r->values.n == 1) {
        buf_c(out, negated ? "!=" : "=");
        buf_add(out, r->values.items[0]);
        return;
    }
    buf_c(out, negated ? " notin (" : " in (");
    for (size_t i = 0; i < r->values.n; i++) {
        buf_c(out, i ? "," : "");
        buf_add(out, r->values.items[i]);
    }
    buf_char(out, ')');
}

void selector_write(const struct selector *s, struct buf *out)
{
    auto_arena scratch = {0};
    arena_init(&scratch, ARENA_NO_MAX);
    const struct selector_requirement **items = sorted(s, &scratch), *last = NULL;
    for (size_t i = 0; i < s->n; i++) {
        const struct selector_requirement *r = items[i];
        if (last && by_key(&last, &r) == 0)
            continue;
        buf_c(out, last ? "," : "");
        buf_c(out, r->op == SELECTOR_NOT_EXISTS ? "!" : "");
        buf_add(out, r->key);
        if (takes_values(r->op))
            write_values(r, out);
        last = r;
    }
}
