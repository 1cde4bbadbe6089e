/* Keys and sets of them: names by RFC 7638, signatures of the RFCs' examples, public documents
 * without private members, and no key that is weaker or stranger than what we use. */
#include "tests/unit/unit.h"

#include "base/base64.h"
#include "base/json.h"
#include "jose/key_internal.h"
#include "tests/unit/keys_for_tests.h"

/* RFC 7638 3.1 */
#define RFC7638_N \
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECP" \
    "ebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY" \
    "368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0f" \
    "M4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
#define RFC7638_THUMBPRINT "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
/* RFC 7515 A.2, A.3 */
#define RFC7515_N \
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4" \
    "d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5re" \
    "xMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxX" \
    "FvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
#define RFC7515_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define RFC7515_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define RFC7515_PAYLOAD \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl" \
    "fQ"
#define RFC7515_RS256 \
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5" \
    "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb" \
    "1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO" \
    "YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
#define RFC7515_ES256 \
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"

static struct keyset *read_jwks(const char *json)
{
    struct keyset *ks = NULL;
    struct err e = {0};

    if (keyset_from_jwks(str_from(json), &ks, &e) < 0)
        fail_msg("%s: %s", e.text, json);
    return ks;
}

static void a_key_without_kid_is_named_by_its_thumbprint(void **state)
{
    size_t n;

    (void)state;
    auto_keyset *ks =
        read_jwks("{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" RFC7638_N "\"}]}");
    const struct key_entry *entries = keyset_entries(ks, &n);
    assert_int_equal(n, 1);
    assert_true(str_is(key_kid(entries[0].key), RFC7638_THUMBPRINT));
}

static void the_signatures_of_the_rfc_verify_and_changed_ones_do_not(void **state)
{
    static const struct {
        const char *kid, *input, *signature;
        bool good;
    } cases[] = {
        {"r", "eyJhbGciOiJSUzI1NiJ9." RFC7515_PAYLOAD, RFC7515_RS256, true},
        {"e", "eyJhbGciOiJFUzI1NiJ9." RFC7515_PAYLOAD, RFC7515_ES256, true},
        {"r", "eyJhbGciOiJSUzI1NiJ9." RFC7515_PAYLOAD "A", RFC7515_RS256, false},
        {"e", "eyJhbGciOiJFUzI1NiJ9." RFC7515_PAYLOAD "A", RFC7515_ES256, false},
        {"e", "eyJhbGciOiJSUzI1NiJ9." RFC7515_PAYLOAD, RFC7515_RS256, false},
        {"r", "eyJhbGciOiJFUzI1NiJ9." RFC7515_PAYLOAD, RFC7515_ES256, false},
        {"e", "eyJhbGciOiJFUzI1NiJ9." RFC7515_PAYLOAD, "", false},
        {"e", "eyJhbGciOiJFUzI1NiJ9." RFC7515_PAYLOAD, RFC7515_ES256 "AAAA", false},
    };
    (void)state;
    auto_keyset *ks = read_jwks(
        "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"r\",\"e\":\"AQAB\",\"n\":\"" RFC7515_N "\"},"
        "{\"kty\":\"EC\",\"kid\":\"e\",\"crv\":\"P-256\",\"x\":\"" RFC7515_X "\",\"y\":\"" RFC7515_Y
        "\"}]}");
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_buf signature = BUF_INIT(1024);
        assert_true(base64url_decode(str_from(cases[i].signature), &signature));
        bool good = key_verify(keyset_find(ks, str_from(cases[i].kid)), str_from(cases[i].input),
                               buf_str(&signature));
        if (good != cases[i].good)
            fail_msg("case %zu", i);
    }
}

/* Signatures with a value of 0 or the group's order were accepted by more than one library
 * (CVE-2022-21449). */
static void degenerate_ecdsa_signatures_are_refused(void **state)
{
    static const char order[] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    static const char zero[] = "0000000000000000000000000000000000000000000000000000000000000000";
    static const char one[] = "0000000000000000000000000000000000000000000000000000000000000001";
    static const char all[] = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
    const char *const values[] = {zero, one, order, all};
    (void)state;
    auto_keyset *ks = test_keyset();
    for (size_t r = 0; r < N_OF(values); r++)
        for (size_t s = 0; s < N_OF(values); s++) {
            auto_buf raw = BUF_INIT(64);
            assert_true(hex_decode(str_from(values[r]), &raw) &&
                        hex_decode(str_from(values[s]), &raw));
            assert_false(key_verify(keyset_active(ks, JOSE_ES256), STR("anything"), buf_str(&raw)));
        }
}

#define EC_P384 \
    "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDD0vVnK4kHa+h0F6K8EN0SgZj42YscSMs07YD6omqGmeo/f" \
    "qsd6jH4oMBCQU+XiWvGhZANiAASJMYDeDKwFMX6PvS15/e8jI7JAAIUMkD9YZWyHA5v6rN0eGsNi1q1rT+OgCFkF+TWJ" \
    "XoHaW/1YQTY6ciEHrOR7+YUPVg2pkw6PQoNQ/VggUY/MMYwKdVBUQ7f/bmDLuy4="
#define EC_EXPLICIT \
    "MIIBeQIBADCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAAAAAAAAAAAAAA////////////" \
    "////MFsEIP////8AAAABAAAAAAAAAAAAAAAA///////////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+" \
    "J9JgSwMVAMSdNgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/" \
    "m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA//////////+85vqtpxeehPO5ysL8YyVRAgEBBG0wawIB" \
    "AQQg87bsO2jKMmkUek7wXNwDdfKjSov7aiTiT4P+APgQRi6hRANCAATtxT1eoDA7nAe2qAVCRwA+YmXcIbaRsx1V8YYR" \
    "VvrygNWJAzaISoWnnblRLCicmO4nxgOWX9gPk+ghOhT42GwY"
#define RSA_1024 \
    "MIICdQIBADANBgkqhkiG9w0BAQEFAASCAl8wggJbAgEAAoGBANLCz+fKDrW2ao25YoAaTb8yq8kpAL2WaRestosnUPwo" \
    "AehAARDnBxlSc1OnEbXdUTzqka5XBvMc5rBtaibFQkcOW12EXrOloCrFFXhHgU1X4Jvo5WByV9giTxAx6p4FUYTTRfL5" \
    "+koPONoqM29nSRZYxZwt1im9dvrwpl7vKDivAgMBAAECgYAlE4JRi1klHE8IWYl7caUlsntH6v+nWnNoZ8jBGAyGH1+e" \
    "hMvrNkkoajnBiI10CdgFuFoiakrdr8LhXI4k/eSXm6l8LcsZOVH1Jxy6BLOrUzPzMGIDtqqeMmwHTuWPBYFcc2KKC3sg" \
    "t3zsCA2ENiY/XjsYzON0Y8s416ckzoKAuQJBAO/cFULaT+NAHd3xp4slz9VHDZjw6fIz0VcUgMjpvWZhFxvg+i4r4QGn" \
    "z3ahM1yg6vDd/ZI/g6PCQ0XuS2hS4isCQQDg8XaXYJKljJrmyYy2dTPywCOnqOAXgQYJuv/Ka06lA8rOCypyHfGfGveK" \
    "CTPPoEwrbjmNv8nM4rvpKNKKbHWNAkEAhkdOO8Pd71nInqSXaCW96SdC7HkKb0YlDrvysQdxuavm9PuI82orJ/MbCM2L" \
    "5HJNtJSCTWpzNq0dXjveSUQFSwI/TjOkBvyL/wHi2Fk5kjUs2jfyLVeIkKNKdheM1dJ4hOXMm9VF7GZ8mdPGOzb3zDbu" \
    "RCsN1znV7mTk7ypCB92tAkAeyLfdqW3Lkdzn0hAVD+5M4CZYgsMtr+Pp+kkcD5DgftbFcVQhsfMk19iHLNf26XWQoHeL" \
    "eMtv7jq/vTjimlct"
#define ED25519 "MC4CAQAwBQYDK2VwBCIEIPdp392NXx6JJV2Y2k/IU72tlrZGg/wGexadbBrEjNVj"
#define ENCRYPTED \
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhZsGEU1a4/1QICCAAwDAYIKoZIhvcNAgkFADAdBglghkgB" \
    "ZQMEASoEELVAt2xLw2+px7zXddEcg/cEgZAZcwC6+A5VuIJ1LRWrJhfWil4P6yEb4vnW+NPwwhUDE/8hEXBvHyyNFI8m" \
    "mc6GmtmBhmyIH5huQpv2/OwQtBa0V9wOAGqXgZjv9tJDw161MFtf7mI/et1Hrk0VAPW8cAjyaBlFlEE88ftt+sBvnN47" \
    "EKSwDtZzdKJu1ta8AHTulsCfIr4FsyAmBYWnpxpOxfo="

static void keys_that_are_weak_or_of_another_kind_are_refused(void **state)
{
    static const struct {
        const char *pkcs8, *text;
    } cases[] = {
        {EC_P384, "P-256"},     {EC_EXPLICIT, "named curve"},
        {RSA_1024, "1024 bit"}, {ED25519, "neither RSA nor P-256"},
        {ENCRYPTED, "PKCS#8"}, /* without asking anybody for a pass phrase */
        {"", "0 bytes"},        {"AAAA", "PKCS#8"},
    };
    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_buf der = BUF_INIT(4096);
        struct key *k = NULL;
        struct err e;
        assert_true(base64_decode(str_from(cases[i].pkcs8), &der));
        assert_int_equal(key_import(buf_str(&der), &k, &e), -1);
        assert_null(k);
        if (!strstr(e.text, cases[i].text))
            fail_msg("case %zu: %s", i, e.text);
    }
}

static void a_private_key_has_no_trailing_bytes_and_no_truncation(void **state)
{
    auto_buf der = BUF_INIT(4096);
    struct key *k = NULL;
    struct err e;

    (void)state;
    assert_true(base64_decode(str_from(test_key_es256), &der));
    for (size_t n = 0; n < der.n; n++)
        assert_int_equal(key_import(str_from_to(buf_str(&der), 0, n), &k, &e), -1);
    buf_char(&der, 0);
    assert_int_equal(key_import(buf_str(&der), &k, &e), -1);
}

static void a_key_that_is_exported_and_imported_is_the_same(void **state)
{
    static const enum jose_alg algs[] = {JOSE_ES256, JOSE_RS256};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        auto_key *k = NULL, *again = NULL;
        auto_secret der = {0};
        struct err e;
        assert_int_equal(key_generate(algs[i], &k, &e), 0);
        assert_int_equal(key_export(k, &der, &e), 0);
        assert_int_equal(key_import(secret_reveal(&der), &again, &e), 0);
        assert_int_equal(key_alg(k), algs[i]);
        assert_int_equal(key_alg(again), algs[i]);
        assert_true(str_eq(key_kid(k), key_kid(again)));
        assert_int_equal(key_kid(k).n, 43);
    }
}

static void a_jwks_holds_public_members_only(void **state)
{
    static const char *const private_members[] = {"\"d\"",  "\"p\"",  "\"q\"", "\"dp\"",
                                                  "\"dq\"", "\"qi\"", "\"k\""};
    struct err e;
    size_t n;

    (void)state;
    auto_keyset *ks = test_keyset();
    struct str jwks = keyset_jwks(ks);
    for (size_t i = 0; i < N_OF(private_members); i++)
        assert_false(str_contains(jwks, str_from(private_members[i])));
    auto_keyset *again = NULL;
    assert_int_equal(keyset_from_jwks(jwks, &again, &e), 0);
    const struct key_entry *entries = keyset_entries(again, &n);
    assert_int_equal(n, 2);
    for (size_t i = 0; i < n; i++) {
        assert_non_null(keyset_find(ks, key_kid(entries[i].key)));
        assert_false(key_can_sign(entries[i].key));
        assert_int_equal(entries[i].state, KEY_RETIRING);
    }
    assert_true(str_eq(keyset_jwks(again), jwks));
}

static void a_public_key_neither_signs_nor_leaves_as_a_private_one(void **state)
{
    uint8_t signature[KEY_SIGNATURE_MAX];
    auto_keyset *public_half = NULL, *refused = NULL;
    auto_secret der = {0};
    struct err e;
    size_t n;

    (void)state;
    auto_keyset *ks = test_keyset();
    assert_int_equal(keyset_from_jwks(keyset_jwks(ks), &public_half, &e), 0);
    struct key_entry entry = keyset_entries(public_half, &n)[0];
    assert_int_equal(key_sign(entry.key, STR("x"), signature, &n, &e), -1);
    assert_int_equal(key_export(entry.key, &der, &e), -1);
    entry.state = KEY_ACTIVE;
    assert_int_equal(keyset_new(&entry, 1, &refused, &e), -1);
}

#define EC_POINT        "\"x\":\"" RFC7515_X "\",\"y\":\"" RFC7515_Y "\""
#define EC_OK           "\"kty\":\"EC\",\"crv\":\"P-256\"," EC_POINT
#define N_KEYS(n, json) {(n), "{\"keys\":[" json "]}"}

static void a_jwks_is_read_as_the_rfc_says_or_refused(void **state)
{
    static const struct {
        int n; /* keys read; -1: refused */
        const char *json;
    } cases[] = {
        N_KEYS(0, ""),
        N_KEYS(1, "{" EC_OK "}"),
        N_KEYS(1, "{" EC_OK ",\"use\":\"sig\",\"alg\":\"ES256\",\"kid\":\"a\",\"x5t\":\"zz\","
                  "\"custom\":{\"a\":[1]}}"),
        N_KEYS(2, "{" EC_OK ",\"kid\":\"a\"},{" EC_OK ",\"kid\":\"b\"}"),
        /* of another kind or purpose: skipped (RFC 7517 5) */
        N_KEYS(0, "{" EC_OK ",\"use\":\"enc\"}"),
        N_KEYS(0, "{" EC_OK ",\"alg\":\"ES384\"}"),
        N_KEYS(0, "{" EC_OK ",\"alg\":7}"),
        N_KEYS(0, "{" EC_OK ",\"key_ops\":[\"sign\"]}"),
        N_KEYS(0, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC7515_X "\"}"),
        N_KEYS(0, "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" RFC7515_X "\",\"y\":\"" RFC7515_Y
                  "\"}"),
        N_KEYS(0, "{\"kty\":\"AKP\",\"alg\":\"ML-DSA-65\",\"pub\":\"AAAA\"}"),
        N_KEYS(0, "{\"kty\":\"RSA\",\"alg\":\"PS256\",\"e\":\"AQAB\",\"n\":\"" RFC7515_N "\"}"),
        /* wrong */
        N_KEYS(-1, "{" EC_OK ",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}"),
        N_KEYS(-1, "{\"kty\":\"oct\",\"k\":\"AAAA\"}"),
        N_KEYS(-1, "{" EC_OK ",\"kid\":\"a\"},{" EC_OK ",\"kid\":\"a\"}"),
        N_KEYS(-1, "{" EC_OK "},{" EC_OK "}"),
        N_KEYS(-1, "{" EC_OK ",\"kid\":\"\"}"),
        N_KEYS(-1, "{" EC_OK ",\"kid\":7}"),
        N_KEYS(-1, "{" EC_OK ",\"kty\":\"EC\"}"), /* a member twice */
        N_KEYS(-1, "7"),
        N_KEYS(-1, "{\"kid\":\"a\"}"),
        N_KEYS(-1, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7515_X "\"}"),
        N_KEYS(-1, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7515_Y "\",\"y\":\"" RFC7515_X
                   "\"}"), /* off the curve */
        N_KEYS(-1, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7515_X "=\",\"y\":\"" RFC7515_Y
                   "\"}"),
        N_KEYS(-1, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA" RFC7515_X "\",\"y\":\"" RFC7515_Y
                   "\"}"),
        N_KEYS(-1, "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" RFC7515_X "\"}"), /* 256 bit */
        N_KEYS(-1, "{\"kty\":\"RSA\",\"e\":\"AQ\",\"n\":\"" RFC7515_N "\"}"),   /* e = 1 */
        N_KEYS(-1, "{\"kty\":\"RSA\",\"e\":\"AQAA\",\"n\":\"" RFC7515_N "\"}"), /* even */
        N_KEYS(-1, "{\"kty\":\"RSA\",\"e\":\"" RFC7515_X "\",\"n\":\"" RFC7515_N "\"}"),
        N_KEYS(-1, "{\"kty\":\"RSA\",\"e\":\"AQAB\"}"),
        {-1, ""},
        {-1, "[]"},
        {-1, "{}"},
        {-1, "{\"keys\":{}}"},
        {-1, "{\"keys\":[]} x"},
        {-1, "{\"keys\":[],\"keys\":[]}"},
    };
    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_keyset *ks = NULL;
        struct err e = {0};
        size_t n = 0;
        int result = keyset_from_jwks(str_from(cases[i].json), &ks, &e);
        if (result == 0)
            (void)keyset_entries(ks, &n);
        if ((result < 0 ? -1 : (int)n) != cases[i].n)
            fail_msg("case %zu gives %d, %zu keys: %s", i, result, n, cases[i].json);
    }
}

static void a_set_has_one_active_key_of_each_algorithm(void **state)
{
    auto_keyset *ks = NULL;
    struct err e;

    (void)state;
    auto_key *one = test_key(test_key_es256), *two = NULL;
    assert_int_equal(key_generate(JOSE_ES256, &two, &e), 0);
    struct key_entry entries[] = {{.key = one, .state = KEY_ACTIVE},
                                  {.key = two, .state = KEY_ACTIVE}};
    assert_int_equal(keyset_new(entries, 2, &ks, &e), -1);
    entries[1].key = one;
    entries[1].state = KEY_NEXT;
    assert_int_equal(keyset_new(entries, 2, &ks, &e), -1); /* one kid, one key */
    entries[1].key = two;
    assert_int_equal(keyset_new(entries, 2, &ks, &e), 0);
    assert_ptr_equal(keyset_active(ks, JOSE_ES256), one);
    assert_null(keyset_active(ks, JOSE_RS256));
    assert_ptr_equal(keyset_find(ks, key_kid(two)), two);
    assert_null(keyset_find(ks, STR("somebody")));
}

static struct sealer *a_sealer(const char *key)
{
    auto_secret secret = {0};
    struct sealer *s = NULL;
    struct err e;

    secret_set(&secret, str_from(key));
    assert_int_equal(sealer_new(&secret, &random_system, &s, &e), 0);
    return s;
}

static void a_sealed_set_comes_back_whole_and_only_with_its_key(void **state)
{
    struct sealer *ours = a_sealer("0123456789abcdef0123456789abcdef"),
                  *other = a_sealer("another key, as long as the first");
    auto_keyset *again = NULL, *none = NULL;
    struct str text;
    size_t n, n_again;
    auto_arena a = {0};
    struct err e;

    (void)state;
    arena_init(&a, ARENA_NO_MAX);
    auto_keyset *ks = test_keyset();
    assert_int_equal(keyset_seal(ks, ours, &a, &text, &e), 0);
    assert_int_equal(keyset_unseal(text, ours, &again, &e), 0);
    const struct key_entry *before = keyset_entries(ks, &n),
                           *after = keyset_entries(again, &n_again);
    assert_int_equal(n, n_again);
    for (size_t i = 0; i < n; i++) {
        assert_true(str_eq(key_kid(before[i].key), key_kid(after[i].key)) &&
                    key_can_sign(after[i].key));
        assert_int_equal(before[i].state, after[i].state);
        assert_int_equal(before[i].created_ms, after[i].created_ms);
        assert_int_equal(before[i].active_from_ms, after[i].active_from_ms);
        assert_int_equal(before[i].retire_after_ms, after[i].retire_after_ms);
    }
    assert_true(str_eq(keyset_jwks(ks), keyset_jwks(again)));
    assert_int_equal(keyset_unseal(text, other, &none, &e), -1);
    assert_non_null(strstr(e.text, "key file"));
    sealer_free(ours);
    sealer_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_without_kid_is_named_by_its_thumbprint),
        cmocka_unit_test(the_signatures_of_the_rfc_verify_and_changed_ones_do_not),
        cmocka_unit_test(degenerate_ecdsa_signatures_are_refused),
        cmocka_unit_test(keys_that_are_weak_or_of_another_kind_are_refused),
        cmocka_unit_test(a_private_key_has_no_trailing_bytes_and_no_truncation),
        cmocka_unit_test(a_key_that_is_exported_and_imported_is_the_same),
        cmocka_unit_test(a_jwks_holds_public_members_only),
        cmocka_unit_test(a_public_key_neither_signs_nor_leaves_as_a_private_one),
        cmocka_unit_test(a_jwks_is_read_as_the_rfc_says_or_refused),
        cmocka_unit_test(a_set_has_one_active_key_of_each_algorithm),
        cmocka_unit_test(a_sealed_set_comes_back_whole_and_only_with_its_key),
    };

    return cmocka_run_group_tests_name("keyset", tests, NULL, NULL);
}
