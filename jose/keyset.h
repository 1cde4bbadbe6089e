#pragma once
/*
 * Signing keys and the set of them. A key is material (RSA 2048 for RS256, P-256 for ES256) with
 * its name, the thumbprint of RFC 7638; a keyset says which keys are published, which one of each
 * algorithm signs, and since when. Both are immutable and reference counted: rotation makes a new
 * keyset out of the old one's keys and swaps it. Any thread.
 *
 * Life of a key: next (published, signs nothing yet) -> active -> retiring (published, signs
 * nothing any more) -> left out.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "jose/claims.h"
#include "jose/seal.h"

#define KEYSET_MAX 32 /* keys in one set */

enum key_state { KEY_NEXT, KEY_ACTIVE, KEY_RETIRING };

struct key;
must_check int key_generate(enum jose_alg alg, struct key **ret_key, struct err *e);
/* PKCS#8 DER of a private key; anything but RSA of 2048 to 4096 bit or a named P-256 is refused,
 * trailing bytes too. */
must_check int key_import(struct str der, struct key **ret_key, struct err *e);
must_check int key_export(const struct key *k, struct secret *ret_der, struct err *e);
struct key *key_ref(struct key *k);
void key_unref(struct key *k); /* NULL is fine */
struct str key_kid(const struct key *k);
enum jose_alg key_alg(const struct key *k);
bool key_can_sign(const struct key *k); /* false: only its public half is known */
const char *jose_alg_name(enum jose_alg alg);
bool jose_alg_from(struct str name, enum jose_alg *ret_alg); /* exact: "RS256", "ES256" */

struct key_entry {
    struct key *key;
    enum key_state state;
    int64_t created_ms, active_from_ms, retire_after_ms; /* 0: not known yet */
};

struct keyset;
/* Takes a reference of each key. Refuses two keys of one name, two active ones of one algorithm, an
 * active one that cannot sign. */
must_check int keyset_new(const struct key_entry *entries, size_t n, struct keyset **ret_keyset,
                          struct err *e);
/* What a first start needs: a fresh active key of each algorithm. (RSA: some 100 ms.) */
must_check int keyset_generate(int64_t now_ms, struct keyset **ret_keyset, struct err *e);
struct keyset *keyset_ref(struct keyset *ks);
void keyset_unref(struct keyset *ks);                                           /* NULL is fine */
const struct key_entry *keyset_entries(const struct keyset *ks, size_t *ret_n); /* borrowed */
struct key *keyset_active(const struct keyset *ks, enum jose_alg alg); /* borrowed; NULL: none */
struct key *keyset_find(const struct keyset *ks, struct str kid);      /* borrowed; NULL: none */
/* The JWKS document (RFC 7517 5): all keys, public members only. Made once, lives as long as the
 * keyset. */
struct str keyset_jwks(const struct keyset *ks);

/* A JWKS document as published -> a set that verifies and signs nothing (every key retiring). Keys
 * of other kinds are skipped (RFC 7517 5); a private member, a doubled kid, a weak key or a text
 * over 64 KiB refuses the whole. */
must_check int keyset_from_jwks(struct str json, struct keyset **ret_keyset, struct err *e);

/* The whole set with its private halves as one sealed text, for the store (one record, so that a
 * rotation is one compare-and-swap), and back. */
must_check int keyset_seal(const struct keyset *ks, const struct sealer *sealer, struct arena *a,
                           struct str *ret_text, struct err *e);
must_check int keyset_unseal(struct str text, const struct sealer *sealer,
                             struct keyset **ret_keyset, struct err *e);

static inline void keyset_unref_at(struct keyset **ks)
{
    keyset_unref(*ks);
}
static inline void key_unref_at(struct key **k)
{
    key_unref(*k);
}
#define auto_keyset __attribute__((cleanup(keyset_unref_at))) struct keyset
#define auto_key    __attribute__((cleanup(key_unref_at))) struct key
