#include <openssl/core_names.h>
#include <openssl/x509.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "jose/key_internal.h"

#define RSA_BITS_NEW 2048
#define RSA_BITS_MIN 2048 /* RFC 7518 3.3: a key of 2048 bits or larger MUST be used */
#define RSA_BITS_MAX 4096
#define P256_BYTES   32
#define DER_MAX      (16 * 1024)

static inline void pkcs8_free_at(PKCS8_PRIV_KEY_INFO **p)
{
    PKCS8_PRIV_KEY_INFO_free(*p);
}
#define auto_pkcs8 __attribute__((cleanup(pkcs8_free_at))) PKCS8_PRIV_KEY_INFO

int fail_openssl(struct err *e, const char *what)
{
    char reason[256] = "no reason given";
    unsigned long code = ERR_peek_last_error();

    if (code != 0)
        ERR_error_string_n(code, reason, sizeof(reason));
    ERR_clear_error();
    return fail(e, ERR_SYSTEM, "%s: %s", what, reason);
}

const char *jose_alg_name(enum jose_alg alg)
{
    return alg == JOSE_RS256 ? "RS256" : "ES256";
}

bool jose_alg_from(struct str name, enum jose_alg *ret_alg)
{
    if (str_is(name, "RS256"))
        *ret_alg = JOSE_RS256;
    else if (str_is(name, "ES256"))
        *ret_alg = JOSE_ES256;
    else
        return false;
    return true;
}

const char *token_typ(enum token_type type)
{
    static const char *const names[N_TOKEN_TYPES] = {
        [TOKEN_ID] = "JWT",
        [TOKEN_ACCESS] = "at+jwt",
        [TOKEN_LOGOUT] = "logout+jwt",
    };
    return names[type];
}

/* The kinds of key there are for us, and nothing beside them: the algorithm follows from the key,
 * never from a token. */
static int judge_pkey(const EVP_PKEY *pkey, enum jose_alg *ret_alg, struct err *e)
{
    char group[64] = "", encoding[64] = "";

    if (EVP_PKEY_is_a(pkey, "RSA")) {
        int bits = EVP_PKEY_get_bits(pkey);
        if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
            return fail(e, ERR_INPUT, "an RSA key of %d bit; wanted are %d to %d", bits,
                        RSA_BITS_MIN, RSA_BITS_MAX);
        *ret_alg = JOSE_RS256;
        return 0;
    }
    if (!EVP_PKEY_is_a(pkey, "EC"))
        return fail(e, ERR_INPUT, "a key that is neither RSA nor P-256");
    /* Parameters written out instead of a named curve are refused: they are how CVE-2022-0778 was
     * reached. */
    if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
                                       NULL) != 1 ||
        EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_ENCODING, encoding,
                                       sizeof(encoding), NULL) != 1 ||
        strcmp(encoding, OSSL_PKEY_EC_ENCODING_GROUP) != 0 || strcmp(group, "prime256v1") != 0) {
        ERR_clear_error();
        return fail(e, ERR_INPUT, "an EC key that is not on the named curve P-256");
    }
    *ret_alg = JOSE_ES256;
    return 0;
}

/* Base64url of one number; fixed: at least so many bytes, zeroes in front (RFC 7518 6.2.1.2). */
static int member_text(const EVP_PKEY *pkey, const char *name, int fixed, struct buf *out,
                       struct err *e)
{
    BIGNUM *number_ = NULL;
    uint8_t bytes[RSA_BITS_MAX / 8];

    if (EVP_PKEY_get_bn_param(pkey, name, &number_) != 1)
        return fail_openssl(e, "read public key");
    auto_bn *number = number_;
    int n = fixed ? fixed : BN_num_bytes(number);
    if ((size_t)n > sizeof(bytes) || BN_bn2binpad(number, bytes, n) != n)
        return fail_openssl(e, "read public key");
    buf_base64url(out, (struct str){(const char *)bytes, (size_t)n});
    return 0;
}

/* The two numbers of a public key as a JWK spells them. */
struct numbers {
    struct buf first, second; /* e and n, or x and y: in the order of their names */
};

static int get_numbers(const struct key *k, struct numbers *numbers, struct err *e)
{
    bool rsa = k->alg == JOSE_RS256;
    int fixed = rsa ? 0 : P256_BYTES;

    if (member_text(k->pkey, rsa ? OSSL_PKEY_PARAM_RSA_E : OSSL_PKEY_PARAM_EC_PUB_X, fixed,
                    &numbers->first, e) < 0)
        return -1;
    return member_text(k->pkey, rsa ? OSSL_PKEY_PARAM_RSA_N : OSSL_PKEY_PARAM_EC_PUB_Y, fixed,
                       &numbers->second, e);
}

/* RFC 7638 3: the required members only, in this order, no white space; the hash of that is the
 * name. */
static void thumbprint(const struct key *k, const struct numbers *numbers, struct buf *out)
{
    auto_buf text = BUF_INIT(2048);

    buf_fmt(&text,
            k->alg == JOSE_RS256 ? "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}"
                                 : "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}",
            buf_cstr(&numbers->first), buf_cstr(&numbers->second));
    struct sha256 hash = sha256_of(buf_str(&text));
    buf_base64url(out, (struct str){(const char *)hash.bytes, sizeof(hash.bytes)});
}

static void write_jwk(const struct key *k, const struct numbers *numbers, struct buf *out)
{
    struct json_out j;

    json_out_init(&j, out);
    json_open_object(&j);
    json_put_str(&j, "kty", k->alg == JOSE_RS256 ? STR("RSA") : STR("EC"));
    json_put_str(&j, "use", STR("sig"));
    json_put_str(&j, "alg", str_from(jose_alg_name(k->alg)));
    json_put_str(&j, "kid", k->kid);
    if (k->alg == JOSE_RS256) {
        json_put_str(&j, "n", buf_str(&numbers->second));
        json_put_str(&j, "e", buf_str(&numbers->first));
    } else {
        json_put_str(&j, "crv", STR("P-256"));
        json_put_str(&j, "x", buf_str(&numbers->first));
        json_put_str(&j, "y", buf_str(&numbers->second));
    }
    json_close_object(&j);
}

static void numbers_fini(struct numbers *numbers)
{
    buf_fini(&numbers->first);
    buf_fini(&numbers->second);
}

/* Name and JWK. Every part is bounded by what judge_pkey let in and by KEY_KID_MAX. */
static int describe(struct key *k, struct str kid, struct err *e)
{
    __attribute__((cleanup(numbers_fini))) struct numbers numbers = {.first = BUF_INIT(1024),
                                                                     .second = BUF_INIT(1024)};
    auto_buf name = BUF_INIT(KEY_KID_MAX), jwk = BUF_INIT(4096);

    if (get_numbers(k, &numbers, e) < 0)
        return -1;
    if (kid.n > 0)
        buf_add(&name, kid);
    else
        thumbprint(k, &numbers, &name);
    if (buf_failed(&name))
        return fail(e, ERR_LIMIT, "a kid of over %d bytes", KEY_KID_MAX);
    k->kid.p = buf_take(&name, &k->kid.n);
    write_jwk(k, &numbers, &jwk);
    if (buf_failed(&jwk))
        return fail(e, ERR_LIMIT, "a key whose description is too long");
    k->jwk.p = buf_take(&jwk, &k->jwk.n);
    return 0;
}

static void make_headers(struct key *k)
{
    for (unsigned type = 0; type < N_TOKEN_TYPES; type++) {
        auto_buf json = BUF_INIT(2048), text = BUF_INIT(4096);
        struct json_out j;

        json_out_init(&j, &json);
        json_open_object(&j);
        json_put_str(&j, "alg", str_from(jose_alg_name(k->alg)));
        json_put_str(&j, "kid", k->kid);
        json_put_str(&j, "typ", str_from(token_typ((enum token_type)type)));
        json_close_object(&j);
        buf_base64url(&text, buf_str(&json));
        k->header[type].p = buf_take(&text, &k->header[type].n);
    }
}

int key_from_pkey(EVP_PKEY *pkey_, bool can_sign, struct str kid, struct key **ret_key,
                  struct err *e)
{
    auto_pkey *pkey = pkey_;
    auto_key *k = NULL;
    enum jose_alg alg = JOSE_RS256;

    if (judge_pkey(pkey, &alg, e) < 0)
        return -1;
    k = MEM_NEW(struct key);
    atomic_init(&k->refs, 1);
    pthread_mutex_init(&k->sign.lock, NULL);
    pthread_mutex_init(&k->verify.lock, NULL);
    k->alg = alg;
    k->can_sign = can_sign;
    k->pkey = take(pkey);
    k->signature_bytes = alg == JOSE_ES256 ? 2 * P256_BYTES : (size_t)EVP_PKEY_get_size(k->pkey);
    if (describe(k, kid, e) < 0)
        return -1;
    make_headers(k);
    *ret_key = take(k);
    return 0;
}

int key_generate(enum jose_alg alg, struct key **ret_key, struct err *e)
{
    EVP_PKEY *pkey = alg == JOSE_RS256 ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS_NEW)
                                       : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    if (!pkey)
        return fail_openssl(e, "generate a key");
    return key_from_pkey(pkey, true, STR_NONE, ret_key, e);
}

int key_import(struct str der, struct key **ret_key, struct err *e)
{
    const uint8_t *at = (const uint8_t *)der.p;

    if (der.n == 0 || der.n > DER_MAX)
        return fail(e, ERR_INPUT, "a private key of %zu bytes", der.n);
    auto_pkcs8 *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.n);
    if (!info || at != (const uint8_t *)der.p + der.n) {
        ERR_clear_error();
        return fail(e, ERR_INPUT, "not one PKCS#8 private key");
    }
    EVP_PKEY *pkey = EVP_PKCS82PKEY(info);
    if (!pkey)
        return fail_openssl(e, "read private key");
    return key_from_pkey(pkey, true, STR_NONE, ret_key, e);
}

int key_export(const struct key *k, struct secret *ret_der, struct err *e)
{
    auto_buf der = BUF_INIT(DER_MAX);

    if (!k->can_sign)
        return fail(e, ERR_BUG, "key %.*s has no private half here", STR_F(k->kid));
    auto_pkcs8 *info = EVP_PKEY2PKCS8(k->pkey);
    int n = info ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : -1;
    if (n <= 0)
        return fail_openssl(e, "write private key");
    der.wipe = true;
    char *room = buf_reserve(&der, (size_t)n);
    uint8_t *at = (uint8_t *)room;
    if (!room || i2d_PKCS8_PRIV_KEY_INFO(info, &at) != n)
        return fail_openssl(e, "write private key");
    buf_commit(&der, (size_t)n);
    secret_set(ret_der, buf_str(&der));
    return 0;
}

struct key *key_ref(struct key *k)
{
    atomic_fetch_add_explicit(&k->refs, 1, memory_order_relaxed);
    return k;
}

void key_unref(struct key *k)
{
    if (!k || atomic_fetch_sub_explicit(&k->refs, 1, memory_order_acq_rel) != 1)
        return;
    context_pool_fini(&k->sign);
    context_pool_fini(&k->verify);
    EVP_PKEY_free(k->pkey);
    for (unsigned i = 0; i < N_TOKEN_TYPES; i++)
        mem_free((void *)(uintptr_t)k->header[i].p);
    mem_free((void *)(uintptr_t)k->kid.p);
    mem_free((void *)(uintptr_t)k->jwk.p);
    mem_free(k);
}

struct str key_kid(const struct key *k)
{
    return k->kid;
}

enum jose_alg key_alg(const struct key *k)
{
    return k->alg;
}

bool key_can_sign(const struct key *k)
{
    return k->can_sign;
}
