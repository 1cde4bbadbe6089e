#pragma once
/*
 * Compact JWS (RFC 7515) of our own tokens: written by the signer, read again by the protocol
 * (access token at userinfo, id_token_hint at logout). The reader accepts exactly what the writer
 * makes: whoever widens one widens both. Any thread.
 */
#include "jose/keyset.h"

#define JWS_TOKEN_MAX ((size_t)16 * 1024)

enum jws_outcome {
    JWS_OK,
    JWS_TOO_LONG,    /* over JWS_TOKEN_MAX; not looked at */
    JWS_MALFORMED,   /* not three strict base64url parts, or the header is no JSON object */
    JWS_BAD_HEADER,  /* a member other than alg, kid, typ (crit, b64, jwk, jku, x5u, x5c, ...), or
                        one of these missing */
    JWS_NO_KEY,      /* there is no key at all to verify with */
    JWS_UNKNOWN_KEY, /* no key of this kid */
    JWS_WRONG_ALGORITHM, /* alg is not the one of the key, to the letter */
    JWS_WRONG_TYPE,      /* typ is that of another kind of token (RFC 8725 3.11) */
    JWS_BAD_SIGNATURE,
    JWS_BAD_CLAIMS, /* signed, but the content is not a token of this kind */
};
/* Signature before content; expiry is judged apart (claims_judge_time), because an id_token_hint
 * may be expired. Texts in a. */
enum jws_outcome jws_verify(const struct keyset *ks, struct str token, enum token_type expected,
                            struct arena *a, struct claims *ret_claims)
    __attribute__((warn_unused_result));
const char *jws_outcome_text(enum jws_outcome outcome);

/* Signs with this key; refuses a token over JWS_TOKEN_MAX. The rules about names stand in the
 * signer, not here. */
must_check int jws_sign(struct key *k, const struct claims *claims, struct arena *a,
                        struct str *ret_token, struct err *e);

enum claims_time { CLAIMS_CURRENT, CLAIMS_EXPIRED, CLAIMS_NOT_YET };
/* exp and nbf against the clock, tolerating skew_s seconds (RFC 7519 4.1.4, 4.1.5). */
enum claims_time claims_judge_time(const struct claims *c, int64_t now_ms, int64_t skew_s);

/* at_hash of OpenID Connect Core 3.1.3.6: both algorithms hash with SHA-256, so the left 128 bit of
 * it. */
struct str jws_at_hash(struct str access_token, struct arena *a);
