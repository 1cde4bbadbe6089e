#include "base/buf.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/secret.h"

#define CAP_LEAST ((size_t)64)

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

static void release(const struct buf *b)
{
    if (b->wipe && b->p)
        bytes_wipe(b->p, b->cap);
    mem_free(b->p);
}

void buf_fini(struct buf *b)
{
    release(b);
    *b = (struct buf){.max = b->max, .wipe = b->wipe};
}

void buf_reset(struct buf *b)
{
    if (b->wipe && b->p)
        bytes_wipe(b->p, b->cap);
    b->n = 0;
    b->failed = false;
    if (b->p)
        b->p[0] = '\0';
}

const char *buf_cstr(const struct buf *b)
{
    return b->p ? b->p : "";
}

char *buf_take(struct buf *b, size_t *ret_n)
{
    char *p = b->p ? b->p : mem_alloc(1);
    if (ret_n)
        *ret_n = b->n;
    *b = (struct buf){.max = b->max, .wipe = b->wipe};
    return p;
}

static void grow(struct buf *b, size_t need)
{
    size_t cap = b->cap < CAP_LEAST / 2 ? CAP_LEAST : b->cap * 2;
    if (cap < need)
        cap = need;
    if (cap - 1 > b->max)
        cap = b->max + 1;
    if (!b->wipe) {
        b->p = mem_realloc(b->p, cap);
        b->cap = cap;
        return;
    }
    char *p = mem_alloc(cap); /* no realloc: it would leave the secret's old place as it is */
    if (b->n)
        memcpy(p, b->p, b->n);
    release(b);
    b->p = p;
    b->cap = cap;
}

char *buf_reserve(struct buf *b, size_t n)
{
    size_t max = b->max < (size_t)-2 ? b->max : (size_t)-2; /* one for the NUL */
    if (b->failed || b->n > max || n > max - b->n) {
        b->failed = true;
        return NULL;
    }
    size_t need = b->n + n + 1;
    if (need > b->cap)
        grow(b, need);
    b->p[b->n] = '\0';
    return b->p + b->n;
}

void buf_commit(struct buf *b, size_t n)
{
    b->n += n;
    b->p[b->n] = '\0';
}

void buf_bytes(struct buf *b, const void *p, size_t n)
{
    char *at = buf_reserve(b, n);
    if (!at)
        return;
    if (n)
        memcpy(at, p, n);
    buf_commit(b, n);
}

void buf_add(struct buf *b, struct str s)
{
    buf_bytes(b, s.p, s.n);
}

void buf_c(struct buf *b, const char *cstr)
{
    buf_add(b, str_from(cstr));
}

void buf_char(struct buf *b, char c)
{
    buf_bytes(b, &c, 1);
}

void buf_i64(struct buf *b, int64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        digits[--at] = '-';
    buf_bytes(b, digits + at, sizeof(digits) - at);
}

void buf_fmt(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vfmt(b, format, args);
    va_end(args);
}

void buf_vfmt(struct buf *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    size_t room = b->failed ? 0 : b->cap - b->n; /* most texts fit into what is there */
    int n = vsnprintf(room ? b->p + b->n : NULL, room, format, args);
    if (n >= 0 && (size_t)n < room) {
        b->n += (size_t)n;
    } else {
        if (room)
            b->p[b->n] = '\0';
        char *at = n < 0 ? NULL : buf_reserve(b, (size_t)n);
        if (at && vsnprintf(at, (size_t)n + 1, format, again) == n)
            buf_commit(b, (size_t)n);
        else
            b->failed = true;
    }
    va_end(again);
}

/* How many bytes from the front stand in a JSON string as they are, up to the first one that needs
 * a look. */
static size_t json_plain(struct str s)
{
    size_t i = 0;
    while (i < s.n) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < 0x20 || c >= 0x7F || c == '"' || c == '\\')
            break;
        i++;
    }
    return i;
}

static void json_escape(struct buf *b, uint32_t code)
{
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    if (code == '"' || code == '\\')
        buf_bytes(b, (const char[]){'\\', (char)code}, 2);
    else if (code < 0x20 && letters[code])
        buf_bytes(b, (const char[]){'\\', letters[code]}, 2);
    else
        buf_fmt(b, "\\u%04x", (unsigned)code);
}

void buf_json(struct buf *b, struct str s)
{
    buf_char(b, '"');
    while (s.n > 0 && !b->failed) {
        size_t plain = json_plain(s);
        buf_bytes(b, s.p, plain);
        s = (struct str){s.p + plain, s.n - plain};
        if (s.n == 0)
            break;
        struct str from = s;
        uint32_t code;
        if (!utf8_take(&s, &code))
            buf_lit(b, "\xEF\xBF\xBD");
        else if (code >= 0x7F)
            buf_bytes(b, from.p, from.n - s.n);
        else
            json_escape(b, code);
    }
    buf_char(b, '"');
}

void buf_html(struct buf *b, struct str s)
{
    static const char *const entities[128] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&#34;", ['\''] = "&#39;"};
    size_t done = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 128 || !entities[c])
            continue;
        buf_bytes(b, s.p + done, i - done);
        buf_c(b, entities[c]);
        done = i + 1;
    }
    if (done < s.n)
        buf_bytes(b, s.p + done, s.n - done);
}

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void buf_url(struct buf *b, struct str s)
{
    static const char hex[] = "0123456789ABCDEF"; /* RFC 3986 2.1: upper case */
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (is_unreserved(c))
            buf_char(b, (char)c);
        else
            buf_bytes(b, (const char[]){'%', hex[c >> 4], hex[c & 15]}, 3);
    }
}

static void encode64(struct buf *b, struct str s, const char *alphabet, bool pad)
{
    size_t n = s.n / 3 * 4 + (pad ? (s.n % 3 ? 4 : 0) : (s.n % 3 ? s.n % 3 + 1 : 0));
    char *at = s.n > b->max ? buf_reserve(b, s.n) : buf_reserve(b, n);
    if (!at)
        return;
    char *end = at + n;
    const unsigned char *p = (const unsigned char *)s.p;
    size_t left = s.n;
    for (; left >= 3; left -= 3, p += 3) {
        uint32_t bits = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        *at++ = alphabet[bits >> 18];
        *at++ = alphabet[bits >> 12 & 63];
        *at++ = alphabet[bits >> 6 & 63];
        *at++ = alphabet[bits & 63];
    }
    if (left > 0) {
        uint32_t bits = (uint32_t)p[0] << 16 | (left == 2 ? (uint32_t)p[1] << 8 : 0);
        *at++ = alphabet[bits >> 18];
        *at++ = alphabet[bits >> 12 & 63];
        if (left == 2)
            *at++ = alphabet[bits >> 6 & 63];
    }
    while (at < end)
        *at++ = '=';
    buf_commit(b, n);
}

void buf_base64url(struct buf *b, struct str s)
{
    encode64(b, s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false);
}

void buf_base64(struct buf *b, struct str s)
{
    encode64(b, s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true);
}

void buf_hex(struct buf *b, struct str s)
{
    static const char hex[] = "0123456789abcdef";
    char *at = s.n <= b->max / 2 ? buf_reserve(b, s.n * 2) : buf_reserve(b, b->max);
    if (!at || s.n > b->max / 2) {
        b->failed = true;
        return;
    }
    for (size_t i = 0; i < s.n; i++) {
        *at++ = hex[(unsigned char)s.p[i] >> 4];
        *at++ = hex[(unsigned char)s.p[i] & 15];
    }
    buf_commit(b, s.n * 2);
}

void buf_shell(struct buf *b, struct str s)
{
    bool plain = s.n > 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        plain = plain && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || (c != 0 && strchr("-_.,:/@=+", c)));
    }
    if (plain) {
        buf_add(b, s);
        return;
    }
    buf_char(b, '\'');
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\'')
            buf_lit(b, "'\\''");
        else
            buf_char(b, s.p[i]);
    buf_char(b, '\'');
}

void buf_shown(struct buf *b, struct str s)
{
    while (s.n > 0) {
        struct str rest = s;
        uint32_t code;
        bool good = utf8_take(&rest, &code);
        struct str one = {s.p, s.n - rest.n};
        if (!good)
            buf_lit(b, "\xEF\xBF\xBD");
        else if (code_point_is_control(code) && code != '\n' && code != '\t')
            buf_fmt(b, "\\u%04x", (unsigned)code);
        else
            buf_add(b, one);
        s = rest;
    }
}
