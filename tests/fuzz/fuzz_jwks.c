/* JWKS documents. What is accepted must be published again as something that reads as the same. */
#include <stdlib.h>

#include "jose/keyset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    auto_keyset *ks = NULL, *again = NULL;
    struct err e;
    size_t n_keys;

    if (keyset_from_jwks((struct str){(const char *)data, n}, &ks, &e) < 0)
        return 0;
    if (keyset_from_jwks(keyset_jwks(ks), &again, &e) < 0 ||
        !str_eq(keyset_jwks(ks), keyset_jwks(again)))
        abort();
    const struct key_entry *entries = keyset_entries(ks, &n_keys);
    for (size_t i = 0; i < n_keys; i++)
        if (key_can_sign(entries[i].key) || !keyset_find(again, key_kid(entries[i].key)))
            abort();
    return 0;
}
