#include "jose/jws.h"

#include "base/base64.h"
#include "base/hash.h"
#include "base/json.h"
#include "jose/claims_json.h"
#include "jose/key_internal.h"

#define HEADER_MAX ((size_t)1024)

struct parts { /* of the token's text */
    struct str header, signature;
    struct str signed_part; /* header "." payload */
    struct str payload;
};

const char *jws_outcome_text(enum jws_outcome outcome)
{
    switch (outcome) {
    case JWS_OK: return "good";
    case JWS_TOO_LONG: return "longer than 16 KiB";
    case JWS_MALFORMED: return "not a compact JWS";
    case JWS_BAD_HEADER: return "a header with other members than alg, kid, typ";
    case JWS_NO_KEY: return "no key to verify with";
    case JWS_UNKNOWN_KEY: return "an unknown kid";
    case JWS_WRONG_ALGORITHM: return "another alg than that of its key";
    case JWS_WRONG_TYPE: return "another typ of token";
    case JWS_BAD_SIGNATURE: return "a wrong signature";
    case JWS_BAD_CLAIMS: return "claims that do not make a token of this type";
    }
    return "";
}

int jws_sign(struct key *k, const struct claims *claims, struct arena *a, struct str *ret_token,
             struct err *e)
{
    auto_buf payload = BUF_INIT(JWS_TOKEN_MAX), token = BUF_INIT(JWS_TOKEN_MAX);
    uint8_t signature[KEY_SIGNATURE_MAX];
    size_t n;

    claims_write(&payload, claims);
    buf_add(&token, k->header[claims->type]);
    buf_char(&token, '.');
    buf_base64url(&token, buf_str(&payload));
    if (buf_failed(&payload) || buf_failed(&token))
        return fail(e, ERR_LIMIT, "a token over %zu bytes, with %zu groups", JWS_TOKEN_MAX,
                    claims->n_groups);
    if (key_sign(k, buf_str(&token), signature, &n, e) < 0)
        return -1;
    buf_char(&token, '.');
    buf_base64url(&token, (struct str){(const char *)signature, n});
    struct str kept = buf_failed(&token) ? STR_NONE : arena_str(a, buf_str(&token));
    if (kept.n == 0)
        return fail(e, ERR_LIMIT, "a token over %zu bytes, with %zu groups", JWS_TOKEN_MAX,
                    claims->n_groups);
    *ret_token = kept;
    return 0;
}

/* RFC 7515 7.1: BASE64URL(header) "." BASE64URL(payload) "." BASE64URL(signature), and not one dot
 * more */
static bool cut(struct str token, struct parts *p)
{
    struct str rest;

    if (!str_split(token, '.', &p->header, &rest) ||
        !str_split(rest, '.', &p->payload, &p->signature))
        return false;
    if (p->header.n == 0 || p->header.n > HEADER_MAX || p->payload.n == 0 || p->signature.n == 0)
        return false;
    p->signed_part = str_from_to(token, 0, p->header.n + 1 + p->payload.n);
    return !str_has(p->signature, '.');
}

/*
 * The header may name the key and the type and repeat the algorithm; nothing else. RFC 7515 4.1.11:
 * an unknown `crit` MUST be refused; jwk, jku, x5u, x5c would let the token bring its own key (RFC
 * 8725 3.10); b64 (RFC 7797) changes what is signed.
 */
static enum jws_outcome judge_header(const struct keyset *ks, const json_t *header,
                                     enum token_type expected, struct key **ret_key)
{
    const json_t *alg = json_object_get(header, "alg"), *kid = json_object_get(header, "kid"),
                 *typ = json_object_get(header, "typ");

    if (json_object_size(header) != 3 || !json_is_string(alg) || !json_is_string(kid) ||
        !json_is_string(typ))
        return JWS_BAD_HEADER;
    struct key *k = keyset_find(ks, (struct str){json_string_value(kid), json_string_length(kid)});
    if (!k)
        return JWS_UNKNOWN_KEY;
    /* RFC 8725 3.1: the key says which algorithm is used, the token only has to agree. Case counts
     * (RFC 7515 4.1.1). */
    if (strcmp(json_string_value(alg), jose_alg_name(k->alg)) != 0)
        return JWS_WRONG_ALGORITHM;
    if (strcmp(json_string_value(typ), token_typ(expected)) != 0)
        return JWS_WRONG_TYPE;
    *ret_key = k;
    return JWS_OK;
}

static enum jws_outcome read_header(const struct keyset *ks, struct str text,
                                    enum token_type expected, struct key **ret_key)
{
    auto_buf bytes = BUF_INIT(HEADER_MAX);
    struct err e;

    if (!base64url_decode(text, &bytes) || buf_failed(&bytes))
        return JWS_MALFORMED;
    auto_json *header = json_read(buf_str(&bytes), HEADER_MAX, &e);
    if (!json_is_object(header))
        return JWS_MALFORMED;
    return judge_header(ks, header, expected, ret_key);
}

enum jws_outcome jws_verify(const struct keyset *ks, struct str token, enum token_type expected,
                            struct arena *a, struct claims *ret_claims)
{
    auto_buf signature = BUF_INIT(KEY_SIGNATURE_MAX), payload = BUF_INIT(JWS_TOKEN_MAX);
    struct parts p = {0};
    struct key *k = NULL;
    size_t n_keys = 0;

    if (token.n > JWS_TOKEN_MAX)
        return JWS_TOO_LONG;
    if (ks)
        (void)keyset_entries(ks, &n_keys);
    if (n_keys == 0)
        return JWS_NO_KEY;
    if (!cut(token, &p))
        return JWS_MALFORMED;
    enum jws_outcome outcome = read_header(ks, p.header, expected, &k);
    if (outcome != JWS_OK)
        return outcome;
    if (!base64url_decode(p.payload, &payload) || !base64url_decode(p.signature, &signature))
        return JWS_MALFORMED;
    /* RFC 8725 3.3 and the checklist's line 62: nothing of the content is looked at before this */
    if (!key_verify(k, p.signed_part, buf_str(&signature)))
        return JWS_BAD_SIGNATURE;
    return claims_read(buf_str(&payload), expected, a, ret_claims) ? JWS_OK : JWS_BAD_CLAIMS;
}

enum claims_time claims_judge_time(const struct claims *c, int64_t now_ms, int64_t skew_s)
{
    int64_t now_s = now_ms / 1000;

    /* RFC 7519 4.1.4: "on or after" exp it MUST NOT be accepted */
    if (now_s - skew_s >= c->exp)
        return CLAIMS_EXPIRED;
    return c->nbf > now_s + skew_s ? CLAIMS_NOT_YET : CLAIMS_CURRENT;
}

struct str jws_at_hash(struct str access_token, struct arena *a)
{
    auto_buf text = BUF_INIT(64);
    struct sha256 hash = sha256_of(access_token);

    buf_base64url(&text, (struct str){(const char *)hash.bytes, sizeof(hash.bytes) / 2});
    return arena_str(a, buf_str(&text));
}
