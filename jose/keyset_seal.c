/*
 * The keyset at rest: version(1) count(1), then for each key state(1) three times(8 each) length(2)
 * PKCS#8 DER; numbers big endian; all of it sealed. Not JSON, because a JSON library leaves copies
 * of private keys in the heap.
 */
#include "base/buf.h"
#include "base/mem.h"
#include "jose/key_internal.h"

#define PURPOSE    "keyset"
#define VERSION    1
#define PLAIN_MAX  ((size_t)128 * 1024)
#define FIXED_PART (1 + 3 * 8 + 2)

static void put_number(struct buf *b, uint64_t value, unsigned n_bytes)
{
    while (n_bytes-- > 0)
        buf_char(b, (char)(value >> (8 * n_bytes)));
}

/* The caller has checked that there are so many bytes. */
static uint64_t get_number(struct str *rest, unsigned n_bytes)
{
    uint64_t value = 0;

    while (n_bytes-- > 0) {
        value = value << 8 | (uint8_t)rest->p[0];
        *rest = str_from_to(*rest, 1, rest->n);
    }
    return value;
}

static int put_entry(struct buf *b, const struct key_entry *entry, struct err *e)
{
    auto_secret der = {0};

    if (key_export(entry->key, &der, e) < 0)
        return -1;
    put_number(b, entry->state, 1);
    put_number(b, (uint64_t)entry->created_ms, 8);
    put_number(b, (uint64_t)entry->active_from_ms, 8);
    put_number(b, (uint64_t)entry->retire_after_ms, 8);
    put_number(b, secret_reveal(&der).n, 2);
    buf_add(b, secret_reveal(&der));
    return 0;
}

int keyset_seal(const struct keyset *ks, const struct sealer *sealer, struct arena *a,
                struct str *ret_text, struct err *e)
{
    auto_buf plain = BUF_INIT(PLAIN_MAX);
    size_t n;
    const struct key_entry *entries = keyset_entries(ks, &n);

    plain.wipe = true;
    put_number(&plain, VERSION, 1);
    put_number(&plain, n, 1);
    for (size_t i = 0; i < n; i++)
        if (put_entry(&plain, &entries[i], e) < 0)
            return -1;
    struct str text = buf_failed(&plain) ? STR_NONE : seal(sealer, PURPOSE, buf_str(&plain), a);
    if (text.n == 0)
        return fail(e, ERR_LIMIT, "the keys are too many to be stored");
    *ret_text = text;
    return 0;
}

static int get_entry(struct str *rest, struct key_entry *ret_entry, struct err *e)
{
    struct key_entry entry = {0};

    if (rest->n < FIXED_PART)
        return fail(e, ERR_INPUT, "stored keys end too early");
    uint64_t state = get_number(rest, 1);
    entry.created_ms = (int64_t)get_number(rest, 8);
    entry.active_from_ms = (int64_t)get_number(rest, 8);
    entry.retire_after_ms = (int64_t)get_number(rest, 8);
    size_t n = (size_t)get_number(rest, 2);
    if (state > KEY_RETIRING || n > rest->n)
        return fail(e, ERR_INPUT, "stored keys are damaged");
    entry.state = (enum key_state)state;
    if (key_import(str_from_to(*rest, 0, n), &entry.key, e) < 0)
        return fail_within(e, "stored keys");
    *rest = str_from_to(*rest, n, rest->n);
    *ret_entry = entry;
    return 0;
}

static int get_entries(struct str rest, struct key_entry *entries, size_t *n, struct err *e)
{
    if (rest.n < 2 || get_number(&rest, 1) != VERSION)
        return fail(e, ERR_INPUT, "stored keys of another version");
    size_t n_said = (size_t)get_number(&rest, 1);
    if (n_said > KEYSET_MAX)
        return fail(e, ERR_INPUT, "stored keys are damaged");
    for (; *n < n_said; (*n)++)
        if (get_entry(&rest, &entries[*n], e) < 0)
            return -1;
    if (rest.n != 0)
        return fail(e, ERR_INPUT, "something stands behind the stored keys");
    return 0;
}

int keyset_unseal(struct str text, const struct sealer *sealer, struct keyset **ret_keyset,
                  struct err *e)
{
    struct key_entry entries[KEYSET_MAX];
    struct str plain;
    size_t n = 0;
    auto_arena a = {0};

    arena_init(&a, 2 * PLAIN_MAX);
    if (!unseal(sealer, PURPOSE, text, &a, &plain))
        return fail(e, ERR_INPUT,
                    "the stored keys do not open with this key file; give the gateway the one they "
                    "were made with");
    int result = get_entries(plain, entries, &n, e);
    bytes_wipe((void *)(uintptr_t)plain.p, plain.n);
    if (result == 0)
        result = keyset_new(entries, n, ret_keyset, e);
    while (n > 0)
        key_unref(entries[--n].key);
    return result;
}
