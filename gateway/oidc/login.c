/* A filled-in login form becomes a session and a code. One try is at most one bind at the
 * directory. */
#include "gateway/oidc/authorize_answer.h"
#include "gateway/oidc/cookie.h"
#include "gateway/oidc/endpoints.h"
#include "gateway/oidc/subject.h"
#include "gateway/oidc/throttle.h"

#define NAME_MAX_BYTES     256
#define PASSWORD_MAX_BYTES 1024

struct attempt {
    const struct authz_request *request;
    struct connector *connector;
    struct str name, password;
    struct throttle_try try;
    struct person person;
    struct err e;
};

static const struct {
    enum login_notice notice;
    enum event_kind event;
} failures[] = {
    [CONNECTOR_OK] = {LOGIN_NOTICE_NONE, EVENT_LOGIN_OK},
    [CONNECTOR_WRONG_PASSWORD] = {LOGIN_NOTICE_WRONG, EVENT_LOGIN_WRONG_PASSWORD},
    [CONNECTOR_GONE] = {LOGIN_NOTICE_WRONG, EVENT_LOGIN_WRONG_PASSWORD},
    [CONNECTOR_DISABLED] = {LOGIN_NOTICE_DISABLED, EVENT_LOGIN_DISABLED},
    [CONNECTOR_LOCKED] = {LOGIN_NOTICE_LOCKED, EVENT_LOGIN_LOCKED},
    [CONNECTOR_EXPIRED] = {LOGIN_NOTICE_EXPIRED, EVENT_LOGIN_EXPIRED},
    [CONNECTOR_MUST_CHANGE_PASSWORD] = {LOGIN_NOTICE_MUST_CHANGE, EVENT_LOGIN_MUST_CHANGE},
    [CONNECTOR_REFUSED] = {LOGIN_NOTICE_WRONG, EVENT_LOGIN_UNUSABLE},
    [CONNECTOR_UNAVAILABLE] = {LOGIN_NOTICE_UNAVAILABLE, EVENT_LOGIN_UNAVAILABLE},
};

static void refuse(const struct oidc_call *c, const struct attempt *t, enum event_kind kind,
                   enum login_notice notice)
{
    call_emit(c,
              &(const struct event){
                  .kind = kind,
                  .client_id = t->request->client ? t->request->client->id : STR_NONE,
                  .connector_id = t->connector ? t->connector->id : STR_NONE,
                  .username = str_from_to(t->name, 0, 128),
                  .detail = t->e.text[0] ? arena_str(call_arena(c), str_from(t->e.text)) : STR_NONE,
              });
    authorize_show_form(c, t->request, notice, str_from_to(t->name, 0, NAME_MAX_BYTES));
}

static enum throttle_result judged(enum connector_outcome outcome)
{
    switch (outcome) {
    case CONNECTOR_OK: return THROTTLE_RIGHT;
    case CONNECTOR_WRONG_PASSWORD:
    case CONNECTOR_GONE: return THROTTLE_WRONG;
    case CONNECTOR_DISABLED:
    case CONNECTOR_LOCKED:
    case CONNECTOR_EXPIRED:
    case CONNECTOR_MUST_CHANGE_PASSWORD:
    case CONNECTOR_REFUSED: return THROTTLE_COUNTED;
    case CONNECTOR_UNAVAILABLE: return THROTTLE_NEITHER;
    }
    return THROTTLE_NEITHER;
}

/* The throttle, then the directory. False: answered. */
static bool try_password(const struct oidc_call *c, struct attempt *t)
{
    const struct throttle_login login = {t->connector->id, t->name, t->password, c->request->peer};
    switch (login_throttle_begin(c->env->throttle, &login, clock_monotonic_ms(c->env->clock),
                                 &t->try)) {
    case THROTTLE_GO: break;
    case THROTTLE_KNOWN_WRONG:
        refuse(c, t, EVENT_LOGIN_KNOWN_WRONG, LOGIN_NOTICE_WRONG);
        return false;
    case THROTTLE_WAIT: refuse(c, t, EVENT_LOGIN_THROTTLED, LOGIN_NOTICE_THROTTLED); return false;
    }
    auto_secret password = {0};
    secret_set(&password, t->password);
    enum connector_outcome outcome =
        t->connector->ops->authenticate(t->connector, call_arena(c), t->name, &password,
                                        c->request->deadline_ms, &t->person, &t->e);
    const struct throttle_end end = {judged(outcome), t->connector->id, t->person.id};
    login_throttle_end(c->env->throttle, &t->try, &end, clock_monotonic_ms(c->env->clock));
    if (outcome == CONNECTOR_OK)
        return true;
    refuse(c, t, failures[outcome].event, failures[outcome].notice);
    return false;
}

static void finish(const struct oidc_call *c, struct attempt *t)
{
    struct session session;
    const struct authz_request *r = t->request;
    struct str subject = subject_of(&t->person, call_arena(c));
    if (r->subject.n && !str_eq(r->subject, subject)) {
        /* OpenID Connect Core 3.1.2.2: MUST NOT reply with a token for a different user; no session
         * either */
        authorize_refuse(c, r, OIDC_AUTHZ_OTHER_PERSON);
        return;
    }
    EMIT(c, LOGIN_OK, .client_id = r->client ? r->client->id : STR_NONE,
         .connector_id = t->person.connector_id, .username = t->person.username,
         .subject = subject);
    if (session_start(c, &t->person, &session, &t->e) != 0) {
        EMIT(c, STORE_FAILED, .username = t->person.username, .detail = str_from(t->e.text));
        authorize_refuse(c, r, OIDC_AUTHZ_UNAVAILABLE);
        return;
    }
    cookie_clear(c, c->env->prepared->login_cookie);
    authorize_grant(c, r, &session);
}

static struct connector *choose_connector(const struct oidc_call *c, const struct authz_request *r)
{
    struct str chosen =
        r->connector_id.n ? r->connector_id : params_get(c->request->form, STR("connector_id"));
    if (chosen.n)
        return connector_find(c->env, chosen);
    return c->env->n_connectors ? c->env->connectors[0] : NULL;
}

static void attempt(const struct oidc_call *c, struct attempt *t)
{
    t->connector = choose_connector(c, t->request);
    t->name = str_trim(params_get(c->request->form, STR("login")));
    t->password = params_get(c->request->form, STR("password"));
    if (!t->connector) {
        authorize_refuse(c, t->request, OIDC_AUTHZ_CONNECTOR);
        return;
    }
    /* an empty password would be an anonymous bind, which succeeds (RFC 4513 5.1.2) */
    if (!t->name.n || !t->password.n) {
        refuse(c, t, EVENT_LOGIN_EMPTY, LOGIN_NOTICE_EMPTY);
        return;
    }
    if (t->name.n > NAME_MAX_BYTES || t->password.n > PASSWORD_MAX_BYTES ||
        str_has_control(t->name)) {
        refuse(c, t, EVENT_LOGIN_WRONG_PASSWORD, LOGIN_NOTICE_WRONG);
        return;
    }
    if (try_password(c, t))
        finish(c, t);
}

void login_endpoint(void *env, const struct request *request, struct reply *reply)
{
    const struct oidc_call call = {env, request, reply};
    struct login_form form;
    struct params p;
    if (!call_params(&call, &p)) {
        oauth_error_page(&call, OIDC_AUTHZ_NOT_FORM, NULL);
        return;
    }
    if (params_repeated(p).n || !login_form_open(&call, params_get(p, STR("state")), &form)) {
        oauth_error_page(&call, OIDC_AUTHZ_BAD_FORM, NULL);
        return;
    }
    if (!form.is_current) { /* too old, or of another browser: nothing that was typed counts; begin
                               again, with what we know */
        EMIT(&call, LOGIN_STALE_FORM,
             .client_id = form.request.client ? form.request.client->id : STR_NONE);
        authorize_continue(&call, &form.request, LOGIN_NOTICE_EXPIRED_FORM);
        return;
    }
    struct attempt t = {.request = &form.request};
    attempt(&call, &t);
}
