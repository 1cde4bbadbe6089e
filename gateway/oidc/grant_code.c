#include "gateway/oidc/code.h"
#include "gateway/oidc/family.h"
#include "gateway/oidc/grant.h"
#include "gateway/oidc/pkce.h"
#include "gateway/oidc/redirect_uri.h"
#include "gateway/oidc/refresh_token.h"
#include "gateway/oidc/session.h"

/* Everything that can be said without the store: none of it burns the code. */
static enum oidc_outcome check(const struct oidc_call *c, const struct grant *g, struct code *ret)
{
    struct params form = c->request->form;
    struct str text = params_get(form, STR("code")),
               redirect_uri = params_get(form, STR("redirect_uri"));
    if (!text.n)
        return OIDC_CODE_MISSING;
    if (!code_unseal(c, text, ret))
        return OIDC_CODE_INVALID;
    if (ret->request.client != g->client) /* RFC 6749 4.1.3: issued to the authenticated client */
        return OIDC_CODE_INVALID;
    if (!redirect_uri.n)
        return OIDC_CODE_NO_REDIRECT;
    if (!str_eq(redirect_uri, ret->request.redirect_uri)) /* RFC 6749 4.1.3: identical */
        return OIDC_CODE_REDIRECT;
    if (!pkce_verify(ret->request.code_challenge, params_get(form, STR("code_verifier"))))
        return OIDC_CODE_VERIFIER;
    return OIDC_OK;
}

static enum oidc_outcome store_failed(const struct oidc_call *c, struct grant *g,
                                      const struct err *e)
{
    g->about.detail = arena_str(call_arena(c), str_from(e->text));
    return OIDC_TOKEN_STORE;
}

/* RFC 6749 4.1.2: used twice, MUST be denied, and the tokens of the first use SHOULD be revoked. */
static enum oidc_outcome replayed(const struct oidc_call *c, struct grant *g,
                                  const struct code *code)
{
    struct err e = {0};
    struct family f;
    g->about.family_id = code->id;
    switch (family_get(c, code->id, &f, &e)) {
    case FAMILY_NONE: return OIDC_CODE_REPLAY;
    case FAMILY_FAILED: return store_failed(c, g, &e);
    case FAMILY_FOUND: break;
    }
    g->about.username = f.person.username;
    if (!f.revoked.n && family_revoke(c, &f, "code_replayed", &e) != 0)
        return store_failed(
            c, g, &e); /* never "denied" while the stolen tokens live on: 503, to be tried again */
    return OIDC_CODE_REPLAY;
}

static enum oidc_outcome redeem(const struct oidc_call *c, struct grant *g, const struct code *code,
                                const struct session *session)
{
    struct err e = {0};
    struct family f = {
        .id = code->id,
        .client_id = g->client->id,
        .scope = scope_text(&code->request.scope, call_arena(c)),
        .sid = code->sid,
        .offline = code->request.scope.flags & SCOPE_OFFLINE_ACCESS,
        .person = session->person,
        .auth_time_s = code->auth_time_s,
        .userinfo = code->request.userinfo,
        .created_ms = call_now_ms(c),
        .checked_ms = session->checked_ms,
    };
    const struct grant_facts facts = {
        .client = g->client,
        .person = &session->person,
        .scope = &code->request.scope,
        .family_id = code->id,
        .sid = code->sid,
        .nonce = code->request.nonce,
        .auth_time_s = code->auth_time_s,
        .id_token = code->request.id_token,
        .end_ms = family_end_ms(c->env->settings, &f),
    };
    enum oidc_outcome outcome = mint_tokens(c, &facts, &g->tokens, &g->about, &g->description);
    if (outcome != OIDC_OK)
        return outcome;
    if (f.offline) {
        f.generation = 1;
        g->tokens.refresh_token = refresh_token_new(c, f.id, f.generation, &f.current);
        if (!g->tokens.refresh_token.n)
            return OIDC_TOKEN_FAILED;
    }
    /* the tokens exist, but nobody has them before this write, which only one of a hundred
     * redemptions makes */
    switch (family_create(c, &f, &e)) {
    case FAMILY_WRITTEN: break;
    case FAMILY_TAKEN: return replayed(c, g, code);
    case FAMILY_WRITE_FAILED: return store_failed(c, g, &e);
    }
    struct event ev = g->about;
    ev.kind = EVENT_CODE_REDEEMED;
    call_emit(c, &ev);
    ev.kind = EVENT_FAMILY_STARTED;
    call_emit(c, &ev);
    return OIDC_OK;
}

enum oidc_outcome grant_code(const struct oidc_call *c, struct grant *g)
{
    struct err e = {0};
    struct code code;
    struct session session;
    struct family used;
    enum oidc_outcome outcome = check(c, g, &code);
    if (outcome != OIDC_OK)
        return outcome;
    g->about.sid = code.sid;
    switch (session_get(c, code.sid, &session, &e)) {
    case SESSION_FOUND: break;
    case SESSION_FAILED: return store_failed(c, g, &e);
    case SESSION_NONE:
        /* logged out in between; a replay after logout is still a replay */
        return family_get(c, code.id, &used, &e) == FAMILY_FOUND ? replayed(c, g, &code)
                                                                 : OIDC_CODE_SESSION;
    }
    return redeem(c, g, &code, &session);
}
