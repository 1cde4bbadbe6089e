/*
 * Sealed values. Input: one byte, then
 *   0  what a browser might send: only what was sealed opens
 *   1  plain bytes: sealed and opened they are the same
 *   2  the inside of a stored keyset, properly sealed: read or refused; what is read must survive
 * being stored again
 */
#include <stdlib.h>

#include "base/arena.h"
#include "jose/keyset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct sealer *the_sealer(void)
{
    static struct random_seeded random;
    static struct sealer *sealer;
    struct secret key = {0};
    struct err e;

    if (sealer)
        return sealer;
    random_seeded_init(&random, 1);
    secret_set(&key, STR("a key for the fuzzer, of thirty-two bytes"));
    if (sealer_new(&key, &random.random, &sealer, &e) < 0)
        abort();
    secret_fini(&key);
    return sealer;
}

static void check_plain(const struct sealer *s, struct str plain, struct arena *a)
{
    struct str back;
    struct str text = seal(s, "fuzz", plain, a);

    if (text.n == 0)
        return; /* too long */
    if (!unseal(s, "fuzz", text, a, &back) || !str_eq(plain, back) ||
        unseal(s, "other", text, a, &back))
        abort();
}

static void check_keyset(const struct sealer *s, struct str plain, struct arena *a)
{
    auto_keyset *ks = NULL, *again = NULL;
    struct str text;
    struct err e;

    if (keyset_unseal(seal(s, "keyset", plain, a), s, &ks, &e) < 0)
        return;
    if (keyset_seal(ks, s, a, &text, &e) < 0 || keyset_unseal(text, s, &again, &e) < 0 ||
        !str_eq(keyset_jwks(ks), keyset_jwks(again)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct sealer *s = the_sealer();
    struct str back;
    auto_arena a = {0};

    arena_init(&a, (size_t)8 << 20);
    if (n == 0)
        return 0;
    struct str rest = {(const char *)data + 1, n - 1};
    if (data[0] % 3 == 0)
        (void)unseal(s, "fuzz", rest, &a, &back);
    else if (data[0] % 3 == 1)
        check_plain(s, rest, &a);
    else
        check_keyset(s, rest, &a);
    return 0;
}
