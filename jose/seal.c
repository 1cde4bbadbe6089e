#include "jose/seal.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <pthread.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/mem.h"

#define VERSION      1
#define KEY_BYTES    32
#define KEY_ID_BYTES 4
#define NONCE_BYTES  12
#define TAG_BYTES    16
#define HEAD_BYTES   (1 + KEY_ID_BYTES)
#define OVERHEAD     (HEAD_BYTES + NONCE_BYTES + TAG_BYTES)
#define SEALED_MAX   ((size_t)256 * 1024) /* bytes before base64url */
#define PURPOSES_MAX 16
#define IDLE_MAX     16
#define MASTER_MIN   32
#define KEY_ID_INFO  "lotse key id"
#define PURPOSE_INFO "lotse seal "

struct purpose_key { /* derived once per purpose, then only read */
    char *purpose;
    uint8_t key[KEY_BYTES];
};

struct master {
    struct secret secret;
    uint8_t id[KEY_ID_BYTES];
    struct purpose_key keys[PURPOSES_MAX];
    size_t n_keys;
};

/* Behind a const pointer: what is below the lock is a cache and changes nothing that a caller sees.
 */
struct sealer {
    const struct random *random;
    EVP_CIPHER *cipher;
    struct master masters[2]; /* [0] seals, both open */
    unsigned n_masters;
    pthread_mutex_t lock;
    EVP_CIPHER_CTX *idle[IDLE_MAX];
    unsigned n_idle;
};

static inline void kdf_free_at(EVP_KDF **p)
{
    EVP_KDF_free(*p);
}
static inline void kdf_ctx_free_at(EVP_KDF_CTX **p)
{
    EVP_KDF_CTX_free(*p);
}
static inline void sealer_free_at(struct sealer **p)
{
    sealer_free(*p);
}
#define auto_kdf     __attribute__((cleanup(kdf_free_at))) EVP_KDF
#define auto_kdf_ctx __attribute__((cleanup(kdf_ctx_free_at))) EVP_KDF_CTX
#define auto_sealer  __attribute__((cleanup(sealer_free_at))) struct sealer

/* HKDF-SHA256 (RFC 5869) without salt; info separates the uses. */
static bool derive(const struct secret *master, struct str info, uint8_t *out, size_t n)
{
    auto_kdf *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    auto_kdf_ctx *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    struct str secret = secret_reveal(master);
    char digest[] = "SHA2-256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)secret.p,
                                          secret.n),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)info.p, info.n),
        OSSL_PARAM_construct_end(),
    };

    return ctx && EVP_KDF_derive(ctx, out, n, params) == 1;
}

static bool derive_for(const struct master *m, const char *purpose, uint8_t out[KEY_BYTES])
{
    auto_buf info = BUF_INIT(512);

    buf_lit(&info, PURPOSE_INFO);
    buf_c(&info, purpose);
    return !buf_failed(&info) && derive(&m->secret, buf_str(&info), out, KEY_BYTES);
}

/* Under the lock. NULL: not there yet. */
static const struct purpose_key *cached_key(const struct master *m, const char *purpose)
{
    for (size_t i = 0; i < m->n_keys; i++)
        if (strcmp(m->keys[i].purpose, purpose) == 0)
            return &m->keys[i];
    return NULL;
}

static bool key_for(struct sealer *s, struct master *m, const char *purpose, uint8_t out[KEY_BYTES])
{
    pthread_mutex_lock(&s->lock);
    const struct purpose_key *known = cached_key(m, purpose);
    if (known)
        memcpy(out, known->key, KEY_BYTES);
    pthread_mutex_unlock(&s->lock);
    if (known)
        return true;
    if (!derive_for(m, purpose, out))
        return false;
    pthread_mutex_lock(&s->lock);
    if (m->n_keys < PURPOSES_MAX && !cached_key(m, purpose)) {
        struct purpose_key *fresh = &m->keys[m->n_keys++];
        fresh->purpose = mem_strdup(purpose);
        memcpy(fresh->key, out, KEY_BYTES);
    }
    pthread_mutex_unlock(&s->lock);
    return true;
}

static EVP_CIPHER_CTX *ctx_take(struct sealer *s)
{
    EVP_CIPHER_CTX *ctx = NULL;

    pthread_mutex_lock(&s->lock);
    if (s->n_idle > 0)
        ctx = s->idle[--s->n_idle];
    pthread_mutex_unlock(&s->lock);
    return ctx ? ctx : EVP_CIPHER_CTX_new();
}

static void ctx_give(struct sealer *s, EVP_CIPHER_CTX *ctx)
{
    bool kept = false;

    if (!ctx)
        return;
    pthread_mutex_lock(&s->lock);
    if (s->n_idle < IDLE_MAX) {
        s->idle[s->n_idle++] = ctx;
        kept = true;
    }
    pthread_mutex_unlock(&s->lock);
    if (!kept)
        EVP_CIPHER_CTX_free(ctx);
}

static bool master_set(struct master *m, const struct secret *key)
{
    secret_set(&m->secret, secret_reveal(key));
    return derive(&m->secret, STR(KEY_ID_INFO), m->id, KEY_ID_BYTES);
}

int sealer_new_pair(const struct secret *current, const struct secret *previous,
                    const struct random *random, struct sealer **ret, struct err *e)
{
    const struct secret *keys[] = {current, previous};

    for (unsigned i = 0; i < 2; i++)
        if (keys[i] && secret_reveal(keys[i]).n < MASTER_MIN)
            return fail(
                e, ERR_CONFIG,
                "a sealing key of %zu bytes; at least %d, made by: openssl rand -out FILE 32",
                secret_reveal(keys[i]).n, MASTER_MIN);
    auto_sealer *s = MEM_NEW(struct sealer);
    pthread_mutex_init(&s->lock, NULL);
    s->random = random;
    s->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    for (unsigned i = 0; i < 2 && keys[i]; i++)
        if (!master_set(&s->masters[s->n_masters++], keys[i]))
            return fail(e, ERR_SYSTEM, "HKDF-SHA256 is not to be had from the crypto library");
    if (!s->cipher)
        return fail(e, ERR_SYSTEM, "AES-256-GCM is not to be had from the crypto library");
    *ret = take(s);
    return 0;
}

int sealer_new(const struct secret *key, const struct random *random, struct sealer **ret,
               struct err *e)
{
    return sealer_new_pair(key, NULL, random, ret, e);
}

void sealer_free(struct sealer *s)
{
    if (!s)
        return;
    for (unsigned i = 0; i < s->n_masters; i++) {
        struct master *m = &s->masters[i];
        secret_fini(&m->secret);
        for (size_t k = 0; k < m->n_keys; k++)
            mem_free(m->keys[k].purpose);
        bytes_wipe(m, sizeof(*m));
    }
    while (s->n_idle > 0)
        EVP_CIPHER_CTX_free(s->idle[--s->n_idle]);
    EVP_CIPHER_free(s->cipher);
    pthread_mutex_destroy(&s->lock);
    mem_free(s);
}

/* Version and key id are authenticated as well; the purpose is in the key. in and out may not
 * overlap. */
static bool encrypt(EVP_CIPHER_CTX *ctx, const struct sealer *s, const uint8_t *key,
                    struct str plain, uint8_t *out)
{
    uint8_t *nonce = out + HEAD_BYTES, *text = nonce + NONCE_BYTES;
    int n = 0, n_last = 0;

    return ctx && EVP_EncryptInit_ex2(ctx, s->cipher, key, nonce, NULL) == 1 &&
           EVP_EncryptUpdate(ctx, NULL, &n, out, HEAD_BYTES) == 1 &&
           EVP_EncryptUpdate(ctx, text, &n, (const uint8_t *)plain.p, (int)plain.n) == 1 &&
           EVP_EncryptFinal_ex(ctx, text + n, &n_last) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, text + plain.n) == 1;
}

struct str seal(const struct sealer *sealer, const char *purpose, struct str plain, struct arena *a)
{
    struct sealer *s = (struct sealer *)(uintptr_t)sealer;
    struct master *m = &s->masters[0];
    auto_buf bytes = BUF_INIT(SEALED_MAX), text = BUF_INIT(2 * SEALED_MAX);
    uint8_t key[KEY_BYTES];

    uint8_t *out = plain.n <= SEALED_MAX - OVERHEAD - 1
                       ? (uint8_t *)buf_reserve(&bytes, plain.n + OVERHEAD)
                       : NULL;
    if (!out || !key_for(s, m, purpose, key))
        return STR_NONE;
    out[0] = VERSION;
    memcpy(out + 1, m->id, KEY_ID_BYTES);
    /* 96 random bits: after 2^32 values under one key the chance of a repeat is 2^-33 (NIST SP
     * 800-38D 8.3) */
    random_fill(s->random, out + HEAD_BYTES, NONCE_BYTES);
    EVP_CIPHER_CTX *ctx = ctx_take(s);
    bool good = encrypt(ctx, s, key, plain, out);
    ctx_give(s, ctx);
    bytes_wipe(key, sizeof(key));
    if (!good) {
        ERR_clear_error();
        return STR_NONE;
    }
    buf_commit(&bytes, plain.n + OVERHEAD);
    buf_base64url(&text, buf_str(&bytes));
    return buf_failed(&text) ? STR_NONE : arena_str(a, buf_str(&text));
}

/* in: the whole sealed value, at least OVERHEAD bytes. The tag's length is ours, never the sender's
 * (CVE-2023-37464). */
static bool decrypt(EVP_CIPHER_CTX *ctx, const struct sealer *s, const uint8_t *key, struct str in,
                    uint8_t *out)
{
    const uint8_t *head = (const uint8_t *)in.p, *nonce = head + HEAD_BYTES,
                  *text = nonce + NONCE_BYTES;
    size_t n_text = in.n - OVERHEAD;
    uint8_t tag[TAG_BYTES];
    int n = 0, n_last = 0;

    memcpy(tag, text + n_text, TAG_BYTES);
    return ctx && EVP_DecryptInit_ex2(ctx, s->cipher, key, nonce, NULL) == 1 &&
           EVP_DecryptUpdate(ctx, NULL, &n, head, HEAD_BYTES) == 1 &&
           EVP_DecryptUpdate(ctx, out, &n, text, (int)n_text) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) == 1 &&
           EVP_DecryptFinal_ex(ctx, out + n, &n_last) == 1;
}

static struct master *master_of(struct sealer *s, const char *id)
{
    for (unsigned i = 0; i < s->n_masters; i++)
        if (memcmp(s->masters[i].id, id, KEY_ID_BYTES) == 0)
            return &s->masters[i];
    return NULL;
}

bool unseal(const struct sealer *sealer, const char *purpose, struct str sealed, struct arena *a,
            struct str *ret_plain)
{
    struct sealer *s = (struct sealer *)(uintptr_t)sealer;
    auto_buf bytes = BUF_INIT(SEALED_MAX);
    uint8_t key[KEY_BYTES];

    if (sealed.n > 2 * SEALED_MAX || !base64url_decode(sealed, &bytes) || bytes.n < OVERHEAD ||
        bytes.p[0] != VERSION)
        return false;
    struct master *m = master_of(s, bytes.p + 1);
    char *plain = m ? arena_alloc(a, bytes.n - OVERHEAD + 1) : NULL;
    if (!plain || !key_for(s, m, purpose, key))
        return false;
    EVP_CIPHER_CTX *ctx = ctx_take(s);
    bool good = decrypt(ctx, s, key, buf_str(&bytes), (uint8_t *)plain);
    ctx_give(s, ctx);
    bytes_wipe(key, sizeof(key));
    if (!good) {
        ERR_clear_error();
        bytes_wipe(plain, bytes.n - OVERHEAD); /* what did not authenticate is seen by nobody */
        return false;
    }
    *ret_plain = (struct str){plain, bytes.n - OVERHEAD};
    return true;
}
