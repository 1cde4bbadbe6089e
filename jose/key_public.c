/* Public keys from the numbers of a JWK (RFC 7518 6.2.1, 6.3.1). */
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "base/mem.h"
#include "jose/key_internal.h"

#define P256_BYTES     32
#define RSA_BYTES_MIN  256
#define RSA_BYTES_MAX  512
#define EXPONENT_BYTES 4

static inline void bld_free_at(OSSL_PARAM_BLD **p)
{
    OSSL_PARAM_BLD_free(*p);
}
static inline void params_free_at(OSSL_PARAM **p)
{
    OSSL_PARAM_free(*p);
}
#define auto_bld    __attribute__((cleanup(bld_free_at))) OSSL_PARAM_BLD
#define auto_params __attribute__((cleanup(params_free_at))) OSSL_PARAM

static int from_params(const char *type, OSSL_PARAM_BLD *bld, struct str kid, struct key **ret_key,
                       struct err *e)
{
    auto_params *params = OSSL_PARAM_BLD_to_param(bld);
    auto_pkey_ctx *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *pkey = NULL;

    /* For EC this also checks that the point lies on the curve. */
    if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        return fail_openssl(e, "read public key");
    return key_from_pkey(pkey, false, kid, ret_key, e);
}

static bool is_odd(struct str number)
{
    return number.n > 0 && number.p[0] != 0 && (number.p[number.n - 1] & 1) != 0;
}

/* Ceilings before any arithmetic: a huge exponent would make each verification slow. */
static int judge_rsa(struct str modulus, struct str exponent, struct err *e)
{
    if (modulus.n < RSA_BYTES_MIN || modulus.n > RSA_BYTES_MAX || !is_odd(modulus))
        return fail(e, ERR_INPUT, "an RSA modulus of %zu bytes; wanted are %d to %d, odd",
                    modulus.n, RSA_BYTES_MIN, RSA_BYTES_MAX);
    if (exponent.n > EXPONENT_BYTES || !is_odd(exponent) || (exponent.n == 1 && exponent.p[0] == 1))
        return fail(e, ERR_INPUT, "an RSA exponent that is not odd, over 2 and of at most %d bytes",
                    EXPONENT_BYTES);
    return 0;
}

int key_from_rsa(struct str n, struct str e_, struct str kid, struct key **ret_key, struct err *e)
{
    if (judge_rsa(n, e_, e) < 0)
        return -1;
    auto_bld *bld = OSSL_PARAM_BLD_new();
    auto_bn *modulus = BN_bin2bn((const uint8_t *)n.p, (int)n.n, NULL);
    auto_bn *exponent = BN_bin2bn((const uint8_t *)e_.p, (int)e_.n, NULL);
    if (!bld || !modulus || !exponent ||
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, modulus) != 1 ||
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, exponent) != 1)
        return fail_openssl(e, "read public key");
    return from_params("RSA", bld, kid, ret_key, e);
}

int key_from_p256(struct str x, struct str y, struct str kid, struct key **ret_key, struct err *e)
{
    uint8_t point[1 + 2 * P256_BYTES];

    /* RFC 7518 6.2.1.2: the length of this octet string MUST be the full size of a coordinate. */
    if (x.n != P256_BYTES || y.n != P256_BYTES)
        return fail(e, ERR_INPUT, "P-256 coordinates that are not %d bytes long", P256_BYTES);
    point[0] = 4; /* uncompressed */
    memcpy(point + 1, x.p, P256_BYTES);
    memcpy(point + 1 + P256_BYTES, y.p, P256_BYTES);
    auto_bld *bld = OSSL_PARAM_BLD_new();
    if (!bld ||
        OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)) != 1)
        return fail_openssl(e, "read public key");
    return from_params("EC", bld, kid, ret_key, e);
}
