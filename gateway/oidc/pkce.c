#include "gateway/oidc/pkce.h"

#include "base/base64.h"
#include "base/hash.h"
#include "base/secret.h"

#define VERIFIER_MIN 43
#define VERIFIER_MAX 128

bool pkce_challenge_is_valid(struct str challenge)
{
    auto_buf bytes = BUF_INIT(64);
    return base64url_decode(challenge, &bytes) && bytes.n == SHA256_BYTES;
}

/* RFC 7636 4.1: 43*128unreserved */
static bool verifier_is_valid(struct str v)
{
    if (v.n < VERIFIER_MIN || v.n > VERIFIER_MAX)
        return false;
    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i];
        bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!alnum && !(c && strchr("-._~", c)))
            return false;
    }
    return true;
}

bool pkce_verify(struct str challenge, struct str verifier)
{
    if (challenge.n == 0)
        return verifier.n == 0;
    if (!verifier_is_valid(verifier))
        return false;
    struct sha256 hash = sha256_of(verifier);
    auto_buf text = BUF_INIT(64);
    buf_base64url(&text, (struct str){(const char *)hash.bytes, sizeof(hash.bytes)});
    return text.n == challenge.n && bytes_eq_constant_time(text.p, challenge.p, text.n);
}
