/* status and whoami: what is in the state folder, without secrets, for people and for programs. */
#include "base/json.h"
#include "login/net/commands.h"
#include "login/net/id_token.h"
#include "login/token_file.h"

struct show {
    struct context *context;
    struct json_out *json; /* NULL: text */
    struct buf *out;
    size_t n;
};
/* One cluster of one gateway; token: NULL when none is cached. */
typedef void show_site(struct show *s, const struct site *site, const struct token_view *token);

static const char *age_name(const struct token_view *token, int64_t now_ms)
{
    static const char *const names[] = {[TOKEN_FRESH] = "fresh",
                                        [TOKEN_AGING] = "aging",
                                        [TOKEN_LAST] = "expiring",
                                        [TOKEN_EXPIRED] = "expired"};
    return token ? names[token_age_at(&token->times, now_ms)] : "none";
}

static void status_site(struct show *s, const struct site *site, const struct token_view *token)
{
    const char *age = age_name(token, clock_now_ms(s->context->clock));
    auto_buf expires = BUF_INIT(64);
    if (token)
        time_format(&expires, token->times.expires_ms, false);
    if (!s->json) {
        buf_fmt(s->out, "  %-12.*s %-8s %s\n", STR_F(site->audience), age, buf_cstr(&expires));
        return;
    }
    json_open_object(s->json);
    json_put_str(s->json, "name", site->name);
    json_put_str(s->json, "audience", site->audience);
    json_put_str(s->json, "token", STR_C(age));
    json_put_str_opt(s->json, "expires", buf_str(&expires));
    json_close_object(s->json);
}

static void whoami_site(struct show *s, const struct site *site, const struct token_view *token)
{
    struct id_token claims;
    struct err e;
    if (!token || id_token_read(token->token, s->context->arena, &claims, &e) != 0)
        return;
    s->n++;
    if (s->json) {
        json_open_object(s->json);
        json_put_str(s->json, "name", site->name);
        json_put_str(s->json, "audience", site->audience);
        json_put_str(s->json, "username", claims.username);
        json_put_str(s->json, "subject", claims.subject);
        json_put_strs(s->json, "groups", claims.groups, claims.n_groups);
        json_close_object(s->json);
        return;
    }
    buf_fmt(s->out, "  %-12.*s %.*s\n", STR_F(site->audience), STR_F(claims.username));
    for (size_t i = 0; i < claims.n_groups; i++)
        buf_fmt(s->out, "    %.*s\n", STR_F(claims.groups[i]));
}

static void each_site(struct show *s, const struct gateway *g, show_site *show)
{
    struct options o = *s->context->options;
    o.value[OPTION_ISSUER] = g->issuer.p;
    o.value[OPTION_CLIENT_ID] = g->client_id.p;
    o.value[OPTION_PROFILE] = g->profile.p;
    for (size_t i = 0; i < g->n_sites; i++) {
        struct state_key key = state_key_of(&o, g->sites[i].audience);
        struct token_view view;
        struct err e;
        auto_buf bytes = BUF_INIT(STATE_FILE_MAX);
        bool have = state_read(&s->context->state, STATE_TOKEN, &key, &bytes, &e) == STATE_OK &&
                    token_file_read(buf_str(&bytes), &key, &view);
        show(s, &g->sites[i], have ? &view : NULL);
    }
}

static bool load_session_of(struct show *s, const struct gateway *g, struct session *ret)
{
    struct context other = *s->context;
    struct options o = *s->context->options;
    o.value[OPTION_ISSUER] = g->issuer.p;
    o.value[OPTION_CLIENT_ID] = g->client_id.p;
    o.value[OPTION_PROFILE] = g->profile.p;
    other.options = &o;
    other.session_key = state_key_of(&o, STR_NONE);
    return saved_session_load(&other, ret);
}

static void status_text(struct show *s, const struct gateway *g, const struct session *session)
{
    auto_buf since = BUF_INIT(64);
    if (session)
        time_format(&since, session->logged_in_ms, false);
    buf_fmt(s->out, "%.*s", STR_F(g->issuer));
    if (!str_is(g->profile, PROFILE_DEFAULT))
        buf_fmt(s->out, " (%.*s)", STR_F(g->profile));
    if (session)
        buf_fmt(s->out, ": %.*s, %s\n", STR_F(session->username), buf_cstr(&since));
    else
        buf_c(s->out, message_is_german() ? ": nicht angemeldet\n" : ": not logged in\n");
    each_site(s, g, status_site);
}

static bool status_gateway(void *context, struct str content)
{
    struct show *s = context;
    struct gateway g;
    struct session session;
    struct err e;
    if (gateway_read_saved(content, s->context->arena, &g, &e) != 0)
        return true;
    bool have = load_session_of(s, &g, &session);
    s->n++;
    if (!s->json) {
        status_text(s, &g, have ? &session : NULL);
        return true;
    }
    json_open_object(s->json);
    json_put_str(s->json, "issuer", g.issuer);
    json_put_str(s->json, "client_id", g.client_id);
    json_put_str(s->json, "profile", g.profile);
    json_put_bool(s->json, "logged_in", have);
    if (have) {
        json_put_str(s->json, "username", session.username);
        json_put_str(s->json, "device", session.device);
        json_put_i64(s->json, "logged_in_ms", session.logged_in_ms);
        json_put_i64(s->json, "refreshed_ms", session.refreshed_ms);
    }
    json_key(s->json, "tokens");
    json_open_array(s->json);
    each_site(s, &g, status_site);
    json_close_array(s->json);
    json_close_object(s->json);
    return true;
}

static bool whoami_gateway(void *context, struct str content)
{
    struct show *s = context;
    struct gateway g;
    struct err e;
    struct str issuer = option_get(s->context->options, OPTION_ISSUER);
    if (gateway_read_saved(content, s->context->arena, &g, &e) != 0 ||
        (issuer.n > 0 && !str_eq(issuer, g.issuer)))
        return true;
    if (!s->json) {
        buf_fmt(s->out, "%.*s (%.*s)\n", STR_F(g.issuer), STR_F(g.profile));
        each_site(s, &g, whoami_site);
        return true;
    }
    json_open_object(s->json);
    json_put_str(s->json, "issuer", g.issuer);
    json_put_str(s->json, "profile", g.profile);
    json_key(s->json, "clusters");
    json_open_array(s->json);
    each_site(s, &g, whoami_site);
    json_close_array(s->json);
    json_close_object(s->json);
    return true;
}

/* {"KEY": [what visit writes for each gateway]}, or lines. The number of things shown. */
static size_t show_all(struct context *c, const char *key, state_visit *visit)
{
    auto_buf out = BUF_INIT((size_t)1 << 20);
    struct json_out json;
    struct show s = {.context = c, .out = &out};
    if (str_is(option_get(c->options, OPTION_OUTPUT), "json")) {
        json_out_init(&json, &out);
        s.json = &json;
        json_open_object(&json);
        json_key(&json, key);
        json_open_array(&json);
    }
    state_each(&c->state, STATE_ISSUER, visit, &s);
    if (s.json) {
        json_close_array(&json);
        json_close_object(&json);
        buf_char(&out, '\n');
    }
    message_write(1, buf_str(&out));
    return s.n;
}

int command_status(struct context *c)
{
    size_t n = show_all(c, "sessions", status_gateway);
    if (n == 0 && !str_is(option_get(c->options, OPTION_OUTPUT), "json"))
        message_write(1, message_is_german() ? STR("keine Sitzungen\n") : STR("no sessions\n"));
    return EXIT_OK;
}

int command_whoami(struct context *c)
{
    if (show_all(c, "gateways", whoami_gateway) > 0)
        return EXIT_OK;
    struct str issuer = option_get(c->options, OPTION_ISSUER);
    return context_fail(c, EXIT_LOGIN_REQUIRED,
                        issuer.n > 0 ? MESSAGE_LOGIN_REQUIRED : MESSAGE_NO_SESSION, issuer,
                        STR_NONE);
}
