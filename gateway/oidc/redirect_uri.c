#include "gateway/oidc/redirect_uri.h"

#define URI_MAX 2048

static bool has_bad_byte(struct str uri)
{
    for (size_t i = 0; i < uri.n; i++) {
        unsigned char c = (unsigned char)uri.p[i];
        if (c <= 0x20 || c >= 0x7f || strchr("\\\"<>^`{|}", c)) /* RFC 3986 2: never in a URI */
            return true;
    }
    return false;
}

/* What stands before ":" (RFC 3986 3.1). */
static bool scheme_of(struct str uri, struct str *ret_scheme, struct str *ret_rest)
{
    struct str scheme, rest;
    if (!str_split(uri, ':', &scheme, &rest) || scheme.n == 0)
        return false;
    for (size_t i = 0; i < scheme.n; i++) {
        char c = scheme.p[i];
        bool letter = c >= 'a' && c <= 'z';
        bool other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
        if (!letter && (i == 0 || !other))
            return false;
    }
    *ret_scheme = scheme;
    *ret_rest = rest;
    return true;
}

static struct str authority_of(struct str rest)
{
    struct str authority = str_from_to(rest, 2, rest.n);
    for (size_t i = 0; i < authority.n; i++)
        if (strchr("/?", authority.p[i]))
            return str_from_to(authority, 0, i);
    return authority;
}

static struct str host_of(struct str authority)
{
    struct str host, port;
    if (authority.n && authority.p[0] == '[') {
        if (!str_split(authority, ']', &host, &port))
            return STR_NONE;
        return str_from_to(authority, 0, host.n + 1);
    }
    return str_split(authority, ':', &host, &port) ? host : authority;
}

/* A registered host also stands in a header, as a form's target: only what a host may hold (RFC
 * 3986 3.2.2; a name beyond ASCII is written as punycode). */
static bool is_authority(struct str authority)
{
    for (size_t i = 0; i < authority.n; i++) {
        char c = authority.p[i];
        bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!alnum && !strchr("-._:[]", c))
            return false;
    }
    return true;
}

static const char *http_problem(struct str scheme, struct str rest)
{
    if (!str_starts(rest, STR("//")))
        return "it names no host";
    struct str authority = authority_of(rest), host = host_of(authority);
    if (str_has(authority, '@'))
        return "it carries user information";
    if (host.n == 0)
        return "it names no host";
    if (str_has(host, '*'))
        return "it holds a wildcard";
    if (!is_authority(authority))
        return "its host holds a byte that no host may hold";
    if (str_is(scheme, "https"))
        return NULL;
    if (str_is(host, "localhost") || str_is(host, "127.0.0.1") || str_is(host, "[::1]"))
        return NULL; /* RFC 8252 7.3, 8.3: the program that listens is on the person's own machine
                      */
    return "http is only for 127.0.0.1, [::1] and localhost";
}

const char *redirect_uri_problem(struct str uri)
{
    struct str scheme, rest;
    if (uri.n == 0 || uri.n > URI_MAX)
        return "it is empty or longer than 2048 bytes";
    if (has_bad_byte(uri))
        return "it holds a byte that no URI may hold";
    if (str_has(uri, '#'))
        return "it has a fragment"; /* RFC 6749 3.1.2: MUST NOT */
    if (!scheme_of(uri, &scheme, &rest))
        return "it is no absolute URI with a lower-case scheme";
    if (str_is(scheme, "http") || str_is(scheme, "https"))
        return http_problem(scheme, rest);
    /* RFC 8252 7.1: a private scheme is a reversed domain name; that keeps javascript:, data: and
     * file: out */
    return str_has(scheme, '.') ? NULL : "its scheme is neither https nor a reversed domain name";
}

/* "http://127.0.0.1:8000/cb" -> prefix "http://127.0.0.1", rest "/cb". */
static bool loopback_split(struct str uri, struct str *ret_prefix, struct str *ret_rest)
{
    static const struct str prefixes[] = {{"http://127.0.0.1", 16}, {"http://[::1]", 12}};
    for (size_t i = 0; i < 2; i++) {
        if (!str_starts(uri, prefixes[i]))
            continue;
        struct str rest = str_from_to(uri, prefixes[i].n, uri.n);
        if (rest.n && rest.p[0] == ':') {
            size_t digits = 1;
            int64_t port;
            while (digits < rest.n && rest.p[digits] >= '0' && rest.p[digits] <= '9')
                digits++;
            if (!str_to_i64(str_from_to(rest, 1, digits), &port) || digits > 6 || port < 1 ||
                port > 65535)
                return false;
            rest = str_from_to(rest, digits, rest.n);
        }
        *ret_prefix = prefixes[i];
        *ret_rest = rest;
        return true;
    }
    return false;
}

bool redirect_uri_matches(struct str registered, struct str given)
{
    if (str_eq(registered, given))
        return true;
    struct str prefix, rest, given_prefix, given_rest;
    return loopback_split(registered, &prefix, &rest) && (rest.n == 0 || strchr("/?", rest.p[0])) &&
           loopback_split(given, &given_prefix, &given_rest) && str_eq(prefix, given_prefix) &&
           str_eq(rest, given_rest);
}

bool redirect_uri_is_registered(const struct client *client, struct str given)
{
    if (given.n == 0)
        return false;
    for (size_t i = 0; i < client->n_redirect_uris; i++)
        if (redirect_uri_matches(client->redirect_uris[i], given))
            return true;
    return false;
}

bool post_logout_uri_is_registered(const struct client *client, struct str given)
{
    for (size_t i = 0; given.n && i < client->n_post_logout_redirect_uris; i++)
        if (str_eq(client->post_logout_redirect_uris[i], given))
            return true;
    return false;
}

struct str redirect_uri_origin(struct str uri)
{
    struct str scheme, rest;
    if (!scheme_of(uri, &scheme, &rest))
        return STR_NONE;
    if (!str_starts(rest, STR("//")))
        return str_from_to(uri, 0, scheme.n + 1);
    struct str authority = authority_of(rest);
    return str_from_to(uri, 0, scheme.n + 3 + authority.n);
}

void redirect_uri_begin(struct buf *out, struct str uri)
{
    buf_add(out, uri);
    if (!str_has(uri, '?'))
        buf_char(out, '?');
    else if (!str_ends(uri, STR("?")) && !str_ends(uri, STR("&")))
        buf_char(out, '&');
}
