#pragma once
/*
 * Signed documents that are no tokens: any bytes in a JWS of the general JSON serialization (RFC
 * 7515 7.2.1), with as many signatures as people sign. `typ` separates the kinds of documents, and
 * documents from tokens (RFC 8725 3.11). Used for bundles of the policy. Any thread.
 */
#include "jose/keyset.h"

#define DOCUMENT_MAX            ((size_t)96 << 20)
#define DOCUMENT_SIGNATURES_MAX 32

/* A private (PKCS#8) or public (SubjectPublicKeyInfo) key in PEM: RSA of 2048 to 4096 bit or P-256.
 * Encrypted ones and anything beside the one key are refused. */
must_check int key_from_pem(struct str pem, struct key **ret_key, struct err *e);

/* A document without signatures. */
struct str document_new(struct str payload, struct arena *a);
struct document_signer {
    const char *typ;
    struct key *key; /* one that can sign */
};
/* The document with one more signature; one by the same key is replaced. */
must_check int document_sign(struct str document, const struct document_signer *by, struct arena *a,
                             struct str *ret_document, struct err *e);

struct document_signature {
    struct str kid;
    bool known; /* by one of our keys, and right */
};
struct document {
    struct str payload;
    struct document_signature *signatures;
    size_t n_signatures, n_known; /* n_known: by so many different keys of ours */
};
struct document_trust {
    const char *typ;
    const struct keyset *keys;
};
/* Reads and judges all signatures. A wrong one of a key of ours refuses the whole; one of a key we
 * do not know counts for nothing. Whether n_known is enough is the caller's to say. */
must_check int document_read(struct str document, const struct document_trust *trust,
                             struct arena *a, struct document *ret, struct err *e);
