/* A published JWKS document (RFC 7517 5) -> keyset. */
#include "base/base64.h"
#include "base/json.h"
#include "base/mem.h"
#include "jose/key_internal.h"

#define JWKS_MAX ((size_t)64 * 1024)

/* One number of a JWK, decoded into the buffer. */
static bool get_number(const json_t *jwk, const char *name, struct arena *a, struct buf *out)
{
    struct str text;

    return json_get_str(jwk, name, a, &text) && text.n > 0 && base64url_decode(text, out);
}

/* RFC 7518 6.2.2, 6.3.2, 6.4: these must never be published. Reading one means that somebody's key
 * is out. */
static bool has_private_member(const json_t *jwk)
{
    static const char *const members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (json_object_get(jwk, members[i]))
            return true;
    return false;
}

/* Optional members that say the key is for something else (RFC 7517 4.2, 4.3, 4.4): then it is not
 * ours to use. */
static bool is_for_us(const json_t *jwk, const char *alg)
{
    const json_t *use = json_object_get(jwk, "use"), *named = json_object_get(jwk, "alg");

    if (json_object_get(jwk, "key_ops"))
        return false;
    if (use && (!json_is_string(use) || strcmp(json_string_value(use), "sig") != 0))
        return false;
    return !named || (json_is_string(named) && strcmp(json_string_value(named), alg) == 0);
}

static int read_rsa(const json_t *jwk, struct arena *a, struct str kid, struct key **ret_key,
                    struct err *e)
{
    auto_buf modulus = BUF_INIT(1024), exponent = BUF_INIT(1024);

    if (!get_number(jwk, "n", a, &modulus) || !get_number(jwk, "e", a, &exponent))
        return fail(e, ERR_INPUT, "an RSA key without proper `n` and `e`");
    return key_from_rsa(buf_str(&modulus), buf_str(&exponent), kid, ret_key, e);
}

static int read_p256(const json_t *jwk, struct arena *a, struct str kid, struct key **ret_key,
                     struct err *e)
{
    auto_buf x = BUF_INIT(1024), y = BUF_INIT(1024);

    if (!get_number(jwk, "x", a, &x) || !get_number(jwk, "y", a, &y))
        return fail(e, ERR_INPUT, "a P-256 key without proper `x` and `y`");
    return key_from_p256(buf_str(&x), buf_str(&y), kid, ret_key, e);
}

/* Absent is fine: then the key is named by its thumbprint. */
static int read_kid(const json_t *jwk, struct arena *a, struct str *ret_kid, struct err *e)
{
    struct str kid = STR_NONE;

    if (json_object_get(jwk, "kid") &&
        (!json_get_str(jwk, "kid", a, &kid) || kid.n == 0 || kid.n > KEY_KID_MAX))
        return fail(e, ERR_INPUT, "a key whose `kid` is not a text of 1 to %d bytes", KEY_KID_MAX);
    *ret_kid = kid;
    return 0;
}

/* *ret_key stays NULL for a key of a kind that is not ours. */
static int read_jwk(const json_t *jwk, struct arena *a, struct key **ret_key, struct err *e)
{
    struct str kty = STR_NONE, crv = STR_NONE, kid = STR_NONE;

    if (!json_is_object(jwk))
        return fail(e, ERR_INPUT, "a member of `keys` is not an object");
    if (has_private_member(jwk))
        return fail(e, ERR_INPUT, "a private key stands in a public document");
    if (!json_get_str(jwk, "kty", a, &kty))
        return fail(e, ERR_INPUT, "a key without `kty`");
    if (read_kid(jwk, a, &kid, e) < 0)
        return -1;
    if (str_is(kty, "RSA") && is_for_us(jwk, "RS256"))
        return read_rsa(jwk, a, kid, ret_key, e);
    if (str_is(kty, "EC") && json_get_str(jwk, "crv", a, &crv) && str_is(crv, "P-256") &&
        is_for_us(jwk, "ES256"))
        return read_p256(jwk, a, kid, ret_key, e);
    return 0;
}

static int read_keys(const json_t *keys, struct key_entry *entries, size_t *n, struct err *e)
{
    auto_arena a = {0};
    const json_t *jwk;
    size_t i;

    arena_init(&a, JWKS_MAX * 4);
    json_array_foreach(keys, i, jwk)
    {
        struct key *k = NULL;
        if (*n == KEYSET_MAX)
            return fail(e, ERR_LIMIT, "more than %d keys", KEYSET_MAX);
        if (read_jwk(jwk, &a, &k, e) < 0)
            return fail_within(e, "JWKS, key %zu", i);
        if (k)
            entries[(*n)++] = (struct key_entry){.key = k, .state = KEY_RETIRING};
    }
    return 0;
}

int keyset_from_jwks(struct str text, struct keyset **ret_keyset, struct err *e)
{
    struct key_entry entries[KEYSET_MAX];
    size_t n = 0;

    auto_json *json = json_read(text, JWKS_MAX, e);
    if (!json)
        return fail_within(e, "JWKS");
    const json_t *keys = json_object_get(json, "keys");
    if (!json_is_array(keys))
        return fail(e, ERR_INPUT, "JWKS: no array `keys`");
    int result = read_keys(keys, entries, &n, e);
    if (result == 0)
        result = keyset_new(entries, n, ret_keyset, e);
    while (n > 0)
        key_unref(entries[--n].key);
    return result;
}
