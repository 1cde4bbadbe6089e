#include "gateway/config_internal.h"
#include "gateway/oidc/redirect_uri.h"

#include <stdlib.h>

#include "base/file.h"

#define CA_BYTES_MAX     ((size_t)1 << 18)
#define SECRET_BYTES_MIN 16

struct client_config {
    struct str id, name, secret, secret_file, secret_env;
    struct texts redirect_uris, post_logout_redirect_uris, trusted_peers;
    bool is_public, allow_refresh, unknown_scopes_ignored;
    int alg, pkce; /* enum jose_alg, enum pkce_rule */
    int64_t id_token_ttl_ms;
};
struct site_config {
    struct str name, audience, server, ca_file;
};

static const struct config_row client_rows[] = {
#define KEY(section, name, kind, need, member, fallback, least, most, choices, example, help) \
    {section, #name,   ROW_##kind, need, offsetof(struct client_config, member), fallback, least, \
     most,    choices, example,    help},
#include "gateway/config_client.tbl.h"
#undef KEY
};
static const struct config_row site_rows[] = {
#define KEY(section, name, kind, need, member, fallback, least, most, choices, example, help) \
    {section, #name,   ROW_##kind, need, offsetof(struct site_config, member), fallback, least, \
     most,    choices, example,    help},
#include "gateway/config_site.tbl.h"
#undef KEY
};
const struct row_table config_client_table = {client_rows,
                                              sizeof(client_rows) / sizeof(*client_rows)};
const struct row_table config_site_table = {site_rows, sizeof(site_rows) / sizeof(*site_rows)};

struct client_list { /* in the making */
    struct client *items;
    size_t n;
};

static const struct yaml *list_of(struct config_reader *r, const struct yaml *y, const char *what)
{
    if (!y || yaml_is_null(y))
        return NULL;
    if (y->kind == YAML_LIST)
        return y;
    diag_error(r->d, y->pos, "'%s' must be a list", what);
    return NULL;
}

static bool is_map(struct config_reader *r, const struct yaml *y)
{
    if (y->kind != YAML_MAP)
        diag_error(r->d, y->pos, "expected a map of keys");
    return y->kind == YAML_MAP;
}

static bool id_is_taken(const struct client_list *l, struct str id)
{
    for (size_t i = 0; i < l->n; i++)
        if (str_eq(l->items[i].id, id))
            return true;
    return false;
}

/* --- secrets */

static bool fetch_secret(struct config_reader *r, const struct client_config *k, struct secret *ret,
                         struct err *e)
{
    struct arena *a = &r->c->arena;
    if (k->secret_file.n)
        return secret_read_file(ret, arena_cstr(a, k->secret_file), e) == 0;
    if (k->secret_env.n) {
        const char *value = getenv(arena_cstr(a, k->secret_env));
        if (!value)
            return fail(e, ERR_CONFIG, "the environment variable %.*s is not set",
                        STR_F(k->secret_env)) == 0;
        secret_set(ret, str_from(value));
        return true;
    }
    secret_set(ret, k->secret);
    return true;
}

static void read_secret(struct config_reader *r, const struct client_config *k,
                        const struct yaml *y, struct client *to)
{
    struct config *c = r->c;
    struct err e = {0};
    int given = (k->secret.n > 0) + (k->secret_file.n > 0) + (k->secret_env.n > 0);
    if (k->is_public && given)
        diag_error(r->d, y->pos, "a public client has no secret");
    else if (!k->is_public && given != 1)
        diag_error(r->d, y->pos,
                   given ? "secret, secret_file and secret_env: only one of them"
                         : "the client needs a secret, or 'public: true'");
    if (k->is_public || given != 1)
        return;
    struct secret *s = &c->secrets[c->n_secrets++];
    if (!fetch_secret(r, k, s, &e))
        diag_error(r->d, y->pos, "client '%.*s': %s", STR_F(k->id), e.text);
    else if (secret_reveal(s).n < SECRET_BYTES_MIN) /* RFC 6749 10.10: guessing must not pay */
        diag_error(r->d, y->pos, "the secret of client '%.*s' has less than %d characters",
                   STR_F(k->id), SECRET_BYTES_MIN);
    to->secrets = s;
    to->n_secrets = 1;
}

/* --- clients */

static const char *uri_problem(struct str uri, bool is_public)
{
    if (str_has(uri, '*'))
        return "it holds a wildcard: redirect URIs are compared byte for byte";
    if (!is_public && !str_starts(uri, STR("http")))
        return "only a public client may have a scheme of its own";
    return redirect_uri_problem(uri);
}

static void check_uris(struct config_reader *r, const struct texts *uris, bool is_public)
{
    for (size_t i = 0; i < uris->n; i++) {
        const char *problem = uri_problem(uris->items[i], is_public);
        const struct yaml *y = uris->node->kind == YAML_LIST ? &uris->node->items[i] : uris->node;
        if (problem)
            diag_error(r->d, y->pos, "redirect URI: %s", problem);
    }
}

static void read_client(struct config_reader *r, const struct yaml *y, struct client_list *l)
{
    struct client_config k = {0};
    if (!is_map(r, y))
        return;
    rows_read(&r->rows, y, &config_client_table, &k);
    if (id_is_taken(l, k.id))
        diag_error(r->d, y->pos, "the client '%.*s' stands twice", STR_F(k.id));
    if (k.is_public && k.pkce == PKCE_OPTIONAL) /* RFC 9700 2.1.1: public clients MUST use PKCE */
        diag_error(r->d, y->pos, "a public client cannot leave PKCE out");
    check_uris(r, &k.redirect_uris, k.is_public);
    check_uris(r, &k.post_logout_redirect_uris, k.is_public);
    struct client *to = &l->items[l->n++];
    *to = (struct client){.id = k.id,
                          .name = k.name.n ? k.name : k.id,
                          .redirect_uris = k.redirect_uris.items,
                          .n_redirect_uris = k.redirect_uris.n,
                          .post_logout_redirect_uris = k.post_logout_redirect_uris.items,
                          .n_post_logout_redirect_uris = k.post_logout_redirect_uris.n,
                          .trusted_peers = k.trusted_peers.items,
                          .n_trusted_peers = k.trusted_peers.n,
                          .id_token_alg = (enum jose_alg)k.alg,
                          .pkce = (enum pkce_rule)k.pkce,
                          .allow_refresh = k.allow_refresh,
                          .unknown_scopes_ignored = k.unknown_scopes_ignored,
                          .id_token_ttl_ms = k.id_token_ttl_ms};
    read_secret(r, &k, y, to);
}

/* --- sites */

static const struct str helper_peers[] = {{HELPER_CLIENT_ID, sizeof(HELPER_CLIENT_ID) - 1}};
static const struct str helper_redirect_uris[] = {{"http://127.0.0.1/callback", 25},
                                                  {"http://[::1]/callback", 21}};

static struct str read_ca(struct config_reader *r, const struct site_config *k,
                          const struct yaml *y)
{
    struct err e = {0};
    auto_buf pem = BUF_INIT(CA_BYTES_MAX);
    if (k->ca_file.n == 0)
        return STR_NONE;
    if (file_read(arena_cstr(&r->c->arena, k->ca_file), CA_BYTES_MAX, &pem, &e) < 0) {
        diag_error(r->d, y->pos, "site '%.*s': %s", STR_F(k->name), e.text);
        return STR_NONE;
    }
    if (!str_contains(buf_str(&pem), STR("-----BEGIN CERTIFICATE-----")))
        diag_error(r->d, y->pos, "%.*s holds no certificate in PEM form", STR_F(k->ca_file));
    return arena_str(&r->c->arena, buf_str(&pem));
}

/* One client per site: the audience its API servers ask for. Whoever logs in with lotse-login may
 * have tokens for it. */
static void read_site(struct config_reader *r, const struct yaml *y, struct client_list *l,
                      struct kubernetes_site *sites)
{
    struct site_config k = {0};
    struct oidc_settings *o = &r->c->oidc;
    if (!is_map(r, y))
        return;
    rows_read(&r->rows, y, &config_site_table, &k);
    if (id_is_taken(l, k.audience))
        diag_error(r->d, y->pos, "the audience '%.*s' is a client already", STR_F(k.audience));
    for (size_t i = 0; i < o->n_sites; i++)
        if (str_eq(sites[i].name, k.name))
            diag_error(r->d, y->pos, "the site '%.*s' stands twice", STR_F(k.name));
    if (k.server.n && !url_is_https(k.server))
        diag_error(r->d, y->pos, "server must be https://host[:port]");
    sites[o->n_sites++] = (struct kubernetes_site){k.name, k.audience, k.server, read_ca(r, &k, y)};
    l->items[l->n++] = (struct client){.id = k.audience,
                                       .name = k.name,
                                       .trusted_peers = helper_peers,
                                       .n_trusted_peers = 1,
                                       .id_token_alg = JOSE_ES256,
                                       .pkce = PKCE_REQUIRED,
                                       .is_kubernetes = true};
}

static void add_helper(struct client_list *l)
{
    l->items[l->n++] = (struct client){.id = STR(HELPER_CLIENT_ID),
                                       .name = STR("kubectl (lotse-login)"),
                                       .redirect_uris = helper_redirect_uris,
                                       .n_redirect_uris = 2,
                                       .id_token_alg = JOSE_ES256,
                                       .pkce = PKCE_REQUIRED,
                                       .allow_refresh = true,
                                       .unknown_scopes_ignored = true,
                                       .one_audience = true};
}

void config_read_clients(struct config_reader *r)
{
    struct config *c = r->c;
    const struct yaml *kubernetes = yaml_get(c->root, STR("kubernetes"));
    const struct yaml *clients = list_of(r, yaml_get(c->root, STR("clients")), "clients");
    const struct yaml *sites =
        kubernetes ? list_of(r, yaml_get(kubernetes, STR("sites")), "sites") : NULL;
    size_t n_clients = clients ? clients->n : 0, n_sites = sites ? sites->n : 0;
    struct client_list l = {.items =
                                ARENA_ARRAY(&c->arena, n_clients + n_sites + 1, struct client)};
    struct kubernetes_site *to = ARENA_ARRAY(&c->arena, n_sites, struct kubernetes_site);
    c->secrets = ARENA_ARRAY(&c->arena, n_clients, struct secret);
    if (n_sites)
        add_helper(&l);
    for (size_t i = 0; i < n_sites; i++)
        read_site(r, &sites->items[i], &l, to);
    for (size_t i = 0; i < n_clients; i++)
        read_client(r, &clients->items[i], &l);
    c->oidc.clients = l.items;
    c->oidc.n_clients = l.n;
    c->oidc.sites = to;
}
