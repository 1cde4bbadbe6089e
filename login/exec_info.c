#include "login/exec_info.h"

struct cursor {
    const char *p, *end;
};
#define DEPTH_MAX 32

static void skip_space(struct cursor *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\n' || *c->p == '\r'))
        c->p++;
}

static bool eat(struct cursor *c, char wanted)
{
    skip_space(c);
    if (c->p == c->end || *c->p != wanted)
        return false;
    c->p++;
    return true;
}

/* A string with its quotes; *ret is what stands between them, as written. */
static bool take_string(struct cursor *c, struct str *ret)
{
    if (!eat(c, '"'))
        return false;
    const char *from = c->p;
    while (c->p < c->end && *c->p != '"')
        c->p += *c->p == '\\' && c->end - c->p > 1 ? 2 : 1;
    if (c->p >= c->end)
        return false;
    *ret = (struct str){from, (size_t)(c->p - from)};
    c->p++;
    return true;
}

/* A number, true, false, null. */
static bool skip_word(struct cursor *c)
{
    const char *from = c->p;
    while (c->p < c->end && !strchr("{}[],\" \t\r\n", *c->p))
        c->p++;
    return c->p > from;
}

/* Any value, without looking into it: brackets are counted, strings are jumped over. */
static bool skip_value(struct cursor *c)
{
    int depth = 0;
    struct str ignored;
    do {
        skip_space(c);
        char next = c->p < c->end ? *c->p : '\0';
        switch (next) {
        case '"':
            if (!take_string(c, &ignored))
                return false;
            continue;
        case '{':
        case '[': depth++; break;
        case '}':
        case ']': depth--; break;
        case ',':
        case ':': break;
        default:
            if (!skip_word(c))
                return false;
            continue;
        }
        c->p++;
    } while (depth > 0 && depth <= DEPTH_MAX);
    return depth == 0;
}

/* The cursor stands before an object; afterwards before the value of its member `name`. */
static bool enter_member(struct cursor *c, struct str name)
{
    struct str key;
    if (!eat(c, '{'))
        return false;
    do {
        if (!take_string(c, &key) || !eat(c, ':'))
            return false;
        if (str_eq(key, name))
            return true;
        if (!skip_value(c))
            return false;
    } while (eat(c, ','));
    return false;
}

bool exec_info_find(struct str json, const char *path, struct str *ret)
{
    struct cursor c = {json.p, json.p + json.n};
    struct str rest = str_from(path), name, value;
    while (str_next(&rest, '.', &name))
        if (!enter_member(&c, name))
            return false;
    if (!take_string(&c, &value) || str_has(value, '\\'))
        return false;
    *ret = value;
    return true;
}
