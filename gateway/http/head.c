#include "gateway/http/head.h"

#include "base/base64.h"

#define REFUSE(code, why) \
    (struct refusal) \
    { \
        .status = (code), .reason = (why) \
    }
#define FINE ((struct refusal){0})

/* RFC 9110 5.6.2 */
static bool is_token(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == 0 || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return s.n > 0;
}

static bool is_digits(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0;
}

/* RFC 9110 5.5: visible characters, space, tab and bytes over 0x7f. */
static bool is_field_value(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static struct str trim_ows(struct str s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = str_from_to(s, 1, s.n);
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* --- request line */

static bool read_method(struct str name, enum http_method *ret)
{
    static const struct {
        const char *name;
        enum http_method method;
    } methods[] = {{"GET", HTTP_GET},         {"HEAD", HTTP_HEAD}, {"POST", HTTP_POST},
                   {"OPTIONS", HTTP_OPTIONS}, {"PUT", HTTP_PUT},   {"PATCH", HTTP_PATCH},
                   {"DELETE", HTTP_DELETE}};
    for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
        if (str_is(name, methods[i].name)) {
            *ret = methods[i].method;
            return true;
        }
    }
    return false;
}

/* The characters of RFC 3986, and those that browsers send raw in a query although it does not
 * allow them. */
static struct refusal check_target(struct str t)
{
    for (size_t i = 0; i < t.n; i++) {
        unsigned char c = (unsigned char)t.p[i];
        if (c <= 0x20 || c >= 0x7f || strchr("\"<>#", c))
            return REFUSE(400, "character in the request target that must be encoded");
        if (c != '%')
            continue;
        int high = i + 2 < t.n ? hex_digit(t.p[i + 1]) : -1;
        int low = i + 2 < t.n ? hex_digit(t.p[i + 2]) : -1;
        if (high < 0 || low < 0)
            return REFUSE(400, "broken percent-encoding in the request target");
        if (high == 0 && low == 0)
            return REFUSE(400, "encoded NUL in the request target");
    }
    return FINE;
}

/* RFC 3986 3.2.2, coarse: what is not a name, an address and a port never gets far enough to be
 * logged. */
static bool is_host(struct str host)
{
    for (size_t i = 0; i < host.n; i++) {
        char c = host.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == 0 || !strchr(".-_:[]~!$&'()*+,;=%", c)))
            return false;
    }
    return host.n > 0;
}

/* RFC 3986 3.1: schemes in any case. */
static struct str behind_scheme(struct str target)
{
    static const char *const schemes[] = {"https://", "http://"};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
        struct str scheme = str_from(schemes[i]);
        if (str_eq_nocase(str_from_to(target, 0, scheme.n), scheme))
            return str_from_to(target, scheme.n, target.n);
    }
    return STR_NONE;
}

/*
 * RFC 9112 3.2.2: a server MUST accept the absolute-form, although only proxies are asked in it.
 * Its authority goes before Host; nothing here depends on either, so it is checked and left behind.
 */
static struct refusal read_absolute(struct str target, struct head *h)
{
    struct str rest = behind_scheme(target);
    size_t n = 0;
    while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
        n++;
    struct str authority = str_from_to(rest, 0, n);
    /* RFC 9110 4.2.1: an empty host MUST be rejected; 4.2.4: user information is an error (no '@')
     */
    if (!is_host(authority) || authority.p[0] == ':')
        return REFUSE(400, "the request target must begin with a slash or name a host");
    h->path = str_from_to(rest, n, rest.n);
    str_split(h->path, '?', &h->path, &h->query);
    if (h->path.n == 0) /* RFC 9110 4.2.3: an empty path is "/" */
        h->path = STR("/");
    return FINE;
}

static struct refusal read_target(struct str target, struct head *h)
{
    if (target.n > HEAD_TARGET_MAX)
        return REFUSE(414, "request target too long");
    struct refusal refused = check_target(target);
    if (refused.status)
        return refused;
    if (!str_starts(target, STR("/")))
        return read_absolute(target, h);
    h->path = target; /* RFC 9112 3.2.1: origin-form */
    str_split(target, '?', &h->path, &h->query);
    return FINE;
}

static struct refusal read_version(struct str version, struct head *h)
{
    if (str_is(version, "HTTP/1.1"))
        return FINE;
    if (str_is(version, "HTTP/1.0")) {
        h->http_1_0 = h->close = true;
        return FINE;
    }
    bool shaped = version.n == 8 && str_starts(version, STR("HTTP/")) && version.p[6] == '.' &&
                  is_digits(str_from_to(version, 5, 6)) && is_digits(str_from_to(version, 7, 8));
    return shaped ? REFUSE(505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
                  : REFUSE(400, "broken request line");
}

/* RFC 9112 3: method SP request-target SP HTTP-version, single spaces. */
static struct refusal read_request_line(struct str line, struct head *h)
{
    struct str method, rest, target, version;
    if (!str_split(line, ' ', &method, &rest) || !str_split(rest, ' ', &target, &version) ||
        !is_token(method) || str_has(version, ' '))
        return REFUSE(400, "broken request line");
    struct refusal refused = read_version(version, h);
    if (refused.status)
        return refused;
    h->method_known = read_method(method, &h->method);
    if (!h->method_known) /* RFC 9110 9.1 */
        return REFUSE(501, "method not implemented");
    return read_target(target, h);
}

struct refusal head_check_line(struct str line)
{
    struct head scratch = {0};
    return read_request_line(line, &scratch);
}

/* --- framing fields */

static struct refusal read_length(struct str value, size_t body_max, struct head *h)
{
    int64_t length;
    /* RFC 9112 6.3: several or differing lengths are an unrecoverable error */
    if (h->has_length)
        return REFUSE(400, "two Content-Length fields");
    if (!is_digits(value)) /* RFC 9110 8.6: 1*DIGIT; no sign, no list */
        return REFUSE(400, "broken Content-Length");
    h->has_length = true;
    if (value.n > 15 || !str_to_i64(value, &length))
        return REFUSE(413, "body too large");
    h->content_length = (size_t)length;
    return h->content_length > body_max ? REFUSE(413, "body too large") : FINE;
}

/* A body of known length is asked for: no client of ours needs a transfer coding, and with it go
   all its ways of being misunderstood. */
static struct refusal read_transfer_encoding(struct str value, struct head *h)
{
    if (h->http_1_0) /* RFC 9112 6.1: MUST treat the message as if the framing is faulty */
        return REFUSE(400, "Transfer-Encoding in HTTP/1.0");
    if (h->has_transfer_encoding)
        return REFUSE(400, "two Transfer-Encoding fields");
    h->has_transfer_encoding = true;
    if (str_eq_nocase(value, STR("chunked"))) /* RFC 9112 6.3: MAY be answered with 411 */
        return REFUSE(411, "a body needs a Content-Length here");
    return REFUSE(501, "transfer coding not implemented"); /* RFC 9112 6.1 */
}

static struct refusal read_connection(struct str value, struct head *h)
{
    struct str token;
    while (str_next(&value, ',', &token))
        if (str_eq_nocase(trim_ows(token), STR("close")))
            h->close = true;
    return FINE;
}

static struct refusal read_expect(struct str value, struct head *h)
{
    if (!str_eq_nocase(value, STR("100-continue"))) /* RFC 9110 10.1.1 */
        return REFUSE(417, "expectation not known");
    h->expects_continue = !h->http_1_0;
    return FINE;
}

static struct refusal read_forwarded(struct str value, struct head *h)
{
    if (h->n_forwarded == HEAD_FORWARDED_MAX)
        return REFUSE(400, "too many X-Forwarded-For fields");
    h->forwarded[h->n_forwarded++] = value;
    return FINE;
}

/* --- fields */

enum repeat { ONCE, FIRST };
static const struct field_row {
    const char *name;
    size_t offset;
    enum repeat repeat;
} field_rows[] = {
#define X(name, member, repeat) {name, offsetof(struct head, member), repeat},
#include "gateway/http/field.tbl.h"
#undef X
};

static struct refusal store_field(struct str name, struct str value, struct head *h)
{
    for (size_t i = 0; i < sizeof(field_rows) / sizeof(*field_rows); i++) {
        const struct field_row *row = &field_rows[i];
        if (!str_eq_nocase(name, str_from(row->name)))
            continue;
        struct str *slot = (struct str *)(void *)((char *)h + row->offset);
        if (slot->p &&
            row->repeat == ONCE) /* RFC 9112 3.2: two Host fields MUST be answered with 400 */
            return REFUSE(400, "a field stands twice that may stand once");
        if (!slot->p)
            *slot = (struct str){value.p ? value.p : "", value.n};
        return FINE;
    }
    return FINE;
}

static struct refusal read_field(struct str name, struct str value, size_t body_max, struct head *h)
{
    if (str_eq_nocase(name, STR("Content-Length")))
        return read_length(value, body_max, h);
    if (str_eq_nocase(name, STR("Transfer-Encoding")))
        return read_transfer_encoding(value, h);
    if (str_eq_nocase(name, STR("Connection")))
        return read_connection(value, h);
    if (str_eq_nocase(name, STR("Expect")))
        return read_expect(value, h);
    if (str_eq_nocase(name, STR("X-Forwarded-For")))
        return read_forwarded(value, h);
    return store_field(name, value, h);
}

static struct refusal read_field_line(struct str line, size_t body_max, struct head *h)
{
    struct str name, value;
    if (line.p[0] == ' ' ||
        line.p[0] == '\t') /* RFC 9112 5.2: a server MUST reject obs-fold or replace it */
        return REFUSE(400, "folded header field");
    if (!str_split(line, ':', &name, &value))
        return REFUSE(400, "header field without a colon");
    if (!is_token(name)) /* RFC 9112 5.1: white space before the colon MUST be answered with 400 */
        return REFUSE(400, "broken name of a header field");
    value = trim_ows(value);
    if (!is_field_value(value))
        return REFUSE(400, "control character in a header field");
    return read_field(name, value, body_max, h);
}

static struct refusal check_whole(const struct head *h)
{
    /* RFC 9112 3.2: a request without Host, or with an invalid one, MUST be answered with 400 */
    if (!h->host.p && !h->http_1_0)
        return REFUSE(400, "no Host field");
    if (h->host.p && !is_host(h->host))
        return REFUSE(400, "broken Host field");
    if (h->content_length && h->method != HTTP_POST && h->method != HTTP_PUT &&
        h->method != HTTP_PATCH)
        return REFUSE(400, "this method has no body here");
    if (h->content_encoding.n && !str_eq_nocase(h->content_encoding, STR("identity")))
        return REFUSE(415, "content coding not supported");
    return FINE;
}

/* The next line without its CRLF; false when there is none. A CR or LF alone was refused before
 * (guard.c). */
static bool next_line(struct str *rest, struct str *ret_line)
{
    if (rest->n == 0)
        return false;
    const char *end = memmem(rest->p, rest->n, "\r\n", 2);
    size_t n = end ? (size_t)(end - rest->p) : rest->n;
    *ret_line = str_from_to(*rest, 0, n);
    *rest = str_from_to(*rest, end ? n + 2 : n, rest->n);
    return true;
}

struct refusal head_parse(struct str bytes, size_t body_max, struct head *ret)
{
    struct str rest = bytes, line;
    *ret = (struct head){0};
    if (!next_line(&rest, &line))
        return REFUSE(400, "empty request");
    struct refusal refused = read_request_line(line, ret), framing = FINE;
    size_t n_fields = 0;
    while (!refused.status && next_line(&rest, &line) && line.n > 0) {
        if (++n_fields > HEAD_FIELDS_MAX) /* RFC 6585 5 */
            return REFUSE(431, "too many header fields");
        struct refusal field = read_field_line(line, body_max, ret);
        /* 400 is said about a request that is ambiguous, even if an earlier field alone would have
         * been 411 or 413 */
        if (field.status == 400)
            refused = field;
        else if (!framing.status)
            framing = field;
    }
    if (!refused.status && ret->has_length &&
        ret->has_transfer_encoding) /* RFC 9112 6.1, 6.3: request smuggling */
        refused = REFUSE(400, "Content-Length and Transfer-Encoding together");
    if (!refused.status)
        refused = check_whole(ret);
    return refused.status ? refused : framing;
}
