#pragma once
/*
 * What a token says, typed. The signer takes this struct, never bytes, and refuses what must never
 * leave the house (signer.h). Absent texts are left out of the token; times are seconds since 1970
 * (RFC 7519 NumericDate).
 */
#include "base/str.h"

enum token_type {
    TOKEN_ID,     /* typ JWT: OpenID Connect Core 2 */
    TOKEN_ACCESS, /* typ at+jwt: RFC 9068 */
    TOKEN_LOGOUT, /* typ logout+jwt: OpenID Connect Back-Channel Logout 2.4 */
};
enum jose_alg { JOSE_RS256, JOSE_ES256 };

struct claims {
    enum token_type type;
    struct str iss, sub;
    const struct str *aud; /* one: written as a string; several: as an array */
    size_t n_aud;
    int64_t iat, exp;
    int64_t nbf, auth_time; /* 0: absent */
    struct str azp, nonce, at_hash, jti, sid, acr, client_id, scope;
    struct str preferred_username, name, email;
    bool has_email_verified, email_verified;
    const struct str *groups;
    size_t n_groups;
    bool has_groups;                                      /* false: no `groups` claim at all */
    struct str federated_connector_id, federated_user_id; /* Dex's federated_claims */
};
