#pragma once
/* Inside jose: what a key is made of, and the raw signature with it. Contexts are kept per
 * key, because making and initialising one costs more than the ES256 signature itself. */
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>

#include "jose/keyset.h"

#define KEY_SIGNATURE_MAX 512 /* RSA of 4096 bit */
#define N_TOKEN_TYPES     3
#define KEY_KID_MAX       256

struct context_pool { /* initialised contexts that nobody uses now */
    pthread_mutex_t lock;
    EVP_PKEY_CTX *idle[16];
    unsigned n;
};

struct key {
    atomic_uint refs;
    enum jose_alg alg;
    bool can_sign;
    EVP_PKEY *pkey;
    size_t signature_bytes;
    struct str kid;
    struct str jwk;                   /* the public JWK as JSON text */
    struct str header[N_TOKEN_TYPES]; /* by token type: base64url of the JOSE header */
    struct context_pool sign, verify;
};

const char *token_typ(enum token_type type); /* "JWT", "at+jwt", "logout+jwt" */

/* Takes pkey over, also when it fails. kid absent: the thumbprint. */
must_check int key_from_pkey(EVP_PKEY *pkey, bool can_sign, struct str kid, struct key **ret_key,
                             struct err *e);
/* From the members of a JWK, decoded; big endian. */
must_check int key_from_rsa(struct str n, struct str e_, struct str kid, struct key **ret_key,
                            struct err *e);
must_check int key_from_p256(struct str x, struct str y, struct str kid, struct key **ret_key,
                             struct err *e);

/* ES256: R || S, 64 bytes (RFC 7518 3.4). ret_signature has KEY_SIGNATURE_MAX bytes. */
must_check int key_sign(struct key *k, struct str input, uint8_t *ret_signature, size_t *ret_n,
                        struct err *e);
bool key_verify(struct key *k, struct str input, struct str signature);
void context_pool_fini(struct context_pool *pool);

/* "what: the library's own reason", and an empty error queue. */
int fail_openssl(struct err *e, const char *what) __attribute__((cold));

static inline void pkey_free_at(EVP_PKEY **p)
{
    EVP_PKEY_free(*p);
}
static inline void pkey_ctx_free_at(EVP_PKEY_CTX **p)
{
    EVP_PKEY_CTX_free(*p);
}
static inline void bn_free_at(BIGNUM **p)
{
    BN_free(*p);
}
#define auto_pkey     __attribute__((cleanup(pkey_free_at))) EVP_PKEY
#define auto_pkey_ctx __attribute__((cleanup(pkey_ctx_free_at))) EVP_PKEY_CTX
#define auto_bn       __attribute__((cleanup(bn_free_at))) BIGNUM
