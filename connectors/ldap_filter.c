#include "connectors/ldap_filter.h"

#include <ldap.h>

#define DEPTH_MAX   16
#define PLACEHOLDER "{username}"

struct parser {
    struct str in;
    size_t i;
    unsigned depth;
    struct arena *arena;
    struct {
        struct ldap_filter_part *items;
        size_t n, cap;
    } parts;
    size_t literal_from, n_placeholders;
    const char *wrong;
};

static char peek(const struct parser *p)
{
    return p->i < p->in.n ? p->in.p[p->i] : '\0';
}

static bool refuse(struct parser *p, const char *why)
{
    if (!p->wrong)
        p->wrong = why;
    return false;
}

static void end_literal(struct parser *p, bool placeholder)
{
    struct ldap_filter_part *part = ARENA_PUSH(p->arena, &p->parts);
    if (!part) {
        refuse(p, "the filter is too large");
        return;
    }
    part->literal = str_from_to(p->in, p->literal_from, p->i);
    part->placeholder = placeholder;
}

static bool is_hex(char c)
{
    return c && strchr("0123456789abcdefABCDEF", c) != NULL;
}

/* attr [options] and, for extensible matches, `:dn` and `:rule`: what stands before the operator */
static bool parse_attribute(struct parser *p)
{
    size_t start = p->i;
    for (char c = peek(p); c && !strchr("=~<>()*\\{}&|! ", c); c = peek(p))
        p->i++;
    if (p->i == start)
        return refuse(p, "an attribute is missing");
    char c = peek(p);
    if (c == '~' || c == '<' || c == '>')
        p->i++;
    if (peek(p) != '=')
        return refuse(p, "'=' is missing behind an attribute");
    p->i++;
    return true;
}

/* RFC 4515 3: a backslash and two hex digits, nothing else */
static bool parse_escape(struct parser *p)
{
    if (p->i + 2 >= p->in.n || !is_hex(p->in.p[p->i + 1]) || !is_hex(p->in.p[p->i + 2]))
        return refuse(p, "a backslash needs two hex digits");
    p->i += 3;
    return true;
}

static bool parse_placeholder(struct parser *p)
{
    const struct str mark = STR(PLACEHOLDER);
    if (!str_starts(str_from_to(p->in, p->i, p->in.n), mark))
        return refuse(p, "the only placeholder is " PLACEHOLDER);
    end_literal(p, true);
    p->n_placeholders++;
    p->i += mark.n;
    p->literal_from = p->i;
    return true;
}

static bool parse_value(struct parser *p)
{
    bool ok = true;
    for (char c = peek(p); ok && c != ')'; c = peek(p)) {
        if (c == '\0' || c == '(')
            return refuse(p, "a value ends without ')'");
        if (c == '\\')
            ok = parse_escape(p);
        else if (c == '{')
            ok = parse_placeholder(p);
        else
            p->i++;
    }
    return ok;
}

static bool parse_filter(struct parser *p);

static bool parse_list(struct parser *p, bool one)
{
    size_t n = 0;
    while (peek(p) == '(') {
        if (!parse_filter(p))
            return false;
        n++;
    }
    if (n == 0 || (one && n != 1))
        return refuse(p, one ? "'!' takes one filter" : "'&' and '|' take at least one filter");
    return true;
}

/* filter = "(" ( "&" list | "|" list | "!" filter | item ) ")" */
static bool parse_filter(struct parser *p)
{
    if (p->depth == DEPTH_MAX)
        return refuse(p, "too deeply nested");
    if (peek(p) != '(')
        return refuse(p, "'(' is missing");
    p->depth++;
    p->i++;
    char c = peek(p);
    bool ok;
    if (c == '&' || c == '|' || c == '!') {
        p->i++;
        ok = parse_list(p, c == '!');
    } else {
        ok = parse_attribute(p) && parse_value(p);
    }
    if (!ok)
        return false;
    if (peek(p) != ')')
        return refuse(p, "')' is missing");
    p->i++;
    p->depth--;
    return true;
}

int ldap_filter_parse(struct str text, struct arena *a, struct ldap_filter *ret, struct err *e)
{
    if (text.n > LDAP_FILTER_MAX || !str_is_utf8(text))
        return fail(e, ERR_CONFIG, "LDAP filter: too long or not UTF-8");
    struct parser p = {.in = arena_str(a, text), .arena = a};
    bool ok = parse_filter(&p);
    if (ok && p.i < text.n)
        ok = refuse(&p, "something stands behind the last ')'");
    if (ok)
        end_literal(&p, false);
    if (!ok || p.wrong)
        return fail(e, ERR_CONFIG, "LDAP filter '%.*s', at character %zu: %s", STR_F(text), p.i + 1,
                    p.wrong);
    *ret = (struct ldap_filter){p.parts.items, p.parts.n, p.n_placeholders};
    return 0;
}

void ldap_filter_value(struct buf *out, struct str value)
{
    struct berval in = {value.n, (char *)(uintptr_t)value.p}, escaped = {0, NULL};
    if (value.n == 0)
        return;
    if (ldap_bv2escaped_filter_value(&in, &escaped) != 0) {
        out->failed = true;
        return;
    }
    buf_bytes(out, escaped.bv_val, escaped.bv_len);
    ber_memfree(escaped.bv_val);
}

void ldap_filter_render(const struct ldap_filter *f, struct str value, struct buf *out)
{
    for (size_t i = 0; i < f->n_parts; i++) {
        buf_add(out, f->parts[i].literal);
        if (f->parts[i].placeholder)
            ldap_filter_value(out, value);
    }
}
