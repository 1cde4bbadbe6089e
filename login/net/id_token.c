#include "login/net/id_token.h"

#include "base/base64.h"
#include "base/json.h"
#include "base/secret.h"

#define PAYLOAD_MAX ((size_t)16 << 10)

static int payload_of(struct str token, struct buf *out, struct err *e)
{
    struct str header, rest, payload, signature;
    if (!str_split(token, '.', &header, &rest) || !str_split(rest, '.', &payload, &signature) ||
        str_has(signature, '.') || header.n == 0 || signature.n == 0)
        return fail(e, ERR_BACKEND, "the ID token does not have three parts");
    if (!base64url_decode(payload, out) || buf_failed(out))
        return fail(e, ERR_BACKEND, "the ID token is not base64url, or too long");
    return 0;
}

static bool read_audiences(const json_t *claims, struct arena *a, struct id_token *ret)
{
    struct str one;
    if (json_get_strs(claims, "aud", a, &ret->audiences, &ret->n_audiences))
        return ret->n_audiences > 0;
    if (!json_get_str(claims, "aud", a, &one))
        return false;
    ret->audiences = ARENA_NEW(a, struct str);
    if (!ret->audiences)
        return false;
    ret->audiences[0] = one;
    ret->n_audiences = 1;
    return true;
}

int id_token_read(struct str token, struct arena *a, struct id_token *ret, struct err *e)
{
    struct id_token t = {0};
    auto_buf payload = BUF_INIT(PAYLOAD_MAX);
    if (payload_of(token, &payload, e) != 0)
        return -1;
    auto_json *claims = json_read(buf_str(&payload), PAYLOAD_MAX, e);
    if (!claims)
        return fail_within(e, "ID token");
    /* Core 2: iss, sub, aud, exp and iat are REQUIRED */
    if (!json_get_str(claims, "iss", a, &t.issuer) || !json_get_str(claims, "sub", a, &t.subject) ||
        !read_audiences(claims, a, &t) || !json_get_i64(claims, "exp", &t.exp_s) ||
        !json_get_i64(claims, "iat", &t.iat_s))
        return fail(e, ERR_BACKEND, "the ID token lacks one of iss, sub, aud, exp, iat");
    (void)json_get_str(claims, "azp", a, &t.azp);
    (void)json_get_str(claims, "nonce", a, &t.nonce);
    (void)json_get_str(claims, "name", a, &t.name);
    (void)json_get_str(claims, "email", a, &t.mail);
    (void)json_get_strs(claims, "groups", a, &t.groups, &t.n_groups);
    if (!json_get_str(claims, "preferred_username", a, &t.username))
        t.username = t.mail.n > 0 ? t.mail : t.subject;
    *ret = t;
    return 0;
}

static bool has_audience(const struct id_token *t, struct str audience)
{
    for (size_t i = 0; i < t->n_audiences; i++)
        if (str_eq(t->audiences[i], audience))
            return true;
    return false;
}

int id_token_check(const struct id_token *t, const struct id_token_expected *expected,
                   struct err *e)
{
    /* Core 3.1.3.7, items 2 to 5 */
    if (!str_eq(t->issuer, expected->issuer))
        return fail(e, ERR_BACKEND, "the ID token is from %.*s, not from %.*s", STR_F(t->issuer),
                    STR_F(expected->issuer));
    if (!has_audience(t, expected->audience))
        return fail(e, ERR_BACKEND, "the ID token is not for %.*s", STR_F(expected->audience));
    bool for_us_alone = t->n_audiences == 1 && str_eq(t->audiences[0], expected->client_id);
    if (t->azp.n == 0 && !for_us_alone)
        return fail(e, ERR_BACKEND, "the ID token does not say whom it was given to (azp)");
    if (t->azp.n > 0 && !str_eq(t->azp, expected->client_id))
        return fail(e, ERR_BACKEND, "the ID token was given to %.*s, not to us", STR_F(t->azp));
    /* item 11: the nonce we sent; 12.2: a refreshed token has none, or the same, which we keep no
     * longer */
    if (expected->nonce.n > 0 &&
        (t->nonce.n != expected->nonce.n ||
         !bytes_eq_constant_time(t->nonce.p, expected->nonce.p, t->nonce.n)))
        return fail(e, ERR_BACKEND, "the ID token carries another nonce than we sent");
    /* 12.2: the subject MUST be the same as at the login */
    if (expected->subject.n > 0 && !str_eq(t->subject, expected->subject))
        return fail(e, ERR_BACKEND, "the ID token is for another person than the session");
    if (t->exp_s <= t->iat_s || t->exp_s - t->iat_s > 7 * 86400)
        return fail(e, ERR_BACKEND, "the ID token's lifetime makes no sense");
    return 0;
}

int64_t id_token_lifetime_ms(const struct id_token *t, int64_t expires_in_s)
{
    int64_t lifetime_s = t->exp_s - t->iat_s;
    if (expires_in_s > 0 && expires_in_s < lifetime_s)
        lifetime_s = expires_in_s;
    return lifetime_s * 1000;
}
