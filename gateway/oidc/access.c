#include "gateway/oidc/access.h"

#include "gateway/oidc/claims.h"
#include "gateway/oidc/session.h"
#include "gateway/oidc/subject.h"
#include "jose/jws.h"

/* Without offline_access the tokens end with the session they came from (OpenID Connect Core 11).
 */
static enum access_judged judge_session(const struct oidc_call *c, const struct family *f,
                                        struct err *e)
{
    struct session s;
    if (f->offline)
        return ACCESS_GOOD;
    switch (session_get(c, f->sid, &s, e)) {
    case SESSION_FOUND: return ACCESS_GOOD;
    case SESSION_NONE: return ACCESS_BAD;
    case SESSION_FAILED: break;
    }
    return ACCESS_STORE_FAILED;
}

enum access_judged access_judge(const struct oidc_call *c, struct str token, struct access *ret,
                                struct err *e)
{
    struct claims claims;
    struct access access = {0};
    const struct oidc_settings *settings = c->env->settings;
    /* RFC 9068 4: typ at+jwt, iss, aud, exp; an ID token is none (RFC 8725 3.11) */
    if (jws_verify(c->env->keyset, token, TOKEN_ACCESS, call_arena(c), &claims) != JWS_OK ||
        !str_eq(claims.iss, settings->issuer) || claims.n_aud != 1 ||
        !str_eq(claims.aud[0], settings->issuer) ||
        claims_judge_time(&claims, call_now_ms(c), 0) != CLAIMS_CURRENT)
        return ACCESS_BAD;
    access.client = client_find(settings, claims.client_id);
    if (!access.client ||
        !scope_parse_granted(settings, access.client, claims.scope, call_arena(c), &access.scope))
        return ACCESS_BAD;
    switch (family_get(c, claims_family_of(&claims), &access.family, e)) {
    case FAMILY_FOUND: break;
    case FAMILY_NONE: return ACCESS_BAD;
    case FAMILY_FAILED: return ACCESS_STORE_FAILED;
    }
    if (access.family.revoked.n || !str_eq(access.family.client_id, claims.client_id) ||
        !str_eq(subject_of(&access.family.person, call_arena(c)), claims.sub))
        return ACCESS_BAD;
    *ret = access;
    return judge_session(c, &access.family, e);
}
