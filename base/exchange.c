#include "base/exchange.h"

#include "base/base64.h"

#define PAIRS_MAX 64

struct str params_get(struct params p, struct str name)
{
    for (size_t i = 0; i < p.n; i++)
        if (str_eq(p.items[i].name, name))
            return p.items[i].value.n ? p.items[i].value : STR_NONE;
    return STR_NONE;
}

struct str params_repeated(struct params p)
{
    for (size_t i = 1; i < p.n; i++)
        for (size_t k = 0; k < i; k++)
            if (str_eq(p.items[i].name, p.items[k].name))
                return p.items[i].name;
    return STR_NONE;
}

struct str cookie_get(const struct request *r, struct str name)
{
    struct str rest = r->cookie, pair, key, value, found = STR_NONE;
    while (str_next(&rest, ';', &pair)) {
        if (!str_split(pair, '=', &key, &value) || !str_eq(str_trim(key), name))
            continue;
        if (found.p) /* which of the two a browser meant cannot be known: RFC 6265 4.2.2 */
            return STR_NONE;
        found = str_trim(value);
    }
    return found.n ? found : STR_NONE;
}

static bool percent_decode(struct str s, char *out, size_t *ret_n)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int high = i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1;
            int low = i + 2 < s.n ? hex_digit(s.p[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        }
        out[n++] = c;
    }
    *ret_n = n;
    return true;
}

static bool decode(struct str s, struct arena *a, struct str *ret)
{
    char *out = arena_alloc(a, s.n + 1);
    size_t n;
    if (!out || !percent_decode(s, out, &n))
        return false;
    *ret = (struct str){out, n};
    return str_is_utf8(*ret);
}

static size_t count_pairs(struct str text)
{
    size_t n = 0;
    struct str pair;
    while (str_next(&text, '&', &pair))
        n += pair.n > 0;
    return n;
}

bool params_parse(struct str text, struct arena *a, struct params *ret)
{
    size_t n_max = count_pairs(text), n = 0;
    struct param *items = n_max <= PAIRS_MAX ? ARENA_ARRAY(a, n_max, struct param) : NULL;
    if (!items)
        return false;
    struct str pair;
    while (str_next(&text, '&', &pair)) {
        if (pair.n == 0)
            continue;
        struct str name = pair, value = STR_NONE;
        (void)str_split(pair, '=', &name, &value);
        if (name.n == 0) /* a value without a name says nothing to anybody */
            return false;
        if (!decode(name, a, &items[n].name) || !decode(value, a, &items[n].value))
            return false;
        n++;
    }
    *ret = (struct params){items, n};
    return true;
}

static void refuse(struct reply *r)
{
    r->refused = true;
    r->status = 500;
    r->body = STR_NONE;
}

static bool is_field_value(struct str value)
{
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if (c < 0x20 ||
            c == 0x7F) /* RFC 9110 5.5: CR, LF and NUL are dangerous; we need no tab either */
            return false;
    }
    return true;
}

void reply_header(struct reply *r, const char *name, struct str value)
{
    if (r->n_headers == REPLY_HEADERS_MAX || !is_field_value(value)) {
        refuse(r);
        return;
    }
    r->headers[r->n_headers++] = (struct header){name, value};
}

void reply_body(struct reply *r, int status, const char *content_type, struct str body)
{
    if (r->refused)
        return;
    r->status = status;
    r->content_type = content_type;
    r->body = body;
}

void reply_redirect(struct reply *r, struct str location)
{
    reply_body(r, 303, NULL, STR_NONE);
    reply_header(r, "Location", location);
}

void reply_no_store(struct reply *r)
{
    reply_header(r, "Cache-Control", STR("no-store"));
    reply_header(r, "Pragma", STR("no-cache"));
}
