#include "base/json_scan.h"

#include <endian.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define FEW_KEYS 16 /* so many members are compared one by one, more of them in their order */

static bool wrong(struct json_scan *s, const char *what)
{
    size_t line = 1;
    const char *from = s->text;
    for (const char *p = s->text; p < s->at; p++)
        if (*p == '\n') {
            line++;
            from = p + 1;
        }
    json_scan_refuse(s, ERR_INPUT, "JSON text: line %zu, column %zu: %s", line,
                     (size_t)(s->at - from) + 1, what);
    return false;
}

int json_scan_refuse(struct json_scan *s, enum err_class class, const char *format, ...)
{
    char text[sizeof(s->err->text)];
    va_list args;
    if (s->failed)
        return -1;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    s->failed = true;
    s->pending = false;
    return fail(s->err, class, "%s", text);
}

static uint64_t eight_bytes(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof(word));
    return le64toh(word);
}

#define EACH(byte) (0x0101010101010101u * (uint64_t)(byte))

static inline void pass_space(struct json_scan *s)
{
    const char *p = s->at;
    while (p < s->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) {
        p++;
        while (s->end - p >= 8 && eight_bytes(p) == EACH(' ')) /* indentation */
            p += 8;
    }
    s->at = p;
}

static inline bool stands(const struct json_scan *s, char c)
{
    return s->at < s->end && *s->at == c;
}

/* --- texts */

/* The first byte that is not just itself: a quote, a backslash, a control character, a part of a
 * longer character. */
static const char *plain_end(const char *p, const char *end)
{
    for (; end - p >= 8; p += 8) {
        uint64_t w = eight_bytes(p);
        uint64_t quote = w ^ EACH('"'), backslash = w ^ EACH('\\');
        /* a byte is marked when it is less than its limit; what a borrow marks wrongly stands
         * behind one that is marked rightly */
        uint64_t marked = ((w - EACH(0x20)) & ~w) | ((quote - EACH(1)) & ~quote) |
                          ((backslash - EACH(1)) & ~backslash) | w;
        marked &= EACH(0x80);
        if (marked)
            return p + (__builtin_ctzll(marked) >> 3);
    }
    while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' &&
           *p != '\\')
        p++;
    return p;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* \uXXXX at p */
static bool take_unit(const char *p, const char *end, uint32_t *ret)
{
    uint32_t unit = 0;
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return false;
    for (int i = 2; i < 6; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return false;
        unit = unit << 4 | (uint32_t)digit;
    }
    *ret = unit;
    return true;
}

/* The character of an escape at p, which begins with a backslash. How many bytes it takes; 0: it is
 * none, or NUL, or half of a surrogate pair. */
static size_t take_escape(const char *p, const char *end, uint32_t *ret)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    uint32_t high, low;
    const char *name = end - p >= 2 && p[1] ? strchr(names, p[1]) : NULL;
    if (name) {
        *ret = (unsigned char)meant[name - names];
        return 2;
    }
    if (!take_unit(p, end, &high) || high == 0 || (high >= 0xDC00 && high <= 0xDFFF))
        return 0;
    *ret = high;
    if (high < 0xD800 || high > 0xDBFF)
        return 6;
    if (!take_unit(p + 6, end, &low) || low < 0xDC00 || low > 0xDFFF)
        return 0;
    *ret = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    return 12;
}

/* Checks the text whose first quote stands at `at`, and goes behind its last. *ret is what stands
 * between them. */
static bool pass_str(struct json_scan *s, struct str *ret, bool *ret_escaped)
{
    const char *from = s->at + 1, *p = from;
    *ret_escaped = false;
    for (p = plain_end(p, s->end); p < s->end && *p != '"'; p = plain_end(p, s->end)) {
        uint32_t c;
        struct str rest = {p, (size_t)(s->end - p)};
        s->at = p;
        if ((unsigned char)*p < 0x20)
            return wrong(s, "a control character in a text: write it as \\u00XX");
        if (*p == '\\') {
            size_t n = take_escape(p, s->end, &c);
            if (n == 0)
                return wrong(s, "a backslash that begins no character");
            *ret_escaped = true;
            p += n;
            continue;
        }
        if (!utf8_take(&rest, &c))
            return wrong(s, "not valid UTF-8");
        p = rest.p;
    }
    if (p == s->end) {
        s->at = from - 1;
        return wrong(s, "a text without its last quote");
    }
    *ret = (struct str){from, (size_t)(p - from)};
    s->at = p + 1;
    return true;
}

static size_t put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        to[i] = (char)(0x80 | (c & 0x3F));
    to[0] = (char)((0xF00u >> n & 0xFF) | c);
    return n;
}

/* raw was checked. */
static bool decode(struct json_scan *s, struct str raw, struct str *ret)
{
    char *to = arena_alloc(s->arena, raw.n); /* an escape is longer than its character */
    size_t n = 0;
    if (!to) {
        json_scan_refuse(s, ERR_LIMIT, "JSON text: too large");
        return false;
    }
    for (size_t i = 0; i < raw.n;) {
        uint32_t c;
        if (raw.p[i] != '\\') {
            to[n++] = raw.p[i++];
            continue;
        }
        i += take_escape(raw.p + i, raw.p + raw.n, &c);
        n += put_utf8(to + n, c);
    }
    *ret = (struct str){to, n};
    return true;
}

static bool take_str(struct json_scan *s, struct str *ret)
{
    bool escaped;
    return pass_str(s, ret, &escaped) && (!escaped || decode(s, *ret, ret));
}

/* --- numbers and words */

static const char *digits_end(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* The fraction and the exponent behind the digits at p; p when there are none, NULL when one is
 * begun and not there. */
static const char *real_end(const char *p, const char *end)
{
    const char *digits;
    if (p < end && *p == '.') {
        digits = p + 1;
        p = digits_end(digits, end);
        if (p == digits)
            return NULL;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        digits = p + 1;
        if (digits < end && (*digits == '+' || *digits == '-'))
            digits++;
        p = digits_end(digits, end);
        if (p == digits)
            return NULL;
    }
    return p;
}

/* json_read takes what a double can hold. */
static bool is_too_large(struct json_scan *s, struct str real)
{
    if (real.n < 300 && !str_has(real, 'e') && !str_has(real, 'E'))
        return false;
    const char *copy = arena_cstr(s->arena, real); /* with a NUL behind it */
    errno = 0;
    double value = strtod(copy, NULL);
    return s->arena->exhausted || (errno == ERANGE && fabs(value) > 1);
}

/* The integer at `at`, or *ret_real. False: no number, or one that is too large. */
static bool pass_number(struct json_scan *s, int64_t *ret, bool *ret_real)
{
    const char *digits = s->at + stands(s, '-'), *end = digits_end(digits, s->end);
    if (end == digits)
        return wrong(s, "here a value begins that is none");
    if (*digits == '0') /* RFC 8259 6: no digit follows a leading zero */
        end = digits + 1;
    const char *behind = real_end(end, s->end);
    if (!behind)
        return wrong(s, "a number without its last digits");
    struct str number = {s->at, (size_t)(behind - s->at)};
    *ret_real = behind > end;
    if (*ret_real ? is_too_large(s, number) : !str_to_i64(number, ret))
        return wrong(s, "a number that is too large");
    s->at = behind;
    return true;
}

static bool pass_word(struct json_scan *s, struct str word)
{
    if (!str_starts((struct str){s->at, (size_t)(s->end - s->at)}, word))
        return wrong(s, "here a value begins that is none");
    s->at += word.n;
    return true;
}

/* --- objects and lists */

static bool is_in_object(const struct json_scan *s)
{
    return s->depth > 0 && (s->objects >> (s->depth - 1) & 1);
}

static bool enter(struct json_scan *s, bool object)
{
    if (s->depth == JSON_SCAN_DEPTH) {
        json_scan_refuse(s, ERR_LIMIT, "JSON text: nested more than %d levels deep",
                         JSON_SCAN_DEPTH);
        return false;
    }
    s->objects &= ~(UINT64_C(1) << s->depth);
    s->objects |= (uint64_t)object << s->depth;
    s->keys_from[s->depth++] = (uint32_t)s->keys.n;
    s->at++;
    s->first = true;
    s->pending = false;
    return true;
}

static bool twice(struct json_scan *s, struct str key)
{
    char what[128];
    (void)snprintf(what, sizeof(what), "the member '%.*s' stands twice in an object",
                   (int)(key.n < 64 ? key.n : 64), key.p);
    return wrong(s, what);
}

static int by_bytes(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Members one by one would take time that grows with the square of their number. */
static bool many_differ(struct json_scan *s, struct str *keys, size_t n)
{
    qsort(keys, n, sizeof(*keys), by_bytes);
    for (size_t i = 1; i < n; i++)
        if (str_eq(keys[i - 1], keys[i]))
            return twice(s, keys[i]);
    return true;
}

static void leave(struct json_scan *s)
{
    size_t from = s->keys_from[s->depth - 1], n = s->again ? 0 : s->keys.n - from;
    if (n > FEW_KEYS && !many_differ(s, s->keys.items + from, n))
        return;
    s->keys.n -= n;
    s->depth--;
    s->at++;
    s->first = false;
}

static bool keep_key(struct json_scan *s, struct str key)
{
    size_t from = s->keys_from[s->depth - 1];
    if (s->again)
        return true;
    if (s->keys.n - from < FEW_KEYS)
        for (size_t i = from; i < s->keys.n; i++)
            if (str_eq(s->keys.items[i], key))
                return twice(s, key);
    if (s->keys.n < s->keys.cap) {
        s->keys.items[s->keys.n++] = key;
        return true;
    }
    struct str *slot = ARENA_PUSH(s->arena, &s->keys);
    if (!slot || s->keys.n > UINT32_MAX) {
        json_scan_refuse(s, ERR_LIMIT, "JSON text: too many members");
        return false;
    }
    *slot = key;
    return true;
}

/* Goes to what stands next in the object or list. False: it is left, or there is a mistake. */
static inline bool go_on(struct json_scan *s, bool object)
{
    if (s->pending)
        json_scan_skip(s);
    if (s->failed)
        return false;
    if (s->depth == 0 || is_in_object(s) != object) {
        json_scan_refuse(s, ERR_BUG, "JSON text: read as something else than it is");
        return false;
    }
    pass_space(s);
    if (stands(s, object ? '}' : ']')) {
        leave(s);
        return false;
    }
    if (!s->first) {
        if (!stands(s, ','))
            return wrong(s, object ? "neither a comma nor the end of the object"
                                   : "neither a comma nor the end of the list");
        s->at++;
        pass_space(s);
    }
    s->first = false;
    return true;
}

bool json_scan_member(struct json_scan *s, struct str *ret_key)
{
    struct str key;
    if (!go_on(s, true))
        return false;
    if (!stands(s, '"'))
        return wrong(s, "an object without the name of a member");
    if (!take_str(s, &key) || !keep_key(s, key))
        return false;
    pass_space(s);
    if (!stands(s, ':'))
        return wrong(s, "no colon behind the name of a member");
    s->at++;
    pass_space(s);
    s->pending = true;
    *ret_key = key;
    return true;
}

bool json_scan_item(struct json_scan *s)
{
    if (!go_on(s, false))
        return false;
    s->pending = true;
    return true;
}

/* --- what callers take */

void json_scan_init(struct json_scan *s, struct str text, size_t max_bytes, struct arena *a,
                    struct err *e)
{
    const char *from = text.p ? text.p : "";
    *s = (struct json_scan){
        .arena = a, .err = e, .pending = true, .text = from, .at = from, .end = from + text.n};
    if (text.n > max_bytes)
        json_scan_refuse(s, ERR_LIMIT, "JSON text of %zu bytes: more than the %zu allowed", text.n,
                         max_bytes);
    pass_space(s);
}

enum json_scan_type json_scan_type(const struct json_scan *s)
{
    if (!s->pending || s->failed || s->at == s->end)
        return JSON_SCAN_NOTHING;
    switch (*s->at) {
    case '{': return JSON_SCAN_OBJECT;
    case '[': return JSON_SCAN_LIST;
    case '"': return JSON_SCAN_STR;
    case 't':
    case 'f': return JSON_SCAN_BOOL;
    case 'n': return JSON_SCAN_NULL;
    default:
        return *s->at == '-' || (*s->at >= '0' && *s->at <= '9') ? JSON_SCAN_NUMBER
                                                                 : JSON_SCAN_NOTHING;
    }
}

bool json_scan_object(struct json_scan *s)
{
    return json_scan_type(s) == JSON_SCAN_OBJECT && enter(s, true);
}

bool json_scan_array(struct json_scan *s)
{
    return json_scan_type(s) == JSON_SCAN_LIST && enter(s, false);
}

struct str json_scan_keep(struct json_scan *s, struct str key)
{
    if (!s->copies || key.p < s->text || key.p > s->end)
        return key;
    struct str copy = arena_str(s->arena, key);
    if (!copy.p)
        json_scan_refuse(s, ERR_LIMIT, "JSON text: too large");
    return copy;
}

bool json_scan_str(struct json_scan *s, struct str *ret)
{
    struct str text;
    if (!s->pending || !stands(s, '"'))
        return false;
    s->pending = false;
    if (!take_str(s, &text))
        return false;
    *ret = s->copies ? json_scan_keep(s, text) : text;
    return !s->failed;
}

bool json_scan_i64(struct json_scan *s, int64_t *ret)
{
    int64_t value;
    bool real;
    if (json_scan_type(s) != JSON_SCAN_NUMBER)
        return false;
    s->pending = false;
    if (!pass_number(s, &value, &real) || real)
        return false;
    *ret = value;
    return true;
}

bool json_scan_bool(struct json_scan *s, bool *ret)
{
    if (json_scan_type(s) != JSON_SCAN_BOOL)
        return false;
    bool value = *s->at == 't';
    s->pending = false;
    if (!pass_word(s, value ? STR("true") : STR("false")))
        return false;
    *ret = value;
    return true;
}

bool json_scan_strs(struct json_scan *s, struct str **ret, size_t *ret_n)
{
    struct str few[16]; /* most lists are shorter, and need no room to grow */
    struct {
        struct str *items;
        size_t n, cap;
    } list = {few, 0, sizeof(few) / sizeof(*few)};
    bool good = true;
    if (!json_scan_array(s))
        return false;
    while (json_scan_item(s)) {
        struct str text;
        if (!good || !json_scan_str(s, &text)) {
            good = false;
            continue;
        }
        struct str *slot = ARENA_PUSH(s->arena, &list);
        if (!slot)
            json_scan_refuse(s, ERR_LIMIT, "JSON text: too large");
        else
            *slot = text;
    }
    if (!good || s->failed)
        return false;
    if (list.items == few)
        list.items = arena_copy(s->arena, few, list.n * sizeof(*few));
    if (!list.items)
        return json_scan_refuse(s, ERR_LIMIT, "JSON text: too large") == 0;
    *ret = list.items;
    *ret_n = list.n;
    return true;
}

/* Reads the value that comes next, or enters it. */
static void pass_value(struct json_scan *s)
{
    struct str text;
    int64_t number;
    bool flag;
    switch (json_scan_type(s)) {
    case JSON_SCAN_OBJECT:
    case JSON_SCAN_LIST: (void)enter(s, *s->at == '{'); return;
    case JSON_SCAN_STR: (void)pass_str(s, &text, &flag); break;
    case JSON_SCAN_NUMBER: (void)pass_number(s, &number, &flag); break;
    case JSON_SCAN_BOOL: (void)json_scan_bool(s, &flag); break;
    case JSON_SCAN_NULL: (void)pass_word(s, STR("null")); break;
    case JSON_SCAN_NOTHING:
        (void)wrong(s, s->at == s->end ? "the text ends where a value is missing"
                                       : "here a value begins that is none");
    }
    s->pending = false;
}

void json_scan_skip(struct json_scan *s)
{
    unsigned depth = s->depth;
    struct str key;
    if (!s->pending)
        return;
    pass_value(s);
    while (s->depth > depth && !s->failed)
        if (is_in_object(s) ? json_scan_member(s, &key) : json_scan_item(s))
            pass_value(s);
}

struct json_scan json_scan_again(const struct json_scan *s)
{
    struct json_scan copy = *s;
    copy.again = true;
    return copy;
}

struct str json_scan_peek(const struct json_scan *s, const char *key)
{
    struct json_scan copy = json_scan_again(s);
    struct str name, value = STR_NONE, wanted = STR_C(key);
    struct err ignored; /* s comes to the same mistake */
    copy.err = &ignored;
    for (bool in = json_scan_object(&copy); in && !value.p && json_scan_member(&copy, &name);)
        if (str_eq(name, wanted) && !json_scan_str(&copy, &value))
            break;
    return value;
}

int json_scan_end(struct json_scan *s)
{
    json_scan_skip(s);
    if (s->failed)
        return -1;
    pass_space(s);
    if (s->depth > 0)
        return json_scan_refuse(s, ERR_BUG, "JSON text: not read to its end");
    if (s->at < s->end)
        (void)wrong(s, "something stands behind the value");
    return s->failed ? -1 : 0;
}
