/* Names for a policy out of names of anything, and texts that are safe in it. */
#include "base/buf.h"
#include "policy/import/import.h"

#define NAME_MAX_LENGTH 58 /* of 63: room for -2, -3 ... and -wide */

static bool is_mark(char c)
{
    return c == '-' || c == '.' || c == '_';
}

static char name_char(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || is_mark(c) ? c : '-';
}

struct str name_from(struct arena *a, struct str raw, const char *when_empty)
{
    char text[NAME_MAX_LENGTH];
    size_t n = 0;
    for (size_t i = 0; i < raw.n && n < sizeof(text); i++) {
        char c = name_char(raw.p[i]);
        if (is_mark(c) && (n == 0 || (c == '-' && text[n - 1] == '-')))
            continue;
        text[n++] = c;
    }
    while (n > 0 && is_mark(text[n - 1]))
        n--;
    return n ? arena_str(a, (struct str){text, n}) : STR_C(when_empty);
}

struct str name_unique(struct arena *a, struct intern *taken, struct str name)
{
    struct str unique = name;
    for (unsigned i = 2; intern_find(taken, unique) != ID_NONE; i++)
        unique = arena_fmt(a, "%.*s-%u", STR_F(name), i);
    intern_add(taken, unique);
    return unique;
}

bool name_is_safe(struct str s)
{
    return s.n > 0 && s.n <= 1024 && !str_has_control(s);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Plain in every YAML version, also between brackets. */
static bool is_plain(struct str s)
{
    static const char *const words[] = {"true", "false", "null", "yes", "no",
                                        "on",   "off",   "y",    "n"};
    if (s.n == 0 || !is_letter(s.p[0]))
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (str_eq_nocase(s, STR_C(words[i])))
            return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_letter(s.p[i]) && !(s.p[i] >= '0' && s.p[i] <= '9') && !memchr("-._/=", s.p[i], 5))
            return false;
    return true;
}

void put_yaml(struct buf *out, struct str s)
{
    if (is_plain(s))
        buf_add(out, s);
    else
        buf_json(out, s);
}

void put_comment(struct buf *out, struct str s)
{
    if (!str_has_control(s)) {
        buf_add(out, s);
        return;
    }
    for (size_t i = 0; i < s.n; i++)
        buf_char(out, s.p[i] > ' ' && s.p[i] < 0x7f ? s.p[i] : '?');
}

struct str object_name(struct arena *a, const struct rbac_object *o)
{
    struct str kind = STR_C(rbac_kind_name(o->kind));
    return o->namespace.n ? CONCAT(a, kind, STR(" "), o->namespace, STR("/"), o->name)
                          : CONCAT(a, kind, STR(" "), o->name);
}
