/*
 * The login form. What it belongs to travels in it, sealed: whoever only calls /auth leaves nothing
 * in the store. The seal is tied to a cookie of the browser that began (Dex CVE-2022-39222), which
 * is also what makes a forged post useless, that of a foreign login too.
 */
#include "gateway/oidc/authorize_answer.h"
#include "gateway/oidc/cookie.h"
#include "gateway/oidc/pack.h"
#include "gateway/oidc/page_reply.h"
#include "gateway/oidc/redirect_uri.h"

#define MARK_TEXT 43
#define HEAD      (MARK_TEXT + 8)
#define STATE_MAX ((size_t)48 * 1024)

static struct str form_seal(const struct oidc_call *c, const struct authz_request *r)
{
    struct str request = authz_request_json(r, false, call_arena(c));
    struct str mark = login_cookie_mark(c, login_cookie_ensure(c));
    auto_buf plain = BUF_INIT(STATE_MAX);
    buf_add(&plain, mark);
    pack_i64(&plain, call_now_ms(c));
    buf_add(&plain, request);
    if (buf_failed(&plain) || mark.n != MARK_TEXT || !request.n)
        return STR_NONE;
    return seal(c->env->sealer, "login", buf_str(&plain), call_arena(c));
}

bool login_form_open(const struct oidc_call *c, struct str state, struct login_form *ret)
{
    struct str plain;
    struct login_form form = {0};
    if (!unseal(c->env->sealer, "login", state, call_arena(c), &plain) || plain.n <= HEAD)
        return false;
    if (!authz_request_read(c->env->settings, str_from_to(plain, HEAD, plain.n), call_arena(c),
                            &form.request))
        return false;
    struct str cookie = cookie_get(c->request, c->env->prepared->login_cookie);
    struct str mark = cookie.n ? login_cookie_mark(c, cookie) : STR_NONE;
    int64_t age = call_now_ms(c) - unpack_i64(plain, MARK_TEXT);
    bool same_browser = mark.n == MARK_TEXT && bytes_eq_constant_time(mark.p, plain.p, MARK_TEXT);
    form.is_current = same_browser && age < c->env->settings->login_ttl_ms;
    *ret = form;
    return true;
}

static int status_of(enum login_notice notice)
{
    switch (notice) {
    case LOGIN_NOTICE_NONE: return 200;
    case LOGIN_NOTICE_EMPTY:
    case LOGIN_NOTICE_EXPIRED_FORM: return 400;
    case LOGIN_NOTICE_WRONG: /* 401 would need a challenge a browser can answer (RFC 9110 15.5.2) */
    case LOGIN_NOTICE_LOCKED:
    case LOGIN_NOTICE_DISABLED:
    case LOGIN_NOTICE_EXPIRED:
    case LOGIN_NOTICE_MUST_CHANGE: return 403;
    case LOGIN_NOTICE_THROTTLED: return 429;
    case LOGIN_NOTICE_UNAVAILABLE: return 503;
    }
    return 500;
}

static struct str client_name(const struct authz_request *r)
{
    if (!r->client)
        return STR("Lotse");
    return r->client->name.n ? r->client->name : r->client->id;
}

static const struct str *connector_ids(const struct oidc_call *c)
{
    struct str *ids = ARENA_ARRAY(call_arena(c), c->env->n_connectors, struct str);
    for (size_t i = 0; ids && i < c->env->n_connectors; i++)
        ids[i] = c->env->connectors[i]->id;
    return ids;
}

void authorize_show_form(const struct oidc_call *c, const struct authz_request *r,
                         enum login_notice notice, struct str typed)
{
    struct str chosen = params_get(c->request->form, STR("connector_id"));
    struct page_login page = {
        .lang = page_lang(c, r->ui_locales),
        .client_name = client_name(r),
        .action = c->env->prepared->login_action,
        .state = form_seal(c, r),
        .username = typed.n ? typed : r->login_hint,
        .notice = notice,
    };
    if (!page.state.n) {
        authorize_refuse(c, r, OIDC_AUTHZ_TOO_LARGE);
        return;
    }
    if (c->env->n_connectors > 1 &&
        !r->connector_id.n) { /* one, or one that was asked for: nothing to choose */
        page.connectors = connector_ids(c);
        page.n_connectors = page.connectors ? c->env->n_connectors : 0;
        page.connector_id = chosen;
    }
    auto_buf html = BUF_INIT(PAGE_MAX);
    page_login(&html, &page);
    page_reply(c, status_of(notice), &html,
               r->client ? redirect_uri_origin(r->redirect_uri) : STR_NONE);
    if (notice == LOGIN_NOTICE_THROTTLED)
        reply_header(c->reply, "Retry-After", STR("60"));
}
