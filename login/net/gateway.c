#include "login/net/gateway.h"

#include "login/net/fetch.h"

/* Discovery 1.0, 4.1: the path is appended to the issuer, without its trailing slash. */
static void address(struct buf *out, struct str issuer, const char *path)
{
    if (str_ends(issuer, STR("/")))
        issuer.n--;
    buf_add(out, issuer);
    buf_c(out, path);
}

static int get(struct context *c, struct str issuer, const char *path, struct fetch_reply *ret)
{
    auto_buf url = BUF_INIT(1024);
    struct str why;
    address(&url, issuer, path);
    int code = fetch_get(c, buf_str(&url), ret, &why);
    if (code != EXIT_OK)
        return context_fail(c, code, code == EXIT_TLS ? MESSAGE_TLS : MESSAGE_UNREACHABLE, why,
                            STR_NONE);
    return EXIT_OK;
}

static int bad_status(struct context *c, const char *what, int status)
{
    auto_buf text = BUF_INIT(128);
    buf_fmt(&text, "%s: status %d", what, status);
    return context_fail(c, EXIT_UNREACHABLE, MESSAGE_BAD_ANSWER, buf_str(&text), STR_NONE);
}

int gateway_discover(struct context *c, struct gateway *ret)
{
    struct gateway g = {
        .issuer = option_get(c->options, OPTION_ISSUER),
        .client_id = option_get(c->options, OPTION_CLIENT_ID),
        .profile = option_get(c->options, OPTION_PROFILE),
        .ca_file = option_get(c->options, OPTION_CA_FILE),
    };
    struct fetch_reply reply;
    struct err e;
    int code = get(c, g.issuer, "/.well-known/openid-configuration", &reply);
    if (code != EXIT_OK)
        return code;
    if (reply.status != 200)
        return bad_status(c, "discovery document", reply.status);
    if (gateway_read_discovery(reply.body, c->arena, &g, &e) != 0)
        return context_fail(c, EXIT_UNREACHABLE, MESSAGE_BAD_ANSWER, STR_C(e.text), STR_NONE);
    code = get(c, g.issuer, "/kubernetes/sites", &reply);
    if (code != EXIT_OK)
        return code;
    if (reply.status != 200 &&
        reply.status != 404) /* 404: an OpenID provider that knows no clusters will do for one */
        return bad_status(c, "list of clusters", reply.status);
    if (reply.status == 200 && gateway_read_sites(reply.body, c->arena, &g, &e) != 0)
        return context_fail(c, EXIT_UNREACHABLE, MESSAGE_BAD_ANSWER, STR_C(e.text), STR_NONE);
    *ret = g;
    return EXIT_OK;
}

bool gateway_load(struct context *c, struct gateway *ret)
{
    auto_buf text = BUF_INIT(STATE_FILE_MAX);
    struct err e;
    if (state_read(&c->state, STATE_ISSUER, &c->session_key, &text, &e) != STATE_OK ||
        gateway_read_saved(buf_str(&text), c->arena, ret, &e) != 0)
        return false;
    return str_eq(ret->issuer, option_get(c->options, OPTION_ISSUER));
}

void gateway_store(struct context *c, const struct gateway *g)
{
    auto_buf text = BUF_INIT(STATE_FILE_MAX);
    struct err e;
    gateway_write_saved(&text, g);
    if (buf_failed(&text) ||
        state_write(&c->state, STATE_ISSUER, &c->session_key, buf_str(&text), &e) != 0)
        return; /* asked for again at the next login */
}

void gateway_delete_tokens(struct context *c, const struct gateway *g)
{
    for (size_t i = 0; i < g->n_sites; i++) {
        struct state_key key = state_key_of(c->options, g->sites[i].audience);
        state_delete(&c->state, STATE_TOKEN, &key);
    }
}

static void add_scope(struct buf *out, struct str audience)
{
    if (out->n > 0)
        buf_char(out, ' ');
    buf_lit(out, "audience:server:client_id:");
    buf_add(out, audience);
}

void gateway_audience_scopes(struct buf *out, const struct gateway *g, struct str one)
{
    bool has_one = one.n == 0;
    for (size_t i = 0; i < g->n_sites; i++) {
        add_scope(out, g->sites[i].audience);
        has_one = has_one || str_eq(g->sites[i].audience, one);
    }
    if (!has_one)
        add_scope(out, one);
}
