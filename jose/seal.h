#pragma once
/*
 * Sealed values: authenticated encryption (AES-256-GCM, RFC 5116) for what we hand to a browser or
 * write to the store and want back unread and unchanged: unfinished logins, authorization codes,
 * refresh tokens, keys at rest. A purpose separates them: a code can never be opened as a login.
 * Layout: version(1) key-id(4) nonce(12) ciphertext tag(16), fixed tag length.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/random.h"
#include "base/secret.h"

struct sealer; /* immutable, any thread */
/* key: >= 32 bytes; per purpose a key of its own is derived from it (HKDF-SHA256, RFC 5869). */
must_check int sealer_new(const struct secret *key, const struct random *random,
                          struct sealer **ret, struct err *e);
/* Seals with current; opens what either of them sealed. So a key is replaced without losing what it
 * protects. */
must_check int sealer_new_pair(const struct secret *current, const struct secret *previous,
                               const struct random *random, struct sealer **ret, struct err *e);
void sealer_free(struct sealer *s);
/* base64url text, in the arena; plain may be any bytes. STR_NONE when the arena is exhausted. */
struct str seal(const struct sealer *s, const char *purpose, struct str plain, struct arena *a);
/* False for anything but the untouched output of seal() with the same purpose. */
bool unseal(const struct sealer *s, const char *purpose, struct str sealed, struct arena *a,
            struct str *ret_plain);
