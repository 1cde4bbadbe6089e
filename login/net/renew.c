#include "login/net/renew.h"

#include <unistd.h>

#include "login/net/browser.h"
#include "login/net/id_token.h"
#include "login/token_file.h"

/* A cluster that is newer than the session is covered by the next login; a login this young has
 * asked for all there are. */
#define ASK_AGAIN_MS 600000

enum refresh_result {
    REFRESH_DONE,  /* or failed for good: ->code says which */
    REFRESH_LOGIN, /* the session is no longer worth anything, or does not cover this cluster */
};
struct refresh {
    const struct gateway *gateway;
    struct session *session;
    struct str audience;
    int code;
    struct str why; /* of a refusal */
};

static int store_token(struct context *c, const struct grant *grant, const struct id_token *token,
                       struct str audience)
{
    auto_buf bytes = BUF_INIT(STATE_FILE_MAX);
    struct err e;
    bytes.wipe = true;
    struct state_key key = state_key_of(c->options, audience);
    struct token_times times =
        token_times_of(grant->received_ms, id_token_lifetime_ms(token, grant->expires_in_s));
    if (!token_file_make(&bytes, &key, &times, grant->id_token))
        return context_fail(c, EXIT_UNREACHABLE, MESSAGE_BAD_ANSWER,
                            STR("the ID token is too long or malformed"), STR_NONE);
    /* read-only homes work as well: the caller gets the bytes, only the next call is slower */
    bool stored = state_write(&c->state, STATE_TOKEN, &key, buf_str(&bytes), &e) == 0;
    if (c->result >= 0)
        message_write(c->result, buf_str(&bytes));
    if (!stored && c->result < 0)
        return context_fail(c, EXIT_STORAGE, MESSAGE_NOT_SAVED, STR_C(e.text), STR_NONE);
    return EXIT_OK;
}

/* RFC 6749 6: a new refresh token replaces the old; none: the old one stays good. On disk before
   the access it came with is used, or a crash would leave us with a token the gateway no longer
   takes. */
static void keep_session(struct context *c, const struct grant *grant, struct session *s)
{
    struct err e;
    if (grant->refresh_token.n > 0)
        s->refresh_token = grant->refresh_token;
    s->refreshed_ms = grant->received_ms;
    if (saved_session_store(c, s, &e) != 0 && !c->quiet && c->state.fd >= 0)
        message_say(2, MESSAGE_NOT_SAVED, STR_C(e.text), STR_NONE);
}

/* A refusal that another login would not mend. */
static bool is_about_account(struct str why)
{
    return str_contains(why, STR("account")) || str_contains(why, STR("locked")) ||
           str_contains(why, STR("disabled"));
}

static enum refresh_result refuse(struct context *c, struct refresh *r, enum grant_result result)
{
    switch (result) {
    case GRANT_OK: break;
    case GRANT_UNREACHABLE:
        r->code = context_fail(c, EXIT_UNREACHABLE, MESSAGE_UNREACHABLE, r->why, STR_NONE);
        return REFRESH_DONE;
    case GRANT_UNTRUSTED:
        r->code = context_fail(c, EXIT_TLS, MESSAGE_TLS, r->why, STR_NONE);
        return REFRESH_DONE;
    case GRANT_REFUSED:
        r->code = context_fail(c, EXIT_ACCESS, MESSAGE_ACCESS, r->gateway->issuer, r->why);
        return REFRESH_DONE;
    case GRANT_ENDED: saved_session_delete(c); break;
    case GRANT_SCOPE:
        if (clock_now_ms(c->clock) - r->session->logged_in_ms > ASK_AGAIN_MS)
            break;
        r->code = context_fail(c, EXIT_ACCESS, MESSAGE_ACCESS, r->gateway->issuer, r->why);
        return REFRESH_DONE;
    }
    r->code = EXIT_LOGIN_REQUIRED;
    return REFRESH_LOGIN;
}

static enum refresh_result refresh(struct context *c, struct refresh *r)
{
    struct grant grant;
    struct id_token token;
    struct err e;
    auto_buf scope = BUF_INIT(1024);
    buf_lit(&scope, "openid profile email groups audience:server:client_id:");
    buf_add(&scope, r->audience);
    struct grant_refresh form = {r->session->refresh_token, buf_str(&scope)};
    enum grant_result result = grant_by_refresh(c, r->gateway, &form, &grant, &r->why);
    if (result != GRANT_OK)
        return refuse(c, r, result);
    keep_session(c, &grant, r->session);
    struct id_token_expected expected = {r->gateway->issuer, r->gateway->client_id, r->audience,
                                         STR_NONE, r->session->subject};
    if (id_token_read(grant.id_token, c->arena, &token, &e) != 0 ||
        id_token_check(&token, &expected, &e) != 0)
        r->code = context_fail(c, EXIT_UNREACHABLE, MESSAGE_BAD_ANSWER, STR_C(e.text), STR_NONE);
    else
        r->code = store_token(c, &grant, &token, r->audience);
    return REFRESH_DONE;
}

void renew_all(struct context *c, const struct gateway *g, struct session *s)
{
    struct refresh r = {.gateway = g, .session = s};
    bool before = c->quiet;
    c->quiet = true;
    for (size_t i = 0; i < g->n_sites && r.code != EXIT_UNREACHABLE; i++) {
        r.audience = g->sites[i].audience;
        if (refresh(c, &r) == REFRESH_LOGIN && !saved_session_load(c, s))
            break; /* no session left to go on with */
    }
    c->quiet = before;
    c->failure = (struct failure){0};
}

static int login_then_refresh(struct context *c, struct str why)
{
    struct gateway g;
    struct session s;
    struct failure before;
    struct str issuer = option_get(c->options, OPTION_ISSUER);
    unsigned means = login_means(c, false);
    int64_t now_ms = clock_now_ms(c->clock);
    int code;
    if (is_about_account(why))
        return context_fail(c, EXIT_ACCESS, MESSAGE_ACCESS, issuer, why);
    if (means == MEANS_NONE)
        return context_fail(c, EXIT_LOGIN_REQUIRED,
                            why.n > 0 ? MESSAGE_SESSION_ENDED : MESSAGE_LOGIN_REQUIRED, issuer,
                            why);
    if (failure_load(&c->state, &c->session_key, &before) &&
        failure_forbids_login(&before, now_ms)) {
        auto_buf seconds = BUF_INIT(32);
        buf_i64(&seconds, (before.quiet_ms - now_ms) / 1000 + 1);
        return context_fail(c, EXIT_COOLDOWN, MESSAGE_COOLDOWN, buf_str(&seconds), STR_NONE);
    }
    if (why.n > 0 && isatty(2))
        message_say(2, MESSAGE_SESSION_ENDED, issuer, why);
    code = authorize(c, means, &g, &s);
    if (code != EXIT_OK)
        return code;
    struct refresh r = {
        .gateway = &g, .session = &s, .audience = option_get(c->options, OPTION_AUDIENCE)};
    if (refresh(c, &r) == REFRESH_LOGIN) /* a fresh login, and still not covered */
        return context_fail(c, EXIT_ACCESS, MESSAGE_ACCESS, issuer, r.why);
    return r.code;
}

int renew(struct context *c)
{
    struct gateway g;
    struct session s;
    struct refresh r = {
        .gateway = &g, .session = &s, .audience = option_get(c->options, OPTION_AUDIENCE)};
    if (gateway_load(c, &g) && saved_session_load(c, &s) && refresh(c, &r) == REFRESH_DONE)
        return r.code;
    return login_then_refresh(c, r.why);
}
