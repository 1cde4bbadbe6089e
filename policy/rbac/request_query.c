#include "policy/rbac/request_query.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/buf.h"
#include "policy/rbac/selector.h"

#define PARAMETERS_MAX 10000 /* net/url: beyond that a query counts as empty */

/* --- net/url */

bool request_unescape(struct str text, bool query, struct arena *a, struct str *ret)
{
    char *out = arena_alloc(a, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '%') {
            int high = i + 2 < text.n ? hex_digit(text.p[i + 1]) : -1;
            int low = i + 2 < text.n ? hex_digit(text.p[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (query && c == '+')
            c = ' ';
        out[n++] = c;
    }
    *ret = (struct str){out, n};
    return true;
}

/* The first value of a key; a pair that cannot be decoded or holds a ';' is passed over. */
static bool query_get(struct str query, const char *name, struct arena *a, struct str *ret)
{
    struct str pair;
    while (str_next(&query, '&', &pair)) {
        struct str key = pair, value = STR("");
        if (str_has(pair, ';') || pair.n == 0)
            continue;
        (void)str_split(pair, '=', &key, &value);
        if (!request_unescape(key, true, a, &key) || !str_is(key, name) ||
            !request_unescape(value, true, a, &value))
            continue;
        *ret = value;
        return true;
    }
    return false;
}

static bool too_many(struct str query)
{
    size_t n = 1;
    for (size_t i = 0; i < query.n; i++)
        n += query.p[i] == '&';
    return n > PARAMETERS_MAX;
}

/* --- list options */

/* strings.EqualFold folds the long s as well */
static bool is_false(struct str s, bool folded)
{
    char plain[5];
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (n == sizeof(plain))
            return false;
        bool long_s = folded && i + 1 < s.n && memcmp(s.p + i, "\xC5\xBF", 2) == 0;
        plain[n++] = long_s ? 's' : s.p[i];
        i += long_s;
    }
    return str_eq_nocase((struct str){plain, n}, STR("false"));
}

static bool is_i64(struct str s)
{
    int64_t value;
    if (s.n > 1 && s.p[0] == '+' && s.p[1] != '-')
        s = str_from_to(s, 1, s.n);
    return str_to_i64(s, &value);
}

/* --- field selectors: apimachinery/pkg/fields/selector.go */

struct term {
    struct str text, field, value;
    bool equal;
};
struct terms {
    struct str *items;
    size_t n, cap;
};

static struct terms split_terms(struct str selector, struct arena *a)
{
    struct terms out = {0};
    size_t from = 0;
    bool escaped = false;
    for (size_t i = 0; i < selector.n; i++) {
        if (!escaped && selector.p[i] == ',') {
            *ARENA_PUSH(a, &out) = str_from_to(selector, from, i);
            from = i + 1;
        }
        escaped = !escaped && selector.p[i] == '\\';
    }
    if (selector.n > 0)
        *ARENA_PUSH(a, &out) = str_from_to(selector, from, selector.n);
    return out;
}

static bool split_term(struct str text, struct term *ret)
{
    for (size_t i = 0; i < text.n; i++) {
        struct str rest = str_from_to(text, i, text.n);
        size_t n = str_starts(rest, STR("!=")) || str_starts(rest, STR("==")) ? 2 : 1;
        if (n == 1 && rest.p[0] != '=')
            continue;
        *ret = (struct term){text, str_from_to(text, 0, i), str_from_to(rest, n, rest.n),
                             rest.p[0] == '='};
        return true;
    }
    return false;
}

static bool is_special(char c)
{
    return c == '\\' || c == ',' || c == '=';
}

/* \\ \, and \= stand for the character; any other \, and a bare one of them, is an error. */
static bool unescape_value(struct str text, struct arena *a, struct str *ret)
{
    auto_buf out = BUF_INIT(text.n * 3 + 1);
    size_t i = 0;
    while (i < text.n && !is_special(text.p[i]))
        i++;
    if (i == text.n)
        return true;
    while (text.n > 0) {
        struct str rest = text;
        uint32_t code_point;
        if (text.p[0] == '\\') {
            if (text.n == 1 || !is_special(text.p[1]))
                return false;
            buf_char(&out, text.p[1]);
            text = str_from_to(text, 2, text.n);
            continue;
        }
        if (is_special(text.p[0]))
            return false;
        if (utf8_take(&rest, &code_point))
            buf_add(&out, str_from_to(text, 0, text.n - rest.n));
        else
            buf_lit(&out, "\xEF\xBF\xBD");
        text = rest;
    }
    *ret = arena_str(a, buf_str(&out));
    return true;
}

static bool is_path_segment(struct str name)
{
    return !str_is(name, ".") && !str_is(name, "..") && !str_has(name, '/') && !str_has(name, '%');
}

/* The value that metadata.name must have; false: the selector cannot be read. */
static bool read_field_selector(struct str selector, struct arena *a, struct str *ret_name)
{
    struct terms terms = split_terms(selector, a);
    struct str name = STR_NONE;
    bool found = false;
    if (terms.n > 1)
        qsort(terms.items, terms.n, sizeof(*terms.items), str_order); /* upstream sorts them, too */
    for (size_t i = 0; i < terms.n; i++) {
        struct term term;
        if (terms.items[i].n == 0)
            continue;
        if (!split_term(terms.items[i], &term) || !unescape_value(term.value, a, &term.value))
            return false;
        if (!found && term.equal && str_is(term.field, "metadata.name")) {
            found = true;
            name = term.value;
        }
    }
    *ret_name = name;
    return true;
}

/* labels.Parse also knows a>1 and a<1, which selector_parse refuses: read as a=1, where the value
 * must be a number. */
static bool compare_as_equal(char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct str value = str_trim((struct str){text + i + 1, n - i - 1}), rest = value;
        if (text[i] != '>' && text[i] != '<')
            continue;
        if ((i > 0 && memchr("=!", text[i - 1], 2)) || (i + 1 < n && memchr("=<>", text[i + 1], 3)))
            return false;
        (void)str_next(&rest, ',', &value);
        if (!is_i64(str_trim(value)))
            return false;
        text[i] = '=';
    }
    return true;
}

static bool label_selector_is_good(struct str text, struct arena *a)
{
    struct selector selector;
    struct err e;
    char *copy = arena_alloc(a, text.n + 1);
    memcpy(copy, text.n ? text.p : "", text.n);
    return compare_as_equal(copy, text.n) &&
           selector_parse((struct str){copy, text.n}, a, &selector, &e) == 0;
}

struct request_options request_options_read(struct str query, struct arena *a)
{
    struct request_options o = {0};
    struct str watch, number, name = STR_NONE;
    if (too_many(query))
        return o;
    bool good = (!query_get(query, "limit", a, &number) || is_i64(number)) &&
                (!query_get(query, "timeoutSeconds", a, &number) || is_i64(number));
    if (query_get(query, "fieldSelector", a, &o.field_selector))
        good = read_field_selector(o.field_selector, a, &name) && good;
    if (query_get(query, "labelSelector", a, &o.label_selector))
        good = label_selector_is_good(o.label_selector, a) && good;
    if (query_get(query, "watch", a, &watch))
        o.watch = !str_is(watch, "0") && !is_false(watch, good);
    /* what cannot be read counts as a list of everything */
    if (good && name.n > 0 && is_path_segment(name))
        o.name = name;
    return o;
}
