/* Tokens: what we mint we read back unchanged, and nothing else is read. The table of hostile
 * tokens holds what a widely used library was measured to accept. */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "base/buf.h"
#include "jose/jws.h"
#include "jose/key_internal.h"
#include "tests/unit/keys_for_tests.h"

static const struct str aud_one[] = {{"kubernetes", 10}};
static const struct str aud_two[] = {{"site-fra", 8}, {"site-muc", 8}};
static const struct str groups[] = {{"team-a", 6}, {"M\xc3\xbcnchen \"x\"\\", 13}};

static struct claims full_claims(enum token_type type)
{
    return (struct claims){.type = type,
                           .iss = STR("https://lotse.example"),
                           .sub = STR("CgVhbGljZRIEbGRhcA"),
                           .aud = aud_two,
                           .n_aud = 2,
                           .iat = 1700000000,
                           .exp = 1700000060,
                           .nbf = 1700000001,
                           .auth_time = 1699999999,
                           .azp = STR("kubernetes"),
                           .nonce = type == TOKEN_LOGOUT ? STR_NONE : STR("n\"\x7f\xe2\x82\xac"),
                           .at_hash = STR("77QmUPtjPfzWtF2AnpK9RQ"),
                           .jti = STR("jti-1"),
                           .sid = STR("sid-1"),
                           .acr = STR("1"),
                           .client_id = STR("kubernetes"),
                           .scope = STR("openid groups"),
                           .preferred_username = STR("alice"),
                           .name = STR("Alice \xc3\x84rmel"),
                           .email = STR("alice@example.org"),
                           .has_email_verified = true,
                           .email_verified = true,
                           .groups = groups,
                           .n_groups = 2,
                           .has_groups = true,
                           .federated_connector_id = STR("ldap"),
                           .federated_user_id = STR("4711")};
}

static void assert_same_list(const struct str *a, size_t n_a, const struct str *b, size_t n_b)
{
    assert_int_equal(n_a, n_b);
    for (size_t i = 0; i < n_a; i++)
        assert_true(str_eq(a[i], b[i]));
}

static void assert_same(const struct claims *a, const struct claims *b)
{
    static const size_t texts[] = {
        offsetof(struct claims, iss),
        offsetof(struct claims, sub),
        offsetof(struct claims, azp),
        offsetof(struct claims, nonce),
        offsetof(struct claims, jti),
        offsetof(struct claims, at_hash),
        offsetof(struct claims, sid),
        offsetof(struct claims, acr),
        offsetof(struct claims, client_id),
        offsetof(struct claims, scope),
        offsetof(struct claims, name),
        offsetof(struct claims, preferred_username),
        offsetof(struct claims, email),
        offsetof(struct claims, federated_connector_id),
        offsetof(struct claims, federated_user_id),
    };

    for (size_t i = 0; i < N_OF(texts); i++)
        assert_true(str_eq(*(const struct str *)(const void *)((const char *)a + texts[i]),
                           *(const struct str *)(const void *)((const char *)b + texts[i])));
    assert_same_list(a->aud, a->n_aud, b->aud, b->n_aud);
    assert_same_list(a->groups, a->n_groups, b->groups, b->n_groups);
    assert_true(a->type == b->type && a->iat == b->iat && a->exp == b->exp && a->nbf == b->nbf &&
                a->auth_time == b->auth_time && a->has_groups == b->has_groups &&
                a->has_email_verified == b->has_email_verified &&
                a->email_verified == b->email_verified);
}

static void what_is_signed_reads_back_unchanged(void **state)
{
    static const enum token_type types[] = {TOKEN_ID, TOKEN_ACCESS, TOKEN_LOGOUT};
    auto_arena a = {0};

    (void)state;
    arena_init(&a, ARENA_NO_MAX);
    auto_keyset *ks = test_keyset();
    for (size_t i = 0; i < N_OF(types) * 2; i++) {
        struct claims claims = full_claims(types[i / 2]), read;
        struct key *k = keyset_active(ks, i % 2 ? JOSE_RS256 : JOSE_ES256);
        struct str token;
        struct err e;
        assert_int_equal(jws_sign(k, &claims, &a, &token, &e), 0);
        for (size_t expected = 0; expected < N_OF(types); expected++)
            assert_int_equal(jws_verify(ks, token, types[expected], &a, &read),
                             types[expected] == claims.type ? JWS_OK : JWS_WRONG_TYPE);
        assert_int_equal(jws_verify(ks, token, claims.type, &a, &read), JWS_OK);
        assert_same(&claims, &read);
    }
}

static void the_least_token_has_only_what_it_must(void **state)
{
    struct claims claims = {.type = TOKEN_ID,
                            .iss = STR("i"),
                            .sub = STR("s"),
                            .aud = aud_one,
                            .n_aud = 1,
                            .iat = 1,
                            .exp = 2};
    struct claims read;
    struct str token;
    auto_arena a = {0};
    struct err e;

    (void)state;
    arena_init(&a, ARENA_NO_MAX);
    auto_keyset *ks = test_keyset();
    assert_int_equal(jws_sign(keyset_active(ks, JOSE_ES256), &claims, &a, &token, &e), 0);
    assert_int_equal(jws_verify(ks, token, TOKEN_ID, &a, &read), JWS_OK);
    assert_same(&claims, &read);
}

/* --- hostile tokens */

static struct str token_of(struct key *k, struct str header, struct str payload, struct arena *a)
{
    auto_buf token = BUF_INIT((size_t)1 << 20);
    uint8_t signature[KEY_SIGNATURE_MAX];
    struct err e;
    size_t n;

    buf_base64url(&token, header);
    buf_char(&token, '.');
    buf_base64url(&token, payload);
    assert_int_equal(key_sign(k, buf_str(&token), signature, &n, &e), 0);
    buf_char(&token, '.');
    buf_base64url(&token, (struct str){(const char *)signature, n});
    return arena_str(a, buf_str(&token));
}

static struct str filled(const char *pattern, struct str kid, struct arena *a)
{
    const char *at = strchr(pattern, '@');

    if (!at)
        return str_from(pattern);
    return arena_fmt(a, "%.*s%.*s%s", (int)(at - pattern), pattern, STR_F(kid), at + 1);
}

/* @ stands for the kid of the key that signs (ES256). */
#define GOOD_HEADER       "{\"alg\":\"ES256\",\"kid\":\"@\",\"typ\":\"JWT\"}"
#define CLAIMS            "\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\""
#define GOOD              CLAIMS ",\"exp\":1700000060,\"iat\":1700000000"
#define GOOD_PAYLOAD      "{" GOOD "}"
#define HEADER_WITH(more) "{\"alg\":\"ES256\",\"kid\":\"@\",\"typ\":\"JWT\"," more "}"

static const struct hostile {
    const char *header, *payload;
    enum jws_outcome outcome;
} hostile[] = {
    {GOOD_HEADER, GOOD_PAYLOAD, JWS_OK},
    {GOOD_HEADER, "{" GOOD ",\"unknown\":{\"a\":[1,2]}}", JWS_OK},
    {"{ \"typ\":\"JWT\", \"kid\":\"@\", \"alg\":\"ES256\" }", " {" GOOD "} ", JWS_OK},
    /* algorithms: the key says which */
    {"{\"alg\":\"none\",\"kid\":\"@\",\"typ\":\"JWT\"}", GOOD_PAYLOAD, JWS_WRONG_ALGORITHM},
    {"{\"alg\":\"HS256\",\"kid\":\"@\",\"typ\":\"JWT\"}", GOOD_PAYLOAD, JWS_WRONG_ALGORITHM},
    {"{\"alg\":\"RS256\",\"kid\":\"@\",\"typ\":\"JWT\"}", GOOD_PAYLOAD, JWS_WRONG_ALGORITHM},
    {"{\"alg\":\"es256\",\"kid\":\"@\",\"typ\":\"JWT\"}", GOOD_PAYLOAD, JWS_WRONG_ALGORITHM},
    {"{\"alg\":\"ES256 \",\"kid\":\"@\",\"typ\":\"JWT\"}", GOOD_PAYLOAD, JWS_WRONG_ALGORITHM},
    {"{\"alg\":\"ES384\",\"kid\":\"@\",\"typ\":\"JWT\"}", GOOD_PAYLOAD, JWS_WRONG_ALGORITHM},
    {"{\"alg\":[\"ES256\"],\"kid\":\"@\",\"typ\":\"JWT\"}", GOOD_PAYLOAD, JWS_BAD_HEADER},
    {"{\"alg\":null,\"kid\":\"@\",\"typ\":\"JWT\"}", GOOD_PAYLOAD, JWS_BAD_HEADER},
    {"{\"kid\":\"@\",\"typ\":\"JWT\"}", GOOD_PAYLOAD, JWS_BAD_HEADER},
    /* keys */
    {"{\"alg\":\"ES256\",\"kid\":\"somebody\",\"typ\":\"JWT\"}", GOOD_PAYLOAD, JWS_UNKNOWN_KEY},
    {"{\"alg\":\"ES256\",\"kid\":\"\",\"typ\":\"JWT\"}", GOOD_PAYLOAD, JWS_UNKNOWN_KEY},
    {"{\"alg\":\"ES256\",\"kid\":7,\"typ\":\"JWT\"}", GOOD_PAYLOAD, JWS_BAD_HEADER},
    {"{\"alg\":\"ES256\",\"typ\":\"JWT\"}", GOOD_PAYLOAD, JWS_BAD_HEADER},
    /* types */
    {"{\"alg\":\"ES256\",\"kid\":\"@\",\"typ\":\"at+jwt\"}", GOOD_PAYLOAD, JWS_WRONG_TYPE},
    {"{\"alg\":\"ES256\",\"kid\":\"@\",\"typ\":\"logout+jwt\"}", GOOD_PAYLOAD, JWS_WRONG_TYPE},
    {"{\"alg\":\"ES256\",\"kid\":\"@\",\"typ\":\"jwt\"}", GOOD_PAYLOAD, JWS_WRONG_TYPE},
    {"{\"alg\":\"ES256\",\"kid\":\"@\"}", GOOD_PAYLOAD, JWS_BAD_HEADER},
    /* headers that change the rules */
    {HEADER_WITH("\"crit\":[\"x\"],\"x\":1"), GOOD_PAYLOAD, JWS_BAD_HEADER},
    {HEADER_WITH("\"crit\":[]"), GOOD_PAYLOAD, JWS_BAD_HEADER},
    {HEADER_WITH("\"b64\":false"), GOOD_PAYLOAD, JWS_BAD_HEADER},
    {HEADER_WITH("\"jwk\":{\"kty\":\"EC\"}"), GOOD_PAYLOAD, JWS_BAD_HEADER},
    {HEADER_WITH("\"jku\":\"https://evil.example\""), GOOD_PAYLOAD, JWS_BAD_HEADER},
    {HEADER_WITH("\"x5u\":\"https://evil.example\""), GOOD_PAYLOAD, JWS_BAD_HEADER},
    {HEADER_WITH("\"x5c\":[\"AAAA\"]"), GOOD_PAYLOAD, JWS_BAD_HEADER},
    {HEADER_WITH("\"zip\":\"DEF\""), GOOD_PAYLOAD, JWS_BAD_HEADER},
    {HEADER_WITH("\"cty\":\"JWT\""), GOOD_PAYLOAD, JWS_BAD_HEADER},
    {HEADER_WITH("\"alg\":\"none\""), GOOD_PAYLOAD, JWS_MALFORMED}, /* a member twice */
    {GOOD_HEADER " x", GOOD_PAYLOAD, JWS_MALFORMED},
    {"[]", GOOD_PAYLOAD, JWS_MALFORMED},
    {"\"ES256\"", GOOD_PAYLOAD, JWS_MALFORMED},
    {"{", GOOD_PAYLOAD, JWS_MALFORMED},
    /* contents, properly signed */
    {GOOD_HEADER, "[" GOOD_PAYLOAD "]", JWS_BAD_CLAIMS},
    {GOOD_HEADER, "7", JWS_BAD_CLAIMS},
    {GOOD_HEADER, GOOD_PAYLOAD "x", JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{" GOOD ",\"sub\":\"t\"}", JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{" GOOD ",\"nonce\":\"a\\u0000b\"}", JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{" GOOD ",\"nonce\":\"\\ud800\"}", JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{" GOOD ",\"nonce\":\"\xff\"}", JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{" GOOD ",\"nonce\":null}", JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{\"sub\":\"s\",\"aud\":\"a\",\"exp\":2,\"iat\":1}", JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{\"iss\":\"i\",\"sub\":7,\"aud\":\"a\",\"exp\":2,\"iat\":1}", JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{\"iss\":\"i\",\"sub\":\"\",\"aud\":\"a\",\"exp\":2,\"iat\":1}", JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{\"iss\":\"i\",\"sub\":\"s\",\"exp\":2,\"iat\":1}", JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":[],\"exp\":2,\"iat\":1}", JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"\",\"exp\":2,\"iat\":1}", JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":[\"a\",7],\"exp\":2,\"iat\":1}",
     JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":{\"a\":1},\"exp\":2,\"iat\":1}",
     JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"iat\":1}", JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":\"2\",\"iat\":1}",
     JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":2.0,\"iat\":1}",
     JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":2e9,\"iat\":1}",
     JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":-2,\"iat\":1}",
     JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":0,\"iat\":1}",
     JWS_BAD_CLAIMS},
    {GOOD_HEADER,
     "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":9223372036854775807,\"iat\":1}",
     JWS_BAD_CLAIMS},
    {GOOD_HEADER,
     "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":9223372036854775808,\"iat\":1}",
     JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":true,\"iat\":1}",
     JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":2}", JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{" GOOD ",\"nbf\":9999999999.5}", JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{" GOOD ",\"nbf\":\"1\"}", JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{" GOOD ",\"auth_time\":\"1\"}", JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{" GOOD ",\"groups\":\"admins\"}", JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{" GOOD ",\"groups\":[\"a\",null]}", JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{" GOOD ",\"groups\":null}", JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{" GOOD ",\"email_verified\":\"true\"}", JWS_BAD_CLAIMS},
    {GOOD_HEADER, "{" GOOD ",\"federated_claims\":7}", JWS_BAD_CLAIMS},
    {GOOD_HEADER,
     "{" GOOD ",\"events\":{\"http://schemas.openid.net/event/backchannel-logout\":{}}}",
     JWS_BAD_CLAIMS},
};

static void hostile_tokens_are_refused_each_for_its_reason(void **state)
{
    (void)state;
    auto_keyset *ks = test_keyset();
    struct key *k = keyset_active(ks, JOSE_ES256);
    for (size_t i = 0; i < N_OF(hostile); i++) {
        struct claims read;
        auto_arena a = {0};
        arena_init(&a, ARENA_NO_MAX);
        struct str token = token_of(k, filled(hostile[i].header, key_kid(k), &a),
                                    str_from(hostile[i].payload), &a);
        enum jws_outcome outcome = jws_verify(ks, token, TOKEN_ID, &a, &read);
        if (outcome != hostile[i].outcome)
            fail_msg("case %zu: %s; header %s payload %s", i, jws_outcome_text(outcome),
                     hostile[i].header, hostile[i].payload);
    }
}

static void access_and_logout_tokens_have_what_they_must(void **state)
{
    static const struct {
        enum token_type type;
        const char *more;
        enum jws_outcome outcome;
    } cases[] = {
        {TOKEN_ACCESS, ",\"client_id\":\"c\",\"jti\":\"j\"", JWS_OK},
        {TOKEN_ACCESS, ",\"client_id\":\"c\"", JWS_BAD_CLAIMS},
        {TOKEN_ACCESS, ",\"jti\":\"j\"", JWS_BAD_CLAIMS},
#define EVENT ",\"events\":{\"http://schemas.openid.net/event/backchannel-logout\":{}}"
        {TOKEN_LOGOUT, ",\"jti\":\"j\"" EVENT, JWS_OK},
        {TOKEN_LOGOUT, EVENT, JWS_BAD_CLAIMS},
        {TOKEN_LOGOUT, ",\"jti\":\"j\"", JWS_BAD_CLAIMS},
        {TOKEN_LOGOUT, ",\"jti\":\"j\",\"events\":{}", JWS_BAD_CLAIMS},
        {TOKEN_LOGOUT, ",\"jti\":\"j\",\"events\":[]", JWS_BAD_CLAIMS},
        {TOKEN_LOGOUT, ",\"jti\":\"j\",\"nonce\":\"n\"" EVENT, JWS_BAD_CLAIMS},
    };
    (void)state;
    auto_keyset *ks = test_keyset();
    struct key *k = keyset_active(ks, JOSE_ES256);
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct claims read;
        auto_arena a = {0};
        arena_init(&a, ARENA_NO_MAX);
        struct str header = arena_fmt(&a, "{\"alg\":\"ES256\",\"kid\":\"%.*s\",\"typ\":\"%s\"}",
                                      STR_F(key_kid(k)), token_typ(cases[i].type));
        struct str token = token_of(k, header, arena_fmt(&a, "{" GOOD "%s}", cases[i].more), &a);
        assert_int_equal(jws_verify(ks, token, cases[i].type, &a, &read), cases[i].outcome);
    }
}

static struct str good_token(const struct keyset *ks, enum jose_alg alg, struct arena *a)
{
    struct key *k = keyset_active(ks, alg);
    struct str header = arena_fmt(a, "{\"alg\":\"%s\",\"kid\":\"%.*s\",\"typ\":\"JWT\"}",
                                  jose_alg_name(alg), STR_F(key_kid(k)));

    return token_of(k, header, STR(GOOD_PAYLOAD), a);
}

static void no_change_of_any_byte_survives(void **state)
{
    static const char replacements[] = {'A', '.', '=', '+', '/', '\n', 0, (char)0xff};
    auto_arena a = {0};

    (void)state;
    arena_init(&a, ARENA_NO_MAX);
    auto_keyset *ks = test_keyset();
    struct str token = good_token(ks, JOSE_ES256, &a);
    char *bytes = arena_alloc(&a, token.n + 1);
    struct claims read;
    for (size_t i = 0; i < token.n; i++)
        for (size_t r = 0; r < sizeof(replacements); r++) {
            memcpy(bytes, token.p, token.n);
            bytes[i] = bytes[i] == 'A' && replacements[r] == 'A' ? 'B' : replacements[r];
            if (bytes[i] == token.p[i])
                continue;
            if (jws_verify(ks, (struct str){bytes, token.n}, TOKEN_ID, &a, &read) == JWS_OK)
                fail_msg("byte %zu changed to %d is accepted", i, replacements[r]);
        }
}

static void no_truncation_and_no_addition_survives(void **state)
{
    static const char *const behind[] = {"A", "=", "==", ".", ".e30", " ", "\n", "AAAA"};
    struct claims read;
    auto_arena a = {0};

    (void)state;
    arena_init(&a, ARENA_NO_MAX);
    auto_keyset *ks = test_keyset();
    for (int alg = 0; alg < 2; alg++) {
        struct str token = good_token(ks, alg ? JOSE_RS256 : JOSE_ES256, &a);
        assert_int_equal(jws_verify(ks, token, TOKEN_ID, &a, &read), JWS_OK);
        for (size_t n = 0; n < token.n; n++)
            assert_int_not_equal(jws_verify(ks, str_from_to(token, 0, n), TOKEN_ID, &a, &read),
                                 JWS_OK);
        for (size_t n = 1; n < 8; n++)
            assert_int_not_equal(
                jws_verify(ks, str_from_to(token, n, token.n), TOKEN_ID, &a, &read), JWS_OK);
        for (size_t i = 0; i < N_OF(behind); i++) {
            struct str longer = arena_fmt(&a, "%.*s%s", STR_F(token), behind[i]);
            assert_int_not_equal(jws_verify(ks, longer, TOKEN_ID, &a, &read), JWS_OK);
        }
    }
}

static void other_spellings_of_the_same_bytes_are_refused(void **state)
{
    struct claims read;
    auto_arena a = {0};

    (void)state;
    arena_init(&a, ARENA_NO_MAX);
    auto_keyset *ks = test_keyset();
    struct str token = good_token(ks, JOSE_ES256, &a);
    /* 64 bytes leave four bits of the last character unused; they must be zero. */
    char *bytes = (char *)(uintptr_t)arena_cstr(&a, token);
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *last = strchr(alphabet, bytes[token.n - 1]);
    for (int i = 1; i < 16; i++) {
        bytes[token.n - 1] = alphabet[(last - alphabet) + i];
        assert_int_equal(jws_verify(ks, str_from(bytes), TOKEN_ID, &a, &read), JWS_MALFORMED);
    }
}

static void a_token_over_the_ceiling_is_not_even_looked_at(void **state)
{
    struct claims claims = {.type = TOKEN_ID,
                            .iss = STR("i"),
                            .sub = STR("s"),
                            .aud = aud_one,
                            .n_aud = 1,
                            .iat = 1,
                            .exp = 2};
    struct claims read;
    struct str token;
    auto_arena a = {0};
    struct err e;

    (void)state;
    arena_init(&a, ARENA_NO_MAX);
    auto_keyset *ks = test_keyset();
    const size_t n = (size_t)16 << 20;
    char *dots = arena_alloc(&a, n);
    memset(dots, '.', n);
    assert_int_equal(jws_verify(ks, (struct str){dots, n}, TOKEN_ID, &a, &read), JWS_TOO_LONG);
    assert_int_equal(jws_verify(ks, (struct str){dots, JWS_TOKEN_MAX + 1}, TOKEN_ID, &a, &read),
                     JWS_TOO_LONG);
    assert_int_equal(jws_verify(ks, (struct str){dots, JWS_TOKEN_MAX}, TOKEN_ID, &a, &read),
                     JWS_MALFORMED);
    memset(dots, 'x', n);
    claims.nonce = (struct str){dots, JWS_TOKEN_MAX};
    assert_int_equal(jws_sign(keyset_active(ks, JOSE_ES256), &claims, &a, &token, &e), -1);
    claims.nonce.n = 11000;
    assert_int_equal(jws_sign(keyset_active(ks, JOSE_ES256), &claims, &a, &token, &e), 0);
    assert_int_equal(jws_verify(ks, token, TOKEN_ID, &a, &read), JWS_OK);
}

static void deep_and_wide_contents_are_refused(void **state)
{
    auto_buf deep = BUF_INIT(20000), wide = BUF_INIT(20000);
    struct claims read;
    auto_arena a = {0};

    (void)state;
    arena_init(&a, ARENA_NO_MAX);
    auto_keyset *ks = test_keyset();
    struct key *k = keyset_active(ks, JOSE_ES256);
    struct str header = filled(GOOD_HEADER, key_kid(k), &a);
    buf_lit(&deep, "{" GOOD ",\"x\":");
    for (int i = 0; i < 1000; i++)
        buf_char(&deep, '[');
    for (int i = 0; i < 1000; i++)
        buf_char(&deep, ']');
    buf_char(&deep, '}');
    assert_int_equal(jws_verify(ks, token_of(k, header, buf_str(&deep), &a), TOKEN_ID, &a, &read),
                     JWS_BAD_CLAIMS);
    buf_lit(&wide, "{" GOOD);
    for (int i = 0; i < 100; i++)
        buf_fmt(&wide, ",\"x%d\":1", i);
    buf_char(&wide, '}');
    assert_int_equal(jws_verify(ks, token_of(k, header, buf_str(&wide), &a), TOKEN_ID, &a, &read),
                     JWS_BAD_CLAIMS);
}

static void no_key_is_a_reason_of_its_own(void **state)
{
    struct claims read;
    struct err e;
    auto_arena a = {0};

    (void)state;
    arena_init(&a, ARENA_NO_MAX);
    auto_keyset *ks = test_keyset(), *empty = NULL;
    struct str token = good_token(ks, JOSE_ES256, &a);
    assert_int_equal(keyset_new(NULL, 0, &empty, &e), 0);
    assert_int_equal(jws_verify(empty, token, TOKEN_ID, &a, &read), JWS_NO_KEY);
    assert_int_equal(jws_verify(NULL, token, TOKEN_ID, &a, &read), JWS_NO_KEY);
}

static void time_is_judged_to_the_second(void **state)
{
    static const struct {
        int64_t exp, nbf, now_ms, skew_s;
        enum claims_time expected;
    } cases[] = {
        {100, 0, 99999, 0, CLAIMS_CURRENT},   {100, 0, 100000, 0, CLAIMS_EXPIRED},
        {100, 0, 159999, 60, CLAIMS_CURRENT}, {100, 0, 160000, 60, CLAIMS_EXPIRED},
        {100, 50, 49999, 0, CLAIMS_NOT_YET},  {100, 50, 50000, 0, CLAIMS_CURRENT},
        {100, 50, 20000, 30, CLAIMS_CURRENT}, {1, 0, 1700000000000, 60, CLAIMS_EXPIRED},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct claims c = {.exp = cases[i].exp, .nbf = cases[i].nbf};
        assert_int_equal(claims_judge_time(&c, cases[i].now_ms, cases[i].skew_s),
                         cases[i].expected);
    }
}

static void at_hash_is_that_of_the_specification(void **state)
{
    auto_arena a = {0};

    (void)state;
    arena_init(&a, ARENA_NO_MAX);
    /* OpenID Connect Core A.3 */
    struct str hash = jws_at_hash(STR("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), &a);
    assert_true(str_is(hash, "77QmUPtjPfzWtF2AnpK9RQ"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_signed_reads_back_unchanged),
        cmocka_unit_test(the_least_token_has_only_what_it_must),
        cmocka_unit_test(hostile_tokens_are_refused_each_for_its_reason),
        cmocka_unit_test(access_and_logout_tokens_have_what_they_must),
        cmocka_unit_test(no_change_of_any_byte_survives),
        cmocka_unit_test(no_truncation_and_no_addition_survives),
        cmocka_unit_test(other_spellings_of_the_same_bytes_are_refused),
        cmocka_unit_test(a_token_over_the_ceiling_is_not_even_looked_at),
        cmocka_unit_test(deep_and_wide_contents_are_refused),
        cmocka_unit_test(no_key_is_a_reason_of_its_own),
        cmocka_unit_test(time_is_judged_to_the_second),
        cmocka_unit_test(at_hash_is_that_of_the_specification),
    };

    return cmocka_run_group_tests_name("jws", tests, NULL, NULL);
}
