#include "gateway/http/tls.h"

#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/secret.h"

#define CHAIN_MAX 8

struct tls_pair {
    gnutls_pcert_st chain[CHAIN_MAX];
    unsigned n_chain;
    gnutls_privkey_t key;
    int64_t not_after;
};

static void release_pair(struct tls_pair **p)
{
    tls_pair_free(*p);
}

void tls_pair_free(struct tls_pair *p)
{
    if (!p)
        return;
    for (unsigned i = 0; i < p->n_chain; i++)
        gnutls_pcert_deinit(&p->chain[i]);
    if (p->key)
        gnutls_privkey_deinit(p->key);
    mem_free(p);
}

static int read_chain(const char *path, struct tls_pair *p, struct err *e)
{
    auto_buf pem = BUF_INIT(1 << 20);
    if (file_read(path, pem.max, &pem, e) < 0)
        return -1;
    gnutls_x509_crt_t crts[CHAIN_MAX];
    unsigned n = CHAIN_MAX;
    gnutls_datum_t data = {(unsigned char *)pem.p, (unsigned)pem.n};
    int rc = gnutls_x509_crt_list_import(crts, &n, &data, GNUTLS_X509_FMT_PEM,
                                         GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
    if (rc <= 0)
        return fail(e, ERR_CONFIG, "%s holds no certificate chain that can be read: %s", path,
                    rc < 0 ? gnutls_strerror(rc) : "no certificate");
    p->not_after = gnutls_x509_crt_get_expiration_time(crts[0]);
    p->n_chain = n;
    rc = gnutls_pcert_import_x509_list(p->chain, crts, &p->n_chain, GNUTLS_X509_CRT_LIST_SORT);
    for (unsigned i = 0; i < n; i++)
        gnutls_x509_crt_deinit(crts[i]);
    if (rc < 0) {
        p->n_chain = 0;
        return fail(e, ERR_CONFIG, "%s: %s", path, gnutls_strerror(rc));
    }
    return 0;
}

static int read_key(const char *path, struct tls_pair *p, struct err *e)
{
    auto_secret pem = {0};
    if (secret_read_file(&pem, path, e) < 0)
        return -1;
    struct str bytes = secret_reveal(&pem);
    auto_buf copy = {.max = bytes.n, .wipe = true}; /* the library wants bytes it could write to */
    buf_add(&copy, bytes);
    gnutls_datum_t data = {(unsigned char *)copy.p, (unsigned)copy.n};
    int rc = gnutls_privkey_init(&p->key);
    if (rc >= 0)
        rc = gnutls_privkey_import_x509_raw(p->key, &data, GNUTLS_X509_FMT_PEM, NULL, 0);
    return rc < 0 ? fail(e, ERR_CONFIG, "%s holds no private key that can be read: %s", path,
                         gnutls_strerror(rc))
                  : 0;
}

static bool belong_together(const struct tls_pair *p)
{
    unsigned char of_key[64], of_certificate[64];
    size_t n_key = sizeof(of_key), n_certificate = sizeof(of_certificate);
    gnutls_pubkey_t public_half;
    if (gnutls_pubkey_init(&public_half) < 0)
        return false;
    bool same =
        gnutls_pubkey_import_privkey(public_half, p->key, 0, 0) >= 0 &&
        gnutls_pubkey_get_key_id(public_half, 0, of_key, &n_key) >= 0 &&
        gnutls_pubkey_get_key_id(p->chain[0].pubkey, 0, of_certificate, &n_certificate) >= 0 &&
        n_key == n_certificate && memcmp(of_key, of_certificate, n_key) == 0;
    gnutls_pubkey_deinit(public_half);
    return same;
}

int tls_pair_load(const char *certificate, const char *key, struct tls_pair **ret_pair,
                  struct err *e)
{
    __attribute__((cleanup(release_pair))) struct tls_pair *p = MEM_NEW(struct tls_pair);
    if (read_chain(certificate, p, e) < 0 || read_key(key, p, e) < 0)
        return -1;
    if (!belong_together(p))
        return fail(e, ERR_CONFIG, "the key %s does not belong to the certificate %s", key,
                    certificate);
    *ret_pair = take(p);
    return 0;
}

void tls_pair_use(struct tls_pair *p, gnutls_pcert_st **ret_chain, unsigned *ret_n,
                  gnutls_privkey_t *ret_key)
{
    *ret_chain = p->chain;
    *ret_n = p->n_chain;
    *ret_key = p->key;
}

int64_t tls_pair_not_after(const struct tls_pair *p)
{
    return p->not_after;
}
