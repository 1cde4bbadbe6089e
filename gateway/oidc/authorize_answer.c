#include "gateway/oidc/authorize_answer.h"

#include "gateway/oidc/code.h"
#include "gateway/oidc/redirect_uri.h"
#include "gateway/oidc/subject.h"

#define LOCATION_MAX  ((size_t)24 * 1024)
#define CODE_ID_BYTES 16

static void put_param(struct buf *location, const char *name, struct str value)
{
    if (!value.n)
        return;
    if (!str_ends(buf_str(location), STR("?")) && !str_ends(buf_str(location), STR("&")))
        buf_char(location, '&');
    buf_c(location, name);
    buf_char(location, '=');
    buf_url(location, value);
}

/* The response: what it says, then state (returned byte for byte) and iss (RFC 9207 2: in every
 * response, also an error). */
static void redirect(const struct oidc_call *c, const struct authz_request *r,
                     const char *const names[2], const struct str values[2])
{
    auto_buf location = BUF_INIT(LOCATION_MAX);
    redirect_uri_begin(&location, r->redirect_uri);
    for (size_t i = 0; i < 2; i++)
        put_param(&location, names[i], values[i]);
    put_param(&location, "state", r->state);
    put_param(&location, "iss", c->env->settings->issuer);
    if (buf_failed(&location)) {
        oauth_error_page(c, OIDC_AUTHZ_TOO_LARGE, NULL);
        return;
    }
    reply_redirect(c->reply, arena_str(call_arena(c), buf_str(&location)));
    reply_no_store(c->reply);
    reply_header(c->reply, "Referrer-Policy", STR("no-referrer"));
}

static struct event about(const struct authz_request *r)
{
    return (struct event){.client_id = r->client ? r->client->id : STR_NONE};
}

void authorize_refuse(const struct oidc_call *c, const struct authz_request *r, enum oidc_outcome o)
{
    const struct event ev = about(r);
    const struct oauth_error *row = oauth_error_of(o);
    if (!r->client) {
        oauth_error_page(c, o, &ev);
        return;
    }
    oauth_error_emit(c, o, &ev);
    redirect(c, r, (const char *const[]){"error", "error_description"},
             (const struct str[]){str_from(row->error), str_from(row->description)});
}

void authorize_grant(const struct oidc_call *c, const struct authz_request *r,
                     const struct session *s)
{
    if (!r->client) {
        reply_redirect(c->reply, c->env->prepared->home_url);
        reply_no_store(c->reply);
        return;
    }
    const struct code code = {
        .id = call_random_text(c, CODE_ID_BYTES),
        .sid = s->sid,
        .auth_time_s = s->auth_time_s,
        .issued_ms = call_now_ms(c),
        .request = *r,
    };
    struct str text = code_seal(c, &code);
    if (!text.n) {
        authorize_refuse(c, r, OIDC_AUTHZ_TOO_LARGE);
        return;
    }
    EMIT(c, CODE_ISSUED, .client_id = r->client->id, .sid = s->sid, .username = s->person.username,
         .connector_id = s->person.connector_id, .subject = subject_of(&s->person, call_arena(c)),
         .scope = scope_text(&r->scope, call_arena(c)));
    redirect(c, r, (const char *const[]){"code", "code"}, (const struct str[]){text, STR_NONE});
}

/* May this session answer the request by itself? OpenID Connect Core 3.1.2.1 and 3.1.2.3. */
static bool session_answers(const struct oidc_call *c, const struct authz_request *r,
                            const struct session *s)
{
    if (r->prompt & (PROMPT_LOGIN | PROMPT_CONSENT | PROMPT_SELECT_ACCOUNT))
        return false;
    int64_t age_s = call_now_ms(c) / 1000 - s->auth_time_s;
    if (r->max_age_s != NO_MAX_AGE && age_s > r->max_age_s)
        return false;
    if (r->max_age_s == 0) /* Core 3.1.2.1: max_age=0 is prompt=login */
        return false;
    if (r->connector_id.n && !str_eq(r->connector_id, s->person.connector_id))
        return false;
    return !r->subject.n || str_eq(r->subject, subject_of(&s->person, call_arena(c)));
}

/* No session answers: the form, or an error where no form may be shown (Core 3.1.2.6). */
static void ask(const struct oidc_call *c, const struct authz_request *r, enum login_notice notice,
                struct str name)
{
    if (!(r->prompt & PROMPT_NONE)) {
        authorize_show_form(c, r, notice, name);
        return;
    }
    authorize_refuse(c, r,
                     notice == LOGIN_NOTICE_UNAVAILABLE ? OIDC_AUTHZ_UNAVAILABLE
                                                        : OIDC_AUTHZ_LOGIN_REQUIRED);
}

void authorize_continue(const struct oidc_call *c, const struct authz_request *r,
                        enum login_notice notice)
{
    struct err e = {0};
    struct session s;
    switch (session_find(c, &s, &e)) {
    case SESSION_FOUND: break;
    case SESSION_NONE: ask(c, r, notice, STR_NONE); return;
    case SESSION_FAILED:
        EMIT(c, STORE_FAILED, .detail = str_from(e.text));
        authorize_refuse(c, r, OIDC_AUTHZ_UNAVAILABLE);
        return;
    }
    if (!session_answers(c, r, &s)) {
        bool other = r->prompt & PROMPT_SELECT_ACCOUNT || r->subject.n;
        ask(c, r, notice, other ? STR_NONE : s.person.username);
        return;
    }
    enum connector_outcome outcome = session_recheck(c, &s, &e);
    if (outcome != CONNECTOR_OK) {
        ask(c, r, login_notice_of(outcome), s.person.username);
        return;
    }
    EMIT(c, SESSION_USED, .client_id = r->client ? r->client->id : STR_NONE, .sid = s.sid,
         .username = s.person.username);
    authorize_grant(c, r, &s);
}

enum login_notice login_notice_of(enum connector_outcome outcome)
{
    switch (outcome) {
    case CONNECTOR_OK: return LOGIN_NOTICE_NONE;
    case CONNECTOR_WRONG_PASSWORD:
    case CONNECTOR_REFUSED: return LOGIN_NOTICE_WRONG;
    case CONNECTOR_GONE:
    case CONNECTOR_DISABLED: return LOGIN_NOTICE_DISABLED;
    case CONNECTOR_LOCKED: return LOGIN_NOTICE_LOCKED;
    case CONNECTOR_EXPIRED: return LOGIN_NOTICE_EXPIRED;
    case CONNECTOR_MUST_CHANGE_PASSWORD: return LOGIN_NOTICE_MUST_CHANGE;
    case CONNECTOR_UNAVAILABLE: return LOGIN_NOTICE_UNAVAILABLE;
    }
    return LOGIN_NOTICE_UNAVAILABLE;
}
