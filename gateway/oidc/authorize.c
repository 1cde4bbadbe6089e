/*
 * The authorization endpoint: parse and check. RFC 6749 4.1.1, OpenID Connect Core 3.1.2.1
 * and 3.1.2.2, RFC 7636 4.3, RFC 9700 2.1. First what must never be redirected (client,
 * redirect_uri), then everything whose error goes to the client.
 */
#include "gateway/oidc/authorize_answer.h"
#include "gateway/oidc/endpoints.h"
#include "gateway/oidc/page_reply.h"
#include "gateway/oidc/pkce.h"
#include "gateway/oidc/redirect_uri.h"
#include "jose/jws.h"

#define STATE_MAX      4096
#define NONCE_MAX      1024
#define LOGIN_HINT_MAX 256
#define MAX_AGE_MAX    ((int64_t)1 << 40)

/* Client and redirect_uri: as long as these are not known to be good, the answer is a page (RFC
 * 6749 4.1.2.1). */
static enum oidc_outcome check_target(const struct oidc_call *c, struct params p,
                                      struct authz_request *r)
{
    struct str twice = params_repeated(p);
    if (str_is(twice, "client_id") || str_is(twice, "redirect_uri"))
        return str_is(twice, "client_id") ? OIDC_AUTHZ_UNKNOWN_CLIENT : OIDC_AUTHZ_BAD_REDIRECT;
    r->client = client_find(c->env->settings, params_get(p, STR("client_id")));
    if (!r->client)
        return OIDC_AUTHZ_UNKNOWN_CLIENT;
    r->redirect_uri = params_get(p, STR("redirect_uri"));
    if (!redirect_uri_is_registered(r->client, r->redirect_uri))
        return OIDC_AUTHZ_BAD_REDIRECT;
    r->state = params_get(p, STR("state"));
    return r->state.n > STATE_MAX ? OIDC_AUTHZ_STATE_TOO_LONG : OIDC_OK;
}

static enum oidc_outcome check_response(struct params p)
{
    struct str type = params_get(p, STR("response_type")),
               mode = params_get(p, STR("response_mode"));
    if (params_repeated(p).n) /* RFC 6749 3.1: MUST NOT be included more than once */
        return OIDC_AUTHZ_REPEATED;
    /* OpenID Connect Core 3.1.2.6, 6: never ignored, they would override what stands beside them */
    if (params_get(p, STR("request")).n)
        return OIDC_AUTHZ_REQUEST;
    if (params_get(p, STR("request_uri")).n)
        return OIDC_AUTHZ_REQUEST_URI;
    if (params_get(p, STR("registration")).n)
        return OIDC_AUTHZ_REGISTRATION;
    if (!type.n)
        return OIDC_AUTHZ_NO_RESPONSE_TYPE;
    if (!str_is(type, "code")) /* RFC 9700 2.1.2: no token in a front channel */
        return OIDC_AUTHZ_RESPONSE_TYPE;
    return mode.n && !str_is(mode, "query") ? OIDC_AUTHZ_RESPONSE_MODE : OIDC_OK;
}

static enum oidc_outcome check_pkce(struct params p, struct authz_request *r)
{
    struct str challenge = params_get(p, STR("code_challenge")),
               method = params_get(p, STR("code_challenge_method"));
    bool required = client_is_public(r->client) || r->client->pkce == PKCE_REQUIRED;
    if (!challenge.n && (required || method.n))
        return OIDC_AUTHZ_NO_CHALLENGE;
    if (!challenge.n)
        return OIDC_OK;
    if (!str_is(method, "S256")) /* RFC 7636 4.3: absent means plain, which is not offered */
        return OIDC_AUTHZ_CHALLENGE_METHOD;
    if (!pkce_challenge_is_valid(challenge))
        return OIDC_AUTHZ_CHALLENGE;
    r->code_challenge = challenge;
    return OIDC_OK;
}

static enum oidc_outcome check_scope(const struct oidc_call *c, struct params p,
                                     struct authz_request *r)
{
    if (!scope_parse(c->env->settings, r->client, params_get(p, STR("scope")), call_arena(c),
                     &r->scope))
        return OIDC_AUTHZ_SCOPE;
    return r->scope.flags & SCOPE_OPENID ? OIDC_OK : OIDC_AUTHZ_NO_OPENID;
}

static enum oidc_outcome check_prompt(struct params p, struct authz_request *r)
{
    static const struct {
        const char *name;
        unsigned flag;
    } prompts[] = {
        {"none", PROMPT_NONE},
        {"login", PROMPT_LOGIN},
        {"consent", PROMPT_CONSENT}, /* the form names the client: filling it in is the consent */
        {"select_account", PROMPT_SELECT_ACCOUNT},
    };
    struct str rest = params_get(p, STR("prompt")), word, max_age = params_get(p, STR("max_age"));
    while (str_next(&rest, ' ', &word)) {
        unsigned flag = 0;
        for (size_t i = 0; i < sizeof(prompts) / sizeof(prompts[0]); i++)
            if (str_is(word, prompts[i].name))
                flag = prompts[i].flag;
        if (!flag && word.n)
            return OIDC_AUTHZ_PROMPT;
        r->prompt |= flag;
    }
    if (r->prompt & PROMPT_NONE &&
        r->prompt != PROMPT_NONE) /* Core 3.1.2.1: none with any other value is an error */
        return OIDC_AUTHZ_PROMPT;
    r->max_age_s = NO_MAX_AGE;
    if (max_age.n &&
        (!str_to_i64(max_age, &r->max_age_s) || r->max_age_s < 0 || r->max_age_s > MAX_AGE_MAX))
        return OIDC_AUTHZ_MAX_AGE;
    return OIDC_OK;
}

/* An ID token of ours, for whomever; who it names must be who logs in. An expired one says nothing
 * any more. */
static enum oidc_outcome check_hint(const struct oidc_call *c, struct params p,
                                    struct authz_request *r)
{
    struct claims claims;
    struct str hint = params_get(p, STR("id_token_hint"));
    if (!hint.n)
        return OIDC_OK;
    if (jws_verify(c->env->keyset, hint, TOKEN_ID, call_arena(c), &claims) != JWS_OK ||
        !str_eq(claims.iss, c->env->settings->issuer))
        return OIDC_AUTHZ_HINT;
    if (claims_judge_time(&claims, call_now_ms(c), 0) == CLAIMS_CURRENT)
        r->subject = claims.sub;
    else if (r->prompt & PROMPT_NONE)
        return OIDC_AUTHZ_LOGIN_REQUIRED;
    return OIDC_OK;
}

static enum oidc_outcome check_claims(const struct oidc_call *c, struct params p,
                                      struct authz_request *r)
{
    struct str text = params_get(p, STR("claims"));
    struct claims_asked asked = {0};
    if (text.n && !claims_parameter_read(text, call_arena(c), &asked))
        return OIDC_AUTHZ_CLAIMS;
    if (asked.acr_unmet)
        return OIDC_AUTHZ_ACR;
    if (asked.sub.n && r->subject.n && !str_eq(asked.sub, r->subject))
        return OIDC_AUTHZ_OTHER_PERSON;
    if (asked.sub.n)
        r->subject = asked.sub;
    r->id_token = asked.id_token;
    r->userinfo = asked.userinfo;
    if (params_get(p, STR("acr_values")).n) /* Core 3.1.2.1: voluntary; we say what we have */
        r->id_token |= CLAIM_ACR;
    return OIDC_OK;
}

static enum oidc_outcome check_rest(const struct oidc_call *c, struct params p,
                                    struct authz_request *r)
{
    r->nonce = params_get(p, STR("nonce"));
    r->connector_id = params_get(p, STR("connector_id"));
    r->ui_locales = str_from_to(params_get(p, STR("ui_locales")), 0, 128);
    struct str login_hint = params_get(p, STR("login_hint"));
    if (login_hint.n <= LOGIN_HINT_MAX && !str_has_control(login_hint))
        r->login_hint = login_hint;
    if (r->nonce.n > NONCE_MAX)
        return OIDC_AUTHZ_NONCE;
    if (r->connector_id.n && !connector_find(c->env, r->connector_id))
        return OIDC_AUTHZ_CONNECTOR;
    return OIDC_OK;
}

static enum oidc_outcome check_all(const struct oidc_call *c, struct params p,
                                   struct authz_request *r)
{
    enum oidc_outcome o = check_response(p);
    if (o == OIDC_OK)
        o = check_scope(c, p, r);
    if (o == OIDC_OK)
        o = check_pkce(p, r);
    if (o == OIDC_OK)
        o = check_prompt(p, r);
    if (o == OIDC_OK)
        o = check_hint(c, p, r);
    if (o == OIDC_OK)
        o = check_claims(c, p, r);
    if (o == OIDC_OK)
        o = check_rest(c, p, r);
    return o;
}

void authorize_endpoint(void *env, const struct request *request, struct reply *reply)
{
    const struct oidc_call call = {env, request, reply};
    struct authz_request r = {.max_age_s = NO_MAX_AGE};
    struct params p;
    if (!call_params(&call, &p)) {
        oauth_error_page(&call, OIDC_AUTHZ_NOT_FORM, NULL);
        return;
    }
    enum oidc_outcome outcome = check_target(&call, p, &r);
    if (outcome != OIDC_OK) {
        struct str named = str_from_to(params_get(p, STR("client_id")), 0, 128);
        const struct event about = {.client_id = r.client ? r.client->id : named};
        oauth_error_page(&call, outcome, &about);
        return;
    }
    if (str_is(params_repeated(p), "state"))
        r.state = STR_NONE; /* which of the two would be a guess */
    outcome = check_all(&call, p, &r);
    if (outcome == OIDC_OK)
        authorize_continue(&call, &r, LOGIN_NOTICE_NONE);
    else
        authorize_refuse(&call, &r, outcome);
}
