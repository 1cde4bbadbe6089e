/* Signed documents: JWS JSON Serialization (RFC 7515 7.2). */
#include <openssl/pem.h>

#include "base/base64.h"
#include "base/json.h"
#include "jose/document.h"
#include "jose/key_internal.h"

#define PEM_MAX    ((size_t)16 * 1024)
#define HEADER_MAX ((size_t)1024)

static inline void bio_free_at(BIO **p)
{
    BIO_free(*p);
}
#define auto_bio __attribute__((cleanup(bio_free_at))) BIO

/* --- keys */

/* No question on a terminal: an encrypted key is an error. */
static int no_passphrase(char *out, int size, int writing, void *context)
{
    (void)out;
    (void)size;
    (void)writing;
    *(bool *)context = true;
    return -1;
}

int key_from_pem(struct str pem, struct key **ret_key, struct err *e)
{
    bool encrypted = false;
    if (pem.n == 0 || pem.n > PEM_MAX)
        return fail(e, ERR_INPUT, "a key file of %zu bytes", pem.n);
    bool private = str_contains(pem, STR("PRIVATE KEY-----"));
    auto_bio *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    if (!bio)
        return fail_openssl(e, "read a key");
    EVP_PKEY *pkey = private ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &encrypted)
                             : PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, &encrypted);
    ERR_clear_error();
    if (encrypted)
        return fail(e, ERR_INPUT, "the key is encrypted: decrypt it into a pipe or a tmpfs first");
    if (!pkey)
        return fail(e, ERR_INPUT,
                    "not a key in PEM (\"-----BEGIN PRIVATE KEY-----\" or \"PUBLIC KEY\")");
    if (str_contains(pem, STR("PRIVATE KEY-----")) && str_contains(pem, STR("PUBLIC KEY-----"))) {
        EVP_PKEY_free(pkey);
        return fail(e, ERR_INPUT, "two keys in one file");
    }
    return key_from_pkey(pkey, private, STR_NONE, ret_key, e);
}

/* --- reading */

struct text { /* one entry of `signatures`, as written */
    struct str header, signature;
};
struct parsed {
    struct str payload; /* base64url */
    struct text *items;
    size_t n;
};

static int parse(struct str document, struct arena *a, struct parsed *ret, struct err *e)
{
    auto_json *root = json_read(document, DOCUMENT_MAX, e);
    if (!root)
        return fail_within(e, "not a signed document");
    const json_t *list = json_object_get(root, "signatures");
    if (!json_get_str(root, "payload", a, &ret->payload) || !json_is_array(list) ||
        json_object_size(root) != 2)
        return fail(e, ERR_INPUT, "not a signed document: payload and signatures, and no more");
    ret->n = json_array_size(list);
    if (ret->n > DOCUMENT_SIGNATURES_MAX)
        return fail(e, ERR_INPUT, "%zu signatures (at most %d)", ret->n, DOCUMENT_SIGNATURES_MAX);
    ret->items = ARENA_ARRAY(a, ret->n, struct text);
    for (size_t i = 0; i < ret->n; i++) {
        const json_t *entry = json_array_get(list, i);
        /* the unprotected header of 7.2.1 is refused: nothing unsigned is believed */
        if (json_object_size(entry) != 2 ||
            !json_get_str(entry, "protected", a, &ret->items[i].header) ||
            !json_get_str(entry, "signature", a, &ret->items[i].signature))
            return fail(e, ERR_INPUT, "signature %zu: protected and signature, and no more", i + 1);
    }
    return 0;
}

struct header {
    struct str alg, kid, typ;
};

/* alg, kid and typ, nothing else: an unknown `crit` MUST be refused (RFC 7515 4.1.11), jwk and x5c
 * would bring their own key (RFC 8725 3.10). */
static int read_header(struct str text, struct arena *a, struct header *ret, struct err *e)
{
    auto_buf json = BUF_INIT(HEADER_MAX);
    if (!base64url_decode(text, &json))
        return fail(e, ERR_INPUT, "a header that is not base64url");
    auto_json *root = json_read(buf_str(&json), HEADER_MAX, e);
    if (!root)
        return fail_within(e, "a header that is not JSON");
    if (json_object_size(root) != 3 || !json_get_str(root, "alg", a, &ret->alg) ||
        !json_get_str(root, "kid", a, &ret->kid) || !json_get_str(root, "typ", a, &ret->typ))
        return fail(e, ERR_INPUT, "a header with other members than alg, kid, typ");
    return 0;
}

static struct str signed_part(struct arena *a, struct str header, struct str payload)
{
    return arena_fmt(a, "%.*s.%.*s", STR_F(header), STR_F(payload));
}

struct judge {
    const struct document_trust *trust;
    struct arena *arena;
};

static int judge(const struct judge *j, struct str payload, const struct text *text,
                 struct document_signature *ret, struct err *e)
{
    struct header h;
    auto_buf signature = BUF_INIT(KEY_SIGNATURE_MAX);
    if (read_header(text->header, j->arena, &h, e) < 0)
        return -1;
    if (!str_eq(h.typ, str_from(j->trust->typ)))
        return fail(e, ERR_INPUT, "signed as '%.*s', not as '%s'", STR_F(h.typ), j->trust->typ);
    struct key *key = keyset_find(j->trust->keys, h.kid);
    *ret = (struct document_signature){h.kid, key != NULL};
    if (!key)
        return 0;
    if (!str_is(h.alg, jose_alg_name(key_alg(key))))
        return fail(e, ERR_INPUT, "alg '%.*s' is not the one of its key", STR_F(h.alg));
    if (!base64url_decode(text->signature, &signature) ||
        !key_verify(key, signed_part(j->arena, text->header, payload), buf_str(&signature)))
        return fail(e, ERR_INPUT, "wrong: the content is not what key %.*s signed", STR_F(h.kid));
    return 0;
}

static bool signed_by(const struct document *d, struct str kid)
{
    for (size_t i = 0; i < d->n_signatures; i++)
        if (d->signatures[i].known && str_eq(d->signatures[i].kid, kid))
            return true;
    return false;
}

int document_read(struct str document, const struct document_trust *trust, struct arena *a,
                  struct document *ret, struct err *e)
{
    struct parsed p;
    auto_buf payload = BUF_INIT(DOCUMENT_MAX);
    if (parse(document, a, &p, e) < 0)
        return -1;
    if (!base64url_decode(p.payload, &payload))
        return fail(e, ERR_INPUT, "a payload that is not base64url");
    const struct judge j = {trust, a};
    struct document d = {.signatures = ARENA_ARRAY(a, p.n, struct document_signature)};
    for (size_t i = 0; i < p.n; i++) {
        struct document_signature signature;
        if (judge(&j, p.payload, &p.items[i], &signature, e) < 0)
            return fail_within(e, "signature %zu", i + 1);
        d.n_known += signature.known && !signed_by(&d, signature.kid);
        d.signatures[d.n_signatures++] = signature;
    }
    d.payload = arena_str(a, buf_str(&payload));
    *ret = d;
    return 0;
}

/* --- writing */

static struct str write_document(struct str payload, const struct text *texts, size_t n,
                                 struct arena *a)
{
    auto_buf out = BUF_INIT(DOCUMENT_MAX);
    struct json_out j;
    json_out_init(&j, &out);
    json_open_object(&j);
    json_put_str(&j, "payload", payload);
    json_key(&j, "signatures");
    json_open_array(&j);
    for (size_t i = 0; i < n; i++) {
        json_open_object(&j);
        json_put_str(&j, "protected", texts[i].header);
        json_put_str(&j, "signature", texts[i].signature);
        json_close_object(&j);
    }
    json_close_array(&j);
    json_close_object(&j);
    buf_char(&out, '\n');
    return buf_failed(&out) ? STR_NONE : arena_str(a, buf_str(&out));
}

struct str document_new(struct str payload, struct arena *a)
{
    auto_buf text = BUF_INIT(DOCUMENT_MAX);
    buf_base64url(&text, payload);
    return buf_failed(&text) ? STR_NONE : write_document(buf_str(&text), NULL, 0, a);
}

static struct str header_of(const struct key *k, const char *typ, struct arena *a)
{
    auto_buf json = BUF_INIT(HEADER_MAX), text = BUF_INIT(2 * HEADER_MAX);
    struct json_out j;
    json_out_init(&j, &json);
    json_open_object(&j);
    json_put_str(&j, "alg", str_from(jose_alg_name(key_alg(k))));
    json_put_str(&j, "kid", key_kid(k));
    json_put_str(&j, "typ", str_from(typ));
    json_close_object(&j);
    buf_base64url(&text, buf_str(&json));
    return arena_str(a, buf_str(&text));
}

/* The signatures of others stay; one by the same key is replaced. */
static int keep_others(const struct parsed *p, struct str kid, struct arena *a, struct text *out,
                       struct err *e)
{
    int n = 0;
    for (size_t i = 0; i < p->n; i++) {
        struct header h;
        if (read_header(p->items[i].header, a, &h, e) < 0)
            return -1;
        if (!str_eq(h.kid, kid))
            out[n++] = p->items[i];
    }
    return n;
}

int document_sign(struct str document, const struct document_signer *by, struct arena *a,
                  struct str *ret_document, struct err *e)
{
    struct parsed p;
    uint8_t bytes[KEY_SIGNATURE_MAX];
    auto_buf signature = BUF_INIT((size_t)2 * KEY_SIGNATURE_MAX);
    size_t n_bytes = 0;
    if (parse(document, a, &p, e) < 0)
        return -1;
    struct text *texts = ARENA_ARRAY(a, p.n + 1, struct text);
    int n = keep_others(&p, key_kid(by->key), a, texts, e);
    if (n < 0)
        return -1;
    if (n == DOCUMENT_SIGNATURES_MAX)
        return fail(e, ERR_LIMIT, "%d signatures already", n);
    struct text *mine = &texts[n];
    mine->header = header_of(by->key, by->typ, a);
    if (key_sign(by->key, signed_part(a, mine->header, p.payload), bytes, &n_bytes, e) < 0)
        return -1;
    buf_base64url(&signature, (struct str){(const char *)bytes, n_bytes});
    mine->signature = arena_str(a, buf_str(&signature));
    *ret_document = write_document(p.payload, texts, (size_t)n + 1, a);
    return ret_document->p ? 0 : fail(e, ERR_LIMIT, "a document over %zu bytes", DOCUMENT_MAX);
}
