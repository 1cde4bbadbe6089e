/*
 * RP-Initiated Logout 1.0. With an id_token_hint that names the person of this browser's session
 * nobody is asked; without one the person is (2: "SHOULD prompt"), because anybody can make a
 * browser come here.
 *
 * What ends: the session, and with it every family without offline_access (their tokens are looked
 * up together with the session). Families with offline_access are devices, not the browser:
 * `lotse-login` keeps its login until `lotse-login logout` revokes it, or the directory says the
 * person is gone.
 */
#include "gateway/oidc/cookie.h"
#include "gateway/oidc/endpoints.h"
#include "gateway/oidc/oauth_error.h"
#include "gateway/oidc/pack.h"
#include "gateway/oidc/page_reply.h"
#include "gateway/oidc/redirect_uri.h"
#include "gateway/oidc/session.h"
#include "gateway/oidc/subject.h"
#include "jose/jws.h"

#define SID_TEXT          22
#define HEAD              (SID_TEXT + 8 + 8)
#define STATE_MAX         4096
#define CONFIRM_TTL_MS    600000
#define AGAIN_MAX         ((size_t)8000) /* what a request target may have */
#define CONFIRM_PLAIN_MAX ((size_t)16 * 1024)

struct logout {
    const struct client *client; /* who asks; NULL: nobody we know */
    bool hint_is_good;
    struct str hint_subject;
    struct str redirect_uri, state, ui_locales;
    bool has_session;
    struct session session;
};

/* 2: the hint's signature is verified; that it has expired does not matter. A bad one counts as
 * none. */
static void read_hint(const struct oidc_call *c, struct params p, struct logout *l)
{
    struct claims claims;
    struct str hint = params_get(p, STR("id_token_hint"));
    if (!hint.n || jws_verify(c->env->keyset, hint, TOKEN_ID, call_arena(c), &claims) != JWS_OK ||
        !str_eq(claims.iss, c->env->settings->issuer) || claims.n_aud == 0)
        return;
    l->client = client_find(c->env->settings, claims.azp.n ? claims.azp : claims.aud[0]);
    l->hint_is_good = l->client != NULL;
    l->hint_subject = claims.sub;
}

static enum oidc_outcome read_request(const struct oidc_call *c, struct params p, struct logout *l)
{
    struct str client_id = params_get(p, STR("client_id"));
    if (params_repeated(p).n)
        return OIDC_LOGOUT_BAD_REQUEST;
    l->redirect_uri = params_get(p, STR("post_logout_redirect_uri"));
    l->state = params_get(p, STR("state"));
    l->ui_locales = params_get(p, STR("ui_locales"));
    if (l->state.n > STATE_MAX)
        return OIDC_LOGOUT_BAD_REQUEST;
    read_hint(c, p, l);
    if (client_id.n) {
        const struct client *named = client_find(c->env->settings, client_id);
        /* 2: when both are given, MUST verify that the client_id is the one the hint was issued to
         */
        if (!named || (l->client && l->client != named))
            return OIDC_LOGOUT_CLIENT;
        l->client = named;
    }
    return OIDC_OK;
}

/* The answer after the session is gone, or when there was none. */
static void leave(const struct oidc_call *c, const struct logout *l)
{
    if (!l->redirect_uri.n || !l->client) {
        auto_buf html = BUF_INIT(PAGE_MAX);
        page_logged_out(&html, page_lang(c, l->ui_locales));
        page_reply(c, 200, &html, STR_NONE);
        return;
    }
    /* 3: MUST match exactly one that was registered, else no redirect */
    if (!post_logout_uri_is_registered(l->client, l->redirect_uri)) {
        const struct event about = {.client_id = l->client->id};
        oauth_error_page(c, OIDC_LOGOUT_REDIRECT, &about);
        return;
    }
    auto_buf location = BUF_INIT((size_t)24 * 1024);
    if (l->state.n) {
        redirect_uri_begin(&location, l->redirect_uri);
        buf_lit(&location, "state=");
        buf_url(&location, l->state);
    } else {
        buf_add(&location, l->redirect_uri);
    }
    reply_redirect(c->reply, arena_str(call_arena(c), buf_str(&location)));
    reply_no_store(c->reply);
    reply_header(c->reply, "Referrer-Policy", STR("no-referrer"));
}

static void end_and_leave(const struct oidc_call *c, const struct logout *l)
{
    struct err e = {0};
    if (l->has_session && session_end(c, &l->session, &e) != 0) {
        EMIT(c, STORE_FAILED, .sid = l->session.sid, .detail = str_from(e.text));
        oauth_error_page(c, OIDC_AUTHZ_UNAVAILABLE, NULL);
        return;
    }
    if (l->has_session)
        EMIT(c, LOGOUT_OK, .sid = l->session.sid, .username = l->session.person.username,
             .client_id = l->client ? l->client->id : STR_NONE);
    cookie_clear(c, c->env->prepared->login_cookie);
    leave(c, l);
}

/* sid, time, length of the client's id; then id, redirect_uri, newline, state. Bound to the session
 * by its sid. */
static struct str confirm_seal(const struct oidc_call *c, const struct logout *l)
{
    auto_buf plain = BUF_INIT(CONFIRM_PLAIN_MAX);
    struct str client_id = l->client ? l->client->id : STR_NONE;
    buf_add(&plain, l->session.sid);
    pack_i64(&plain, call_now_ms(c));
    pack_i64(&plain, (int64_t)client_id.n);
    buf_add(&plain, client_id);
    buf_add(&plain, l->client ? l->redirect_uri : STR_NONE);
    buf_char(&plain, '\n');
    buf_add(&plain, l->state);
    return buf_failed(&plain) ? STR_NONE
                              : seal(c->env->sealer, "logout", buf_str(&plain), call_arena(c));
}

static bool confirm_open(const struct oidc_call *c, struct str text, struct logout *l)
{
    struct str plain, rest;
    if (!unseal(c->env->sealer, "logout", text, call_arena(c), &plain) || plain.n < HEAD)
        return false;
    int64_t age = call_now_ms(c) - unpack_i64(plain, SID_TEXT),
            n_client = unpack_i64(plain, SID_TEXT + 8);
    if (age > CONFIRM_TTL_MS || n_client < 0 || (size_t)n_client > plain.n - HEAD)
        return false;
    if (!str_eq(str_from_to(plain, 0, SID_TEXT), l->session.sid))
        return false;
    struct str client_id = str_from_to(plain, HEAD, HEAD + (size_t)n_client);
    rest = str_from_to(plain, HEAD + (size_t)n_client, plain.n);
    l->client = client_id.n ? client_find(c->env->settings, client_id) : NULL;
    return str_split(rest, '\n', &l->redirect_uri, &l->state);
}

static void ask(const struct oidc_call *c, const struct logout *l)
{
    const struct page_logout page = {
        .lang = page_lang(c, l->ui_locales),
        .action = c->env->prepared->logout_confirm_action,
        .state = confirm_seal(c, l),
        .username = l->session.person.username,
    };
    if (!page.state.n) {
        oauth_error_page(c, OIDC_LOGOUT_BAD_REQUEST, NULL);
        return;
    }
    EMIT(c, LOGOUT_ASKED, .sid = l->session.sid, .username = l->session.person.username,
         .client_id = l->client ? l->client->id : STR_NONE);
    auto_buf html = BUF_INIT(PAGE_MAX);
    page_logout(&html, &page);
    /* only what was registered may stand in a header: the rest is whatever somebody wrote */
    bool known = l->client && post_logout_uri_is_registered(l->client, l->redirect_uri);
    page_reply(c, 200, &html, known ? redirect_uri_origin(l->redirect_uri) : STR_NONE);
}

/* False: the store failed, and that is answered. */
static bool find_session(const struct oidc_call *c, struct logout *l)
{
    struct err e = {0};
    switch (session_find(c, &l->session, &e)) {
    case SESSION_FOUND: l->has_session = true; return true;
    case SESSION_NONE: return true;
    case SESSION_FAILED: break;
    }
    EMIT(c, STORE_FAILED, .detail = str_from(e.text));
    oauth_error_page(c, OIDC_AUTHZ_UNAVAILABLE, NULL);
    return false;
}

/*
 * A relying party may POST (2: MUST be supported), but a browser sends no SameSite=Lax cookie with
 * a POST from another site: the session would go on unseen while the relying party tells the person
 * goodbye. Asked again by GET, the browser shows it (RFC 6265bis 5.6.7.1). True: answered.
 */
static bool asked_again_by_get(const struct oidc_call *c, struct params p)
{
    if (c->request->method != HTTP_POST ||
        cookie_get(c->request, c->env->prepared->session_cookie).n)
        return false;
    auto_buf location = BUF_INIT(AGAIN_MAX);
    buf_add(&location, c->env->prepared->logout_action);
    for (size_t i = 0; i < p.n; i++) {
        buf_char(&location, i ? '&' : '?');
        buf_url(&location, p.items[i].name);
        buf_char(&location, '=');
        buf_url(&location, p.items[i].value);
    }
    if (buf_failed(&location)) {
        oauth_error_page(c, OIDC_LOGOUT_BAD_REQUEST, NULL);
        return true;
    }
    reply_redirect(c->reply, arena_str(call_arena(c), buf_str(&location)));
    reply_no_store(c->reply);
    reply_header(c->reply, "Referrer-Policy", STR("no-referrer"));
    return true;
}

void logout_endpoint(void *env, const struct request *request, struct reply *reply)
{
    const struct oidc_call call = {env, request, reply};
    struct logout l = {0};
    struct params p;
    if (!call_params(&call, &p)) {
        oauth_error_page(&call, OIDC_AUTHZ_NOT_FORM, NULL);
        return;
    }
    enum oidc_outcome outcome = read_request(&call, p, &l);
    if (outcome != OIDC_OK) {
        oauth_error_page(&call, outcome, NULL);
        return;
    }
    if (!find_session(&call, &l))
        return;
    if (!l.has_session && asked_again_by_get(&call, p))
        return;
    if (l.has_session &&
        !(l.hint_is_good &&
          str_eq(l.hint_subject, subject_of(&l.session.person, call_arena(&call))))) {
        ask(&call, &l);
        return;
    }
    if (!l.has_session && !l.hint_is_good)
        l.redirect_uri = STR_NONE; /* nobody vouches for it and nobody was asked */
    end_and_leave(&call, &l);
}

void logout_confirm_endpoint(void *env, const struct request *request, struct reply *reply)
{
    const struct oidc_call call = {env, request, reply};
    struct logout l = {0};
    struct params p;
    if (!call_params(&call, &p) || params_repeated(p).n) {
        oauth_error_page(&call, OIDC_LOGOUT_BAD_FORM, NULL);
        return;
    }
    if (!find_session(&call, &l))
        return;
    if (!l.has_session) {
        end_and_leave(&call, &l);
        return;
    }
    if (!confirm_open(&call, params_get(p, STR("state")), &l)) {
        oauth_error_page(&call, OIDC_LOGOUT_BAD_FORM, NULL);
        return;
    }
    if (str_is(params_get(p, STR("confirm")), "yes"))
        end_and_leave(&call, &l);
    else
        reply_redirect(reply, call.env->prepared->home_url);
}
