#include "webui/pages/pages.h"

/* "de-AT;q=0.8" -> weight in thousandths, 0 when it is refused or malformed (RFC 9110 12.4.2). */
static int64_t weight(struct str parameters)
{
    struct str part;
    while (str_next(&parameters, ';', &part)) {
        part = str_trim(part);
        if (part.n < 3 || (part.p[0] | 0x20) != 'q' || part.p[1] != '=')
            continue;
        struct str number = str_from_to(part, 2, part.n), whole, fraction = STR_NONE;
        if (!str_split(number, '.', &whole, &fraction))
            whole = number;
        if (str_is(whole, "1"))
            return 1000;
        int64_t digits = 0, scale = 100;
        for (size_t i = 0; i < fraction.n && i < 3; i++, scale /= 10)
            digits +=
                (fraction.p[i] >= '0' && fraction.p[i] <= '9') ? (fraction.p[i] - '0') * scale : 0;
        return digits;
    }
    return 1000;
}

static bool is_language(struct str range, struct str language)
{
    struct str primary, rest;
    if (!str_split(range, '-', &primary, &rest))
        primary = range;
    return str_eq_nocase(primary, language);
}

enum lang lang_from_accept(struct str accept_language)
{
    int64_t de = 0, en = 0;
    struct str item;
    for (int i = 0; i < 32 && str_next(&accept_language, ',', &item); i++) {
        struct str range, parameters = STR_NONE;
        if (!str_split(item, ';', &range, &parameters))
            range = item;
        range = str_trim(range);
        int64_t w = weight(parameters);
        if (is_language(range, STR("de")) && w > de)
            de = w;
        if (is_language(range, STR("en")) && w > en)
            en = w;
    }
    return de > en ? LANG_DE : LANG_EN;
}
