#include "base/str.h"

static unsigned char lower(char c)
{
    unsigned char u = (unsigned char)c;
    return u >= 'A' && u <= 'Z' ? (unsigned char)(u + ('a' - 'A')) : u;
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    if (order != 0)
        return order;
    return (a.n > b.n) - (a.n < b.n);
}

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n &&
           (suffix.n == 0 || memcmp(s.p + (s.n - suffix.n), suffix.p, suffix.n) == 0);
}

bool str_has(struct str s, char c)
{
    return s.n > 0 && memchr(s.p, c, s.n) != NULL;
}

bool str_contains(struct str s, struct str part)
{
    if (part.n == 0)
        return true;
    return s.n >= part.n && memmem(s.p, s.n, part.p, part.n) != NULL;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
    while (s.n > 0 && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

struct str str_from_to(struct str s, size_t from, size_t to)
{
    if (to > s.n)
        to = s.n;
    if (from >= to)
        return STR_NONE;
    return (struct str){s.p + from, to - from};
}

bool str_next(struct str *rest, char separator, struct str *ret_head)
{
    if (!rest->p)
        return false;
    if (str_split(*rest, separator, ret_head, rest))
        return true;
    *ret_head = *rest;
    *rest = STR_NONE;
    return true;
}

bool str_split(struct str s, char c, struct str *ret_before, struct str *ret_after)
{
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
    if (!at)
        return false;
    size_t n = (size_t)(at - s.p);
    *ret_before = (struct str){s.p, n};
    *ret_after = (struct str){at + 1, s.n - n - 1};
    return true;
}

bool str_to_i64(struct str s, int64_t *ret_value)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    size_t i = negative ? 1 : 0;
    if (i == s.n)
        return false;
    int64_t value = 0;
    for (; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        int digit = s.p[i] - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return false;
    }
    *ret_value = value;
    return true;
}

/* How many bytes the character has whose first byte this is; 0: no character begins so (RFC 3629
 * 4). */
static size_t utf8_length(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return 2;
    if (first >= 0xE0 && first <= 0xEF)
        return 3;
    return first >= 0xF0 && first <= 0xF4 ? 4 : 0;
}

static bool utf8_decode(struct str s, size_t length, uint32_t *ret_code_point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (length == 0 || length > s.n)
        return false;
    uint32_t code = (unsigned char)s.p[0];
    if (length > 1)
        code &= 0x7Fu >> length;
    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)s.p[i] & 0xC0) != 0x80)
            return false;
        code = code << 6 | ((unsigned char)s.p[i] & 0x3F);
    }
    /* RFC 3629 3: no overlong forms, no surrogates, nothing above U+10FFFF */
    if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return false;
    *ret_code_point = code;
    return true;
}

bool utf8_take(struct str *rest, uint32_t *ret_code_point)
{
    size_t length = utf8_length((unsigned char)rest->p[0]);
    bool good = utf8_decode(*rest, length, ret_code_point);
    if (!good) {
        *ret_code_point = 0xFFFD;
        length = 1;
    }
    rest->p += length;
    rest->n -= length;
    return good;
}

bool str_is_utf8(struct str s)
{
    while (s.n > 0) {
        uint32_t code;
        if (!utf8_take(&s, &code) || code == 0)
            return false;
    }
    return true;
}

bool code_point_is_control(uint32_t c)
{
    if (c < 0x20 || (c >= 0x7F && c <= 0x9F))
        return true;
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E ||
           c == 0x200F || c == 0x061C;
}

bool str_has_control(struct str s)
{
    while (s.n > 0) {
        uint32_t code;
        if (!utf8_take(&s, &code) || code_point_is_control(code))
            return true;
    }
    return false;
}
