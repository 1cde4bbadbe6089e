#include "gateway/config_internal.h"

#include <unistd.h>

#include "gateway/keyring.h"

/* --- URLs */

static bool has_only(struct str s, const char *allowed)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == 0 || !strchr(allowed, c)))
            return false;
    }
    return s.n > 0;
}

static struct str authority_of(struct str after_scheme)
{
    struct str authority = after_scheme;
    for (size_t i = 0; i < after_scheme.n; i++)
        if (strchr("/?#", after_scheme.p[i]))
            return str_from_to(after_scheme, 0, i);
    return authority;
}

bool url_is_https(struct str url)
{
    if (!str_starts(url, STR("https://")))
        return false;
    struct str rest = str_from_to(url, 8, url.n), authority = authority_of(rest);
    struct str path = str_from_to(rest, authority.n, rest.n);
    return has_only(authority, ".-:[]") && (path.n == 0 || has_only(path, "/-._~"));
}

/* The name or address before the port. */
static struct str host_of(struct str authority)
{
    struct str host = authority, port;
    if (authority.n && authority.p[0] == '[') {
        const char *end = memchr(authority.p, ']', authority.n);
        return end ? str_from_to(authority, 0, (size_t)(end - authority.p) + 1) : STR_NONE;
    }
    str_split(authority, ':', &host, &port);
    return host;
}

static bool host_is_loopback(struct str host)
{
    struct address a;
    return str_is(host, "localhost") || (address_parse(host, &a) && address_is_loopback(&a));
}

/* --- insecure combinations: each is a mistake, not a warning */

static void check_listeners(struct config_reader *r)
{
    const struct config *c = r->c;
    bool tls = c->tls_certificate.n && c->tls_key.n;
    if ((c->tls_certificate.n > 0) != (c->tls_key.n > 0))
        diag_error(r->d, config_pos(c, "tls", "certificate"), "tls needs certificate and key");
    for (size_t i = 0; i < c->n_addresses && !tls; i++) {
        if (host_is_loopback(c->addresses[i].host))
            continue;
        if (c->behind_proxy && c->http.n_trusted_proxies > 0)
            continue;
        diag_error(r->d, config_pos(c, "", "listen"),
                   "'%.*s' would speak plain HTTP to everybody: passwords and codes could be read "
                   "on the way",
                   STR_F(c->listen.items[i]));
        diag_hint(r->d,
                  "give tls.certificate and tls.key, or 'behind_proxy: true' with trusted_proxies");
        return;
    }
    if (c->has_metrics && c->metrics_address.host.n && !host_is_loopback(c->metrics_address.host))
        diag_warn(r->d, config_pos(c, "metrics", "listen"),
                  "metrics can be read by whoever reaches this address; they hold no names and no "
                  "secrets");
}

static void check_tls_files(struct config_reader *r)
{
    struct config *c = r->c;
    struct err e = {0};
    if (!c->tls_certificate.n || !c->tls_key.n)
        return;
    if (http_tls_check(arena_cstr(&c->arena, c->tls_certificate), arena_cstr(&c->arena, c->tls_key),
                       &e) < 0)
        diag_error(r->d, config_pos(c, "tls", "certificate"), "%s", e.text);
}

static void check_key_file(struct config_reader *r)
{
    struct config *c = r->c;
    struct err e = {0};
    struct sealer *sealer = NULL;
    if (c->key_file.n == 0)
        return;
    if (keyring_sealer(arena_cstr(&c->arena, c->key_file), &sealer, &e) == 0) {
        sealer_free(sealer);
        return;
    }
    diag_error(r->d, config_pos(c, "", "key_file"), "%s", e.text);
    if (access(arena_cstr(&c->arena, c->key_file), F_OK) != 0)
        diag_hint(r->d, "make one with: lotse-gateway --generate-key %.*s", STR_F(c->key_file));
}

/* The file itself is made at the first start; what it lies in is not. */
static void check_store(struct config_reader *r)
{
    struct config *c = r->c;
    struct str path = c->store_path;
    if (c->store_type == CONFIG_STORE_MEMORY) {
        diag_warn(
            r->d, config_pos(c, "store", "type"),
            "the store is in memory: every restart logs everybody out and makes new signing keys");
        return;
    }
    while (path.n && path.p[path.n - 1] != '/')
        path.n--;
    if (path.n == 0 || access(arena_cstr(&c->arena, path), F_OK) == 0)
        return;
    diag_error(r->d, config_pos(c, "store", "path"), "the folder %.*s does not exist", STR_F(path));
    diag_hint(r->d, "make it, owned by the account the gateway runs as");
}

static void check_directories(struct config_reader *r)
{
    const struct config *c = r->c;
    for (size_t i = 0; i < c->connectors.n; i++) {
        const struct connector_config *k = &c->connectors.items[i];
        if (k->type != CONNECTOR_LDAP || !k->ldap.insecure_plaintext)
            continue;
        for (size_t u = 0; u < k->ldap.n_urls; u++) {
            struct str scheme, rest;
            if (!str_split(k->ldap.urls[u], ':', &scheme, &rest) || !str_starts(rest, STR("//")) ||
                host_is_loopback(host_of(authority_of(str_from_to(rest, 2, rest.n)))))
                continue;
            diag_error(r->d, k->pos, "insecure_plaintext would send passwords readably to %.*s",
                       STR_F(k->ldap.urls[u]));
        }
    }
}

static bool is_origin(struct str origin)
{
    if (!str_starts(origin, STR("https://")))
        return false;
    struct str rest = str_from_to(origin, 8, origin.n);
    return authority_of(rest).n == rest.n && has_only(rest, ".-:[]");
}

static void check_origins(struct config_reader *r)
{
    const struct texts *t = &r->c->cors_origins;
    for (size_t i = 0; i < t->n; i++)
        if (!is_origin(t->items[i]))
            diag_error(r->d, config_pos(r->c, "", "cors_origins"),
                       "'%.*s' is no origin such as https://host", STR_F(t->items[i]));
}

static void check_lifetimes(struct config_reader *r)
{
    const struct oidc_settings *o = &r->c->oidc;
    if (o->refresh_idle_ms > o->refresh_max_ms)
        diag_error(r->d, config_pos(r->c, "tokens", "refresh_idle"),
                   "refresh_idle is longer than refresh_max");
    if (o->session_idle_ms > o->session_max_ms)
        diag_error(r->d, config_pos(r->c, "sessions", "idle"), "idle is longer than max");
}

void config_check(struct config_reader *r)
{
    check_listeners(r);
    check_tls_files(r);
    check_key_file(r);
    check_directories(r);
    check_origins(r);
    check_lifetimes(r);
    check_store(r);
}
