#include "base/hash.h"

#include <sha2.h>
#include <sys/types.h>

static void update(SHA2_CTX *context, struct str s)
{
    if (s.n)
        SHA256Update(context, (const uint8_t *)s.p, s.n);
}

struct sha256 sha256_of(struct str s)
{
    SHA2_CTX context;
    struct sha256 digest;
    SHA256Init(&context);
    update(&context, s);
    SHA256Final(digest.bytes, &context);
    return digest;
}

struct sha256 sha256_of_parts(const struct str *parts, size_t n)
{
    SHA2_CTX context;
    struct sha256 digest;
    SHA256Init(&context);
    for (size_t i = 0; i < n; i++) {
        char length[8];
        for (int byte = 0; byte < 8; byte++)
            length[byte] = (char)((uint64_t)parts[i].n >> (56 - 8 * byte) & 0xFF);
        update(&context, (struct str){length, sizeof(length)});
        update(&context, parts[i]);
    }
    SHA256Final(digest.bytes, &context);
    return digest;
}

uint64_t hash_fast(struct str s)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < s.n; i++)
        hash = (hash ^ (unsigned char)s.p[i]) * 0x100000001B3u;
    return hash;
}
