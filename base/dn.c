#include "base/dn.h"

#include <utf8proc.h>

#include "base/base64.h"
#include "base/buf.h"

#define PARTS_MAX 8 /* of one RDN; more than two have not been seen in the wild */

struct parser {
    struct str in;
    size_t i;
    struct arena *arena;
};

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool at(const struct parser *p, char c)
{
    return p->i < p->in.n && p->in.p[p->i] == c;
}

static void skip_spaces(struct parser *p)
{
    while (at(p, ' '))
        p->i++;
}

/* Simple lower case after NFC, not full case folding: directories hold that ß and ss are two names,
 * so must we. */
static bool fold_unicode(struct str s, struct buf *out)
{
    int32_t points[2 * DN_MAX];
    const utf8proc_option_t how = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    utf8proc_ssize_t n =
        utf8proc_decompose((const uint8_t *)s.p, (utf8proc_ssize_t)s.n, points, 2 * DN_MAX, how);
    if (n < 0 || n > (utf8proc_ssize_t)(2 * DN_MAX))
        return false;
    n = utf8proc_normalize_utf32(points, n, how);
    if (n < 0)
        return false;
    for (utf8proc_ssize_t i = 0; i < n; i++) {
        uint8_t bytes[4];
        utf8proc_ssize_t len = utf8proc_encode_char(utf8proc_tolower(points[i]), bytes);
        buf_bytes(out, bytes, (size_t)len);
    }
    return !buf_failed(out);
}

/* RFC 4518 2.6.1: spaces at the ends do not count, and a run of them counts as one. */
static struct str squeeze_spaces(char *p, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (p[i] != ' ' || (kept > 0 && p[kept - 1] != ' '))
            p[kept++] = p[i];
    if (kept > 0 && p[kept - 1] == ' ')
        kept--;
    return (struct str){p, kept};
}

static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

bool dn_normalise_value(struct str value, struct arena *a, struct str *ret)
{
    if (value.n > DN_MAX || !str_is_utf8(value))
        return false;
    auto_buf folded = BUF_INIT(4 * DN_MAX);
    if (is_ascii(value)) {
        for (size_t i = 0; i < value.n; i++) {
            char c = value.p[i];
            buf_char(&folded, (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c));
        }
    } else if (!fold_unicode(value, &folded)) {
        return false;
    }
    struct str squeezed = folded.n ? squeeze_spaces(folded.p, folded.n) : STR_NONE;
    *ret = arena_str(a, squeezed);
    return !a->exhausted;
}

/* RFC 4514 3: attributeType: descr | numericoid */
static bool parse_type(struct parser *p, struct buf *out)
{
    skip_spaces(p);
    size_t start = p->i;
    while (p->i < p->in.n) {
        char c = p->in.p[p->i];
        if (!is_alpha(c) && !is_digit(c) && c != '-' && c != '.')
            break;
        buf_char(out, (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c));
        p->i++;
    }
    bool some = p->i > start;
    skip_spaces(p);
    if (!some || !at(p, '='))
        return false;
    p->i++;
    skip_spaces(p);
    return true;
}

/* `\` + special, or `\` + two hex digits: one byte. */
static bool parse_escape(struct parser *p, struct buf *out)
{
    if (p->i + 1 >= p->in.n)
        return false;
    char c = p->in.p[p->i + 1];
    if (strchr(",+\"\\<>;=# ", c) && c) {
        buf_char(out, c);
        p->i += 2;
        return true;
    }
    if (p->i + 2 >= p->in.n)
        return false;
    int high = hex_digit(c), low = hex_digit(p->in.p[p->i + 2]);
    if (high < 0 || low < 0)
        return false;
    buf_char(out, (char)(high * 16 + low));
    p->i += 3;
    return true;
}

/* The unescaped bytes of a value up to an unescaped `,` or `+`. */
static bool parse_value(struct parser *p, struct buf *out)
{
    while (p->i < p->in.n) {
        char c = p->in.p[p->i];
        if (c == ',' || c == '+')
            break;
        if (c == '\\') {
            if (!parse_escape(p, out))
                return false;
            continue;
        }
        /* RFC 4514 3, stringchar: these stand in a value only behind a `\` */
        if (c == '"' || c == ';' || c == '<' || c == '>' || c == '\0')
            return false;
        buf_char(out, c);
        p->i++;
    }
    return !buf_failed(out);
}

/* `#` + hex: a value without a string form (RFC 4514 2.4); its digits are the normal form */
static bool parse_hex_value(struct parser *p, struct buf *out)
{
    buf_char(out, '#');
    p->i++;
    size_t digits = 0;
    for (; p->i < p->in.n && hex_digit(p->in.p[p->i]) >= 0; p->i++, digits++)
        buf_char(out, "0123456789abcdef"[hex_digit(p->in.p[p->i])]);
    skip_spaces(p);
    return digits > 0 && digits % 2 == 0 && (p->i == p->in.n || at(p, ',') || at(p, '+'));
}

static void add_escaped(struct buf *out, struct str value)
{
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (strchr("\"+,;<>\\", c) || (i == 0 && c == '#'))
            buf_char(out, '\\');
        buf_char(out, c);
    }
}

/* attributeTypeAndValue in its normal form */
static bool parse_part(struct parser *p, struct str *ret)
{
    auto_buf out = BUF_INIT(4 * DN_MAX);
    if (!parse_type(p, &out))
        return false;
    buf_char(&out, '=');
    if (at(p, '#')) {
        if (!parse_hex_value(p, &out))
            return false;
    } else {
        auto_buf raw = BUF_INIT(DN_MAX);
        struct str value;
        if (!parse_value(p, &raw) || !dn_normalise_value(buf_str(&raw), p->arena, &value))
            return false;
        add_escaped(&out, value);
    }
    *ret = arena_str(p->arena, buf_str(&out));
    return !buf_failed(&out) && !p->arena->exhausted;
}

/* relativeDistinguishedName: parts joined by `+`, in one order */
static bool parse_rdn(struct parser *p, struct buf *out)
{
    struct str parts[PARTS_MAX];
    size_t n = 0;
    for (;;) {
        if (n == PARTS_MAX || !parse_part(p, &parts[n]))
            return false;
        for (size_t k = n; k > 0 && str_cmp(parts[k - 1], parts[k]) > 0; k--) {
            struct str swap = parts[k];
            parts[k] = parts[k - 1];
            parts[k - 1] = swap;
        }
        n++;
        if (!at(p, '+'))
            break;
        p->i++;
    }
    for (size_t k = 0; k < n; k++) {
        if (k > 0)
            buf_char(out, '+');
        buf_add(out, parts[k]);
    }
    return true;
}

/*
 * The common case in one pass and one allocation: plain ASCII, nothing to unescape, to squeeze or
 * to sort. The bytes of `out` (dn.n of them) are the normal form when this says true; else the
 * careful way decides.
 */
enum plain { PLAIN_NOT, PLAIN_TYPE, PLAIN_VALUE }; /* where in a name we are */

/* `before` is what stands before c; nothing may be empty, and no space at the end of a value or
 * twice. */
static enum plain plain_step(enum plain at, char before, char c)
{
    bool edge = before == ',' || before == '=';
    if (is_alpha(c) || is_digit(c) || c == '-' || c == '.')
        return at;
    if (at == PLAIN_TYPE)
        return c == '=' && !edge ? PLAIN_VALUE : PLAIN_NOT;
    if (c == '_' || c == ':')
        return PLAIN_VALUE;
    if (edge || before == ' ')
        return PLAIN_NOT;
    if (c == ' ')
        return PLAIN_VALUE;
    return c == ',' ? PLAIN_TYPE : PLAIN_NOT;
}

static bool normalise_plain(struct str dn, char *out)
{
    size_t rdns = 1;
    enum plain at = PLAIN_TYPE;
    char before = ',';
    for (size_t i = 0; i < dn.n; i++) {
        char c = dn.p[i];
        enum plain next = plain_step(at, before, c);
        rdns += at == PLAIN_VALUE && next == PLAIN_TYPE;
        if (next == PLAIN_NOT || rdns > DN_RDNS_MAX)
            return false;
        out[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
        before = c;
        at = next;
    }
    return at == PLAIN_VALUE && before != ' ' && before != '=';
}

bool dn_normalise(struct str dn, struct arena *a, struct str *ret)
{
    if (dn.n > DN_MAX)
        return false;
    char plain[DN_MAX];
    if (normalise_plain(dn, plain)) {
        *ret = arena_str(a, (struct str){plain, dn.n});
        return !a->exhausted;
    }
    struct parser p = {.in = dn, .arena = a};
    skip_spaces(&p);
    if (p.i == dn.n) {
        *ret = STR("");
        return true;
    }
    auto_buf out = BUF_INIT(4 * DN_MAX);
    for (size_t n = 0; n < DN_RDNS_MAX; n++) {
        if (n > 0)
            buf_char(&out, ',');
        if (!parse_rdn(&p, &out))
            return false;
        if (p.i == dn.n) {
            *ret = arena_str(a, buf_str(&out));
            return !buf_failed(&out) && !a->exhausted;
        }
        p.i++; /* the comma: parse_rdn ends nowhere else */
    }
    return false;
}

/* Where the first unescaped c stands; s.n if nowhere. */
static size_t unescaped(struct str s, char c)
{
    size_t i = 0;
    while (i < s.n && s.p[i] != c)
        i += s.p[i] == '\\' ? 2 : 1;
    return i < s.n ? i : s.n;
}

bool dn_first(struct str normal, struct str *ret_type, struct str *ret_value)
{
    struct str rdn = str_from_to(normal, 0, unescaped(normal, ','));
    struct str type, value;
    if (unescaped(rdn, '+') < rdn.n || !str_split(rdn, '=', &type, &value))
        return false;
    *ret_type = type;
    *ret_value = value;
    return true;
}

bool dn_is_below(struct str dn, struct str base)
{
    if (base.n == 0 || str_eq(dn, base))
        return true;
    /* on a boundary between RDNs, and that comma not an escaped one */
    for (struct str rest = dn; rest.n > base.n;) {
        size_t comma = unescaped(rest, ',');
        rest = str_from_to(rest, comma + 1, rest.n);
        if (str_eq(rest, base))
            return true;
    }
    return false;
}

bool dn_join(struct str relative, struct str base, struct arena *a, struct str *ret)
{
    struct str head, tail;
    if (!dn_normalise(relative, a, &head) || !dn_normalise(base, a, &tail))
        return false;
    if (head.n == 0 || dn_is_below(head, tail)) {
        *ret = head.n == 0 ? tail : head;
        return true;
    }
    if (head.n + 1 + tail.n > DN_MAX)
        return false;
    *ret = arena_fmt(a, "%.*s,%.*s", STR_F(head), STR_F(tail));
    return !a->exhausted;
}
