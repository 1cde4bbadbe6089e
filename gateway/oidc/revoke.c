/*
 * Token revocation: RFC 7009. A refresh token takes its whole family with it; so does an access
 * token, because that is what a program that logs out means (2.1: MAY). `lotse-login logout` ends
 * its family here.
 */
#include "gateway/oidc/access.h"
#include "gateway/oidc/client_auth.h"
#include "gateway/oidc/endpoints.h"
#include "gateway/oidc/refresh_token.h"

static enum oidc_outcome store_failed(const struct oidc_call *c, struct event *about,
                                      const struct err *e)
{
    about->detail = arena_str(call_arena(c), str_from(e->text));
    return OIDC_TOKEN_STORE; /* RFC 7009 2.2.1: 503, never 200 for a token that lives on */
}

/* The family a token belongs to, whatever token_type_hint says (2.1). found false: nothing of ours,
 * or dead already. */
static enum oidc_outcome find_family(const struct oidc_call *c, struct str token,
                                     struct family *ret, struct event *about)
{
    struct err e = {0};
    struct refresh_token refresh;
    struct access access;
    if (refresh_token_open(c, token, &refresh)) {
        enum family_found found = family_get(c, refresh.family_id, ret, &e);
        if (found == FAMILY_NONE)
            ret->revoked = STR("gone");
        return found == FAMILY_FAILED ? store_failed(c, about, &e) : OIDC_OK;
    }
    ret->revoked = STR("unknown");
    switch (access_judge(c, token, &access, &e)) {
    case ACCESS_GOOD: *ret = access.family; break;
    case ACCESS_BAD: break;
    case ACCESS_STORE_FAILED: return store_failed(c, about, &e);
    }
    return OIDC_OK;
}

static enum oidc_outcome revoke(const struct oidc_call *c, struct event *about)
{
    struct err e = {0};
    struct family f = {0};
    const struct client *client = NULL;
    struct params form = c->request->form;
    if (!str_is(c->request->content_type, "application/x-www-form-urlencoded"))
        return OIDC_TOKEN_NOT_FORM;
    if (c->request->query.n)
        return OIDC_TOKEN_QUERY;
    if (params_repeated(form).n)
        return OIDC_TOKEN_REPEATED;
    enum oidc_outcome outcome = client_authenticate(c, &client, &about->client_id);
    if (outcome != OIDC_OK)
        return outcome;
    struct str token = params_get(form, STR("token"));
    if (!token.n)
        return OIDC_REVOKE_NO_TOKEN;
    outcome = find_family(c, token, &f, about);
    if (outcome != OIDC_OK || f.revoked.n) /* 2.2: an invalid token is as good as revoked */
        return outcome;
    if (!str_eq(f.client_id, client->id)) /* 2.1: MUST verify that it was issued to this client */
        return OIDC_REVOKE_FOREIGN;
    about->family_id = f.id;
    about->username = f.person.username;
    return family_revoke(c, &f, "revoked_by_client", &e) == 0 ? OIDC_OK
                                                              : store_failed(c, about, &e);
}

void revoke_endpoint(void *env, const struct request *request, struct reply *reply)
{
    const struct oidc_call call = {env, request, reply};
    struct event about = {0};
    enum oidc_outcome outcome = revoke(&call, &about);
    if (outcome != OIDC_OK) {
        oauth_error_json(&call, outcome, &about, STR_NONE);
        return;
    }
    about.kind = EVENT_REVOKE_OK;
    call_emit(&call, &about);
    reply_body(reply, 200, "application/json", STR("{}"));
    reply_no_store(reply);
}
