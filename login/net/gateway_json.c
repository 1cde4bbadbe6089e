#include "base/json.h"
#include "login/net/gateway.h"
#include "login/plain.h"

#define DOCUMENT_MAX ((size_t)1 << 20)
#define SITES_MAX    256
#define SAVED_FORMAT 1

static bool is_https(struct str url)
{
    return str_starts(url, STR("https://")) && url.n > 8 && url.n < 2048 && !str_has_control(url) &&
           !str_has(url, ' ') && !str_has(url, '#');
}

static int read_endpoints(const json_t *j, struct arena *a, struct gateway *g, struct err *e)
{
    if (!json_get_str(j, "authorization_endpoint", a, &g->authorization_endpoint) ||
        !json_get_str(j, "token_endpoint", a, &g->token_endpoint))
        return fail(e, ERR_BACKEND, "authorization_endpoint or token_endpoint is missing");
    (void)json_get_str(j, "revocation_endpoint", a, &g->revocation_endpoint);
    if (!is_https(g->authorization_endpoint) || !is_https(g->token_endpoint) ||
        (g->revocation_endpoint.n > 0 && !is_https(g->revocation_endpoint)))
        return fail(e, ERR_BACKEND, "an endpoint does not begin with https://");
    (void)json_get_bool(j, "authorization_response_iss_parameter_supported", &g->sends_issuer);
    return 0;
}

int gateway_read_discovery(struct str text, struct arena *a, struct gateway *ret, struct err *e)
{
    struct gateway g = *ret;
    struct str issuer = STR_NONE; /* a document may name none */
    auto_json *j = json_read(text, DOCUMENT_MAX, e);
    if (!j)
        return fail_within(e, "discovery document");
    /* Discovery 1.0, 4.3: MUST be identical to the issuer the document was asked of */
    if (!json_get_str(j, "issuer", a, &issuer) || !str_eq(issuer, g.issuer))
        return fail(e, ERR_BACKEND, "the discovery document of %.*s is for issuer '%.*s'",
                    STR_F(g.issuer), STR_F(issuer));
    if (read_endpoints(j, a, &g, e) != 0)
        return fail_within(e, "discovery document");
    *ret = g;
    return 0;
}

/* Names go into a kubeconfig and into commands people type. */
static bool is_name(struct str s, size_t most)
{
    return plain_is(s, "-._:/@", most) && s.p[0] != '-';
}

static bool read_site(const json_t *j, struct arena *a, struct site *s)
{
    if (!json_get_str(j, "name", a, &s->name) || !json_get_str(j, "server", a, &s->server) ||
        !json_get_str(j, "audience", a, &s->audience))
        return false;
    (void)json_get_str(j, "certificate_authority_data", a, &s->certificate_authority_data);
    return is_name(s->name, 64) && is_name(s->audience, 200) && is_https(s->server);
}

static int read_site_list(const json_t *list, struct arena *a, struct gateway *g, struct err *e)
{
    size_t i;
    const json_t *item;
    g->sites = NULL;
    g->n_sites = g->cap_sites = 0;
    if (!json_is_array(list) || json_array_size(list) > SITES_MAX)
        return fail(e, ERR_BACKEND, "'sites' is no list, or longer than %d", SITES_MAX);
    json_array_foreach(list, i, item)
    {
        struct site *s = arena_push(a, (void **)&g->sites, &g->n_sites, &g->cap_sites, sizeof(*s));
        if (!s || !read_site(item, a, s))
            return fail(e, ERR_BACKEND, "site %zu lacks a name, an https server or an audience",
                        i + 1);
    }
    return 0;
}

int gateway_read_sites(struct str text, struct arena *a, struct gateway *ret, struct err *e)
{
    struct gateway g = *ret;
    struct str issuer = STR_NONE; /* a document may name none */
    auto_json *j = json_read(text, DOCUMENT_MAX, e);
    if (!j)
        return fail_within(e, "list of clusters");
    if (json_get_str(j, "issuer", a, &issuer) && !str_eq(issuer, g.issuer))
        return fail(e, ERR_BACKEND, "the list of clusters is of issuer '%.*s'", STR_F(issuer));
    if (read_site_list(json_object_get(j, "sites"), a, &g, e) != 0)
        return fail_within(e, "list of clusters");
    *ret = g;
    return 0;
}

int gateway_read_saved(struct str text, struct arena *a, struct gateway *ret, struct err *e)
{
    struct gateway g = {0};
    int64_t format;
    auto_json *j = json_read(text, DOCUMENT_MAX, e);
    if (!j)
        return -1;
    if (!json_get_i64(j, "format", &format) || format != SAVED_FORMAT)
        return fail(e, ERR_CONFIG, "saved by another version");
    if (!json_get_str(j, "issuer", a, &g.issuer) ||
        !json_get_str(j, "client_id", a, &g.client_id) ||
        !json_get_str(j, "profile", a, &g.profile))
        return fail(e, ERR_CONFIG, "issuer, client_id or profile is missing");
    (void)json_get_str(j, "ca_file", a, &g.ca_file);
    if (read_endpoints(j, a, &g, e) != 0 ||
        read_site_list(json_object_get(j, "sites"), a, &g, e) != 0)
        return -1;
    *ret = g;
    return 0;
}

void gateway_write_saved(struct buf *out, const struct gateway *g)
{
    struct json_out j;
    json_out_init(&j, out);
    json_open_object(&j);
    json_put_i64(&j, "format", SAVED_FORMAT);
    json_put_str(&j, "issuer", g->issuer);
    json_put_str(&j, "client_id", g->client_id);
    json_put_str(&j, "profile", g->profile);
    json_put_str_opt(&j, "ca_file", g->ca_file);
    json_put_str(&j, "authorization_endpoint", g->authorization_endpoint);
    json_put_str(&j, "token_endpoint", g->token_endpoint);
    json_put_str_opt(&j, "revocation_endpoint", g->revocation_endpoint);
    json_put_bool(&j, "authorization_response_iss_parameter_supported", g->sends_issuer);
    json_key(&j, "sites");
    json_open_array(&j);
    for (size_t i = 0; i < g->n_sites; i++) {
        json_open_object(&j);
        json_put_str(&j, "name", g->sites[i].name);
        json_put_str(&j, "server", g->sites[i].server);
        json_put_str(&j, "audience", g->sites[i].audience);
        json_close_object(&j); /* certificates are for setup alone, which asks again */
    }
    json_close_array(&j);
    json_close_object(&j);
    buf_char(out, '\n');
}
