/* The raw signature and its verification. The digest is fetched once, contexts are reused (OpenSSL
 * 3 pays for each fetch). */
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "base/mem.h"
#include "jose/key_internal.h"

#define SHA256_SIZE 32
#define P256_BYTES  32
#define DER_SIG_MAX 80 /* SEQUENCE of two INTEGERs of at most 33 bytes */

static inline void sig_free_at(ECDSA_SIG **p)
{
    ECDSA_SIG_free(*p);
}
#define auto_sig __attribute__((cleanup(sig_free_at))) ECDSA_SIG

static EVP_MD *digest;
static pthread_once_t digest_once = PTHREAD_ONCE_INIT;

static void digest_free(void)
{
    EVP_MD_free(digest);
}

static void digest_fetch(void)
{
    digest = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    OPENSSL_atexit(digest_free);
}

static bool digest_of(struct str input, uint8_t out[SHA256_SIZE])
{
    pthread_once(&digest_once, digest_fetch);
    return digest && EVP_Digest(input.p, input.n, out, NULL, digest, NULL) == 1;
}

static EVP_PKEY_CTX *context_new(EVP_PKEY *pkey, bool sign)
{
    auto_pkey_ctx *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

    if (!ctx || (sign ? EVP_PKEY_sign_init(ctx) : EVP_PKEY_verify_init(ctx)) != 1)
        return NULL;
    if (EVP_PKEY_is_a(pkey, "RSA") && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1)
        return NULL;
    if (EVP_PKEY_CTX_set_signature_md(ctx, digest) != 1)
        return NULL;
    return take(ctx);
}

static EVP_PKEY_CTX *context_take(struct context_pool *pool, EVP_PKEY *pkey, bool sign)
{
    EVP_PKEY_CTX *ctx = NULL;

    pthread_mutex_lock(&pool->lock);
    if (pool->n > 0)
        ctx = pool->idle[--pool->n];
    pthread_mutex_unlock(&pool->lock);
    return ctx ? ctx : context_new(pkey, sign);
}

static void context_give(struct context_pool *pool, EVP_PKEY_CTX *ctx_)
{
    auto_pkey_ctx *ctx = ctx_;

    pthread_mutex_lock(&pool->lock);
    if (pool->n < sizeof(pool->idle) / sizeof(pool->idle[0]))
        pool->idle[pool->n++] = take(ctx);
    pthread_mutex_unlock(&pool->lock);
}

void context_pool_fini(struct context_pool *pool)
{
    while (pool->n > 0)
        EVP_PKEY_CTX_free(pool->idle[--pool->n]);
    pthread_mutex_destroy(&pool->lock);
}

/* DER as OpenSSL gives it -> R || S, each of fixed length (RFC 7518 3.4). */
static bool der_to_raw(const uint8_t *der, size_t n, uint8_t *out)
{
    auto_sig *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);

    return sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, P256_BYTES) == P256_BYTES &&
           BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + P256_BYTES, P256_BYTES) == P256_BYTES;
}

/* The caller has checked that raw is 64 bytes long. */
static bool raw_to_der(const uint8_t *raw, uint8_t *out, size_t *ret_n)
{
    auto_sig *sig = ECDSA_SIG_new();
    auto_bn *r = BN_bin2bn(raw, P256_BYTES, NULL);
    auto_bn *s = BN_bin2bn(raw + P256_BYTES, P256_BYTES, NULL);
    uint8_t *at = out;

    if (!sig || !r || !s || ECDSA_SIG_set0(sig, r, s) != 1)
        return false;
    r = s = NULL; /* sig owns them now */
    int n = i2d_ECDSA_SIG(sig, NULL);
    if (n <= 0 || n > DER_SIG_MAX || i2d_ECDSA_SIG(sig, &at) != n)
        return false;
    *ret_n = (size_t)n;
    return true;
}

int key_sign(struct key *k, struct str input, uint8_t *ret_signature, size_t *ret_n, struct err *e)
{
    uint8_t hash[SHA256_SIZE], signature[KEY_SIGNATURE_MAX];
    size_t n = sizeof(signature);

    if (!k->can_sign)
        return fail(e, ERR_BUG, "key %.*s cannot sign", STR_F(k->kid));
    if (!digest_of(input, hash))
        return fail_openssl(e, "hash a token");
    auto_pkey_ctx *ctx = context_take(&k->sign, k->pkey, true);
    if (!ctx || EVP_PKEY_sign(ctx, signature, &n, hash, sizeof(hash)) != 1)
        return fail_openssl(e, "sign a token");
    context_give(&k->sign, take(ctx));
    if (k->alg == JOSE_ES256) {
        if (!der_to_raw(signature, n, ret_signature))
            return fail_openssl(e, "sign a token");
        *ret_n = 2 * P256_BYTES;
        return 0;
    }
    memcpy(ret_signature, signature, n);
    *ret_n = n;
    return 0;
}

bool key_verify(struct key *k, struct str input, struct str signature)
{
    uint8_t hash[SHA256_SIZE], der[DER_SIG_MAX];
    const uint8_t *bytes = (const uint8_t *)signature.p;
    size_t n = signature.n;

    /* The length is fixed by the key, before anything converts it: one signature, one encoding. */
    if (signature.n != k->signature_bytes || !digest_of(input, hash))
        return false;
    if (k->alg == JOSE_ES256) {
        if (!raw_to_der(bytes, der, &n))
            return false;
        bytes = der;
    }
    auto_pkey_ctx *ctx = context_take(&k->verify, k->pkey, false);
    bool good = ctx && EVP_PKEY_verify(ctx, bytes, n, hash, sizeof(hash)) == 1;
    ERR_clear_error();
    if (ctx)
        context_give(&k->verify, take(ctx));
    return good;
}
