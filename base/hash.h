#pragma once
/* SHA-256 (FIPS 180-4) without a TLS library behind it: names of cache files, hashes of tokens in
 * the store, lock files. */
#include "base/str.h"

#define SHA256_BYTES 32
struct sha256 {
    uint8_t bytes[SHA256_BYTES];
};
struct sha256 sha256_of(struct str s);
/* Over several parts, each preceded by its length (64 bit big endian), so that ("ab","c") differs
 * from ("a","bc"). */
struct sha256 sha256_of_parts(const struct str *parts, size_t n);
/* For tables, not for security: FNV-1a. */
uint64_t hash_fast(struct str s);
