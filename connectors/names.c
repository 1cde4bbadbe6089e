#include "connectors/names.h"

#include <utf8proc.h>

static bool is_small_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool username_is_allowed(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!is_small_or_digit(c) && c != '.' && c != '_' && c != '@' && c != '-')
            return false;
    }
    return name.n > 0 && name.n <= 128;
}

bool person_id_is_allowed(struct str id)
{
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        if (!is_small_or_digit(c) && !(c >= 'A' && c <= 'Z') && c != '-')
            return false;
    }
    return id.n > 0 && id.n <= 64;
}

static bool is_invisible(utf8proc_int32_t point)
{
    utf8proc_category_t category = utf8proc_category(point);
    return category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_CC ||
           category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP ||
           category == UTF8PROC_CATEGORY_CO || category == UTF8PROC_CATEGORY_CN;
}

/* `:` is not allowed at all, which keeps out system:masters in every writing: to Kubernetes a group
 * is just a text. */
bool group_name_is_allowed(struct str name)
{
    if (name.n == 0 || name.n > 256 || !str_is_utf8(name) || str_has_control(name) ||
        str_has(name, ':') || str_has(name, '/') || name.p[0] == ' ' || name.p[name.n - 1] == ' ')
        return false;
    for (size_t i = 0; i < name.n;) {
        utf8proc_int32_t point;
        utf8proc_ssize_t n =
            utf8proc_iterate((const uint8_t *)name.p + i, (utf8proc_ssize_t)(name.n - i), &point);
        if (n <= 0 || is_invisible(point))
            return false;
        i += (size_t)n;
    }
    return true;
}
