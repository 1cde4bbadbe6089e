#include "jose/keyset.h"

#include <stdatomic.h>

#include "base/json.h"
#include "base/mem.h"
#include "jose/key_internal.h"

struct keyset {
    atomic_uint refs;
    struct key_entry entries[KEYSET_MAX];
    size_t n;
    struct str jwks;
};

static int judge_entry(const struct keyset *ks, const struct key_entry *entry, struct err *e)
{
    if (entry->state == KEY_ACTIVE && !entry->key->can_sign)
        return fail(e, ERR_BUG, "key %.*s is active and cannot sign", STR_F(entry->key->kid));
    /* A kid is the name of one key for ever: an API server tries exactly the key of that name. */
    if (keyset_find(ks, entry->key->kid))
        return fail(e, ERR_INPUT, "key %.*s is there twice", STR_F(entry->key->kid));
    if (entry->state == KEY_ACTIVE && keyset_active(ks, entry->key->alg))
        return fail(e, ERR_INPUT, "two active keys for %s", jose_alg_name(entry->key->alg));
    return 0;
}

static int make_jwks(struct keyset *ks, struct err *e)
{
    auto_buf text = BUF_INIT(KEYSET_MAX * 4096);

    buf_lit(&text, "{\"keys\":[");
    for (size_t i = 0; i < ks->n; i++) {
        if (i > 0)
            buf_char(&text, ',');
        buf_add(&text, ks->entries[i].key->jwk);
    }
    buf_lit(&text, "]}");
    if (buf_failed(&text))
        return fail(e, ERR_LIMIT, "a JWKS of over %zu bytes", text.max);
    ks->jwks.p = buf_take(&text, &ks->jwks.n);
    return 0;
}

int keyset_new(const struct key_entry *entries, size_t n, struct keyset **ret_keyset, struct err *e)
{
    if (n > KEYSET_MAX)
        return fail(e, ERR_LIMIT, "%zu keys; at most %d", n, KEYSET_MAX);
    auto_keyset *ks = MEM_NEW(struct keyset);
    atomic_init(&ks->refs, 1);
    for (size_t i = 0; i < n; i++) {
        if (judge_entry(ks, &entries[i], e) < 0)
            return -1;
        ks->entries[ks->n] = entries[i];
        ks->entries[ks->n++].key = key_ref(entries[i].key);
    }
    if (make_jwks(ks, e) < 0)
        return -1;
    *ret_keyset = take(ks);
    return 0;
}

int keyset_generate(int64_t now_ms, struct keyset **ret_keyset, struct err *e)
{
    auto_key *es256 = NULL, *rs256 = NULL;

    if (key_generate(JOSE_ES256, &es256, e) < 0 || key_generate(JOSE_RS256, &rs256, e) < 0)
        return -1;
    const struct key_entry entries[] = {
        {.key = rs256, .state = KEY_ACTIVE, .created_ms = now_ms, .active_from_ms = now_ms},
        {.key = es256, .state = KEY_ACTIVE, .created_ms = now_ms, .active_from_ms = now_ms},
    };
    return keyset_new(entries, 2, ret_keyset, e);
}

struct keyset *keyset_ref(struct keyset *ks)
{
    atomic_fetch_add_explicit(&ks->refs, 1, memory_order_relaxed);
    return ks;
}

void keyset_unref(struct keyset *ks)
{
    if (!ks || atomic_fetch_sub_explicit(&ks->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < ks->n; i++)
        key_unref(ks->entries[i].key);
    mem_free((void *)(uintptr_t)ks->jwks.p);
    mem_free(ks);
}

const struct key_entry *keyset_entries(const struct keyset *ks, size_t *ret_n)
{
    *ret_n = ks->n;
    return ks->entries;
}

struct key *keyset_active(const struct keyset *ks, enum jose_alg alg)
{
    for (size_t i = 0; i < ks->n; i++)
        if (ks->entries[i].state == KEY_ACTIVE && ks->entries[i].key->alg == alg)
            return ks->entries[i].key;
    return NULL;
}

struct key *keyset_find(const struct keyset *ks, struct str kid)
{
    for (size_t i = 0; i < ks->n; i++)
        if (str_eq(ks->entries[i].key->kid, kid))
            return ks->entries[i].key;
    return NULL;
}

struct str keyset_jwks(const struct keyset *ks)
{
    return ks->jwks;
}
