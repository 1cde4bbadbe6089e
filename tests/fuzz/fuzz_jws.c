/*
 * Tokens. Input: one byte, then a token (byte even), or the payload of one (odd: the signature
 * cannot be guessed, so the reader of claims is driven directly; what it accepts must survive being
 * written and read again).
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "jose/claims_json.h"
#include "jose/jws.h"

/* The public halves of tests/unit/keys_for_tests.c. */
static const char jwks[] =
    "{\"keys\":[{\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\",\"kid\":\"Ky6eBK2P6B3r6GP5"
    "mIjmEHGpFWkzwiXFA0PzPASrfg4\",\"n\":\"zPkQhmu4L5A67KvUemUNUQfpkN8rNBq8a9rVQUrWNaeZQ7zQP7"
    "vK8WIqbN9jRmA0eMac3hZ7VsxDm4UW_Zf02tSD-05D3MmsZBM2oD1WO81Skc3Qp3B6HBm3edKaCKIehaNWCL02BG"
    "e5uU5oNNp9EkYtKSXF94U0Wmw-lCMHb-RNNEYwvMXCGKl3wTh6FDTazryc6T-dSrV5YlIx6TNkbzivtkUeoPkt0X"
    "fmTputDkISsFD9U8MlQMq6tx6Q3cMtAT8vVqlzC3zUWJG9OA5eqsMv8TrCIpbFSl5lYyMvhhxnfICrGhPWzhSRY6"
    "PkxrUZdzzEKoVgc4KzqYmdXurG-w\",\"e\":\"AQAB\"},{\"kty\":\"EC\",\"use\":\"sig\",\"alg\":"
    "\"ES256\",\"kid\":\"ra3KaC53DtofNdy3UaAIPX6iQmF8Xw4GFgPDKIIRF5k\",\"crv\":\"P-256\",\"x"
    "\":\"JxGrNykG6dWqs6vzmtwiI-X1i60rv9xK1_lYwEmxvBE\",\"y\":\"ruPBaxv48oCkPnhcAkrGMP2ny35ji"
    "eQiLPfwQu1dRwU\"}]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_token(const struct keyset *ks, struct str token, enum token_type type)
{
    auto_arena a = {0};
    struct claims claims;

    arena_init(&a, ARENA_REQUEST_MAX);
    if (jws_verify(ks, token, type, &a, &claims) == JWS_OK &&
        (claims.sub.n == 0 || claims.exp <= 0 || claims.type != type))
        abort();
}

static void check_payload(struct str payload, enum token_type type)
{
    auto_arena a = {0};
    auto_buf once = BUF_INIT(1 << 20), twice = BUF_INIT(1 << 20);
    struct claims claims, again;

    arena_init(&a, ARENA_REQUEST_MAX);
    if (!claims_read(payload, type, &a, &claims))
        return;
    claims_write(&once, &claims);
    if (once.n > JWS_TOKEN_MAX)
        return; /* escapes made it longer than what is read */
    if (!claims_read(buf_str(&once), type, &a, &again))
        abort();
    claims_write(&twice, &again);
    if (!str_eq(buf_str(&once), buf_str(&twice)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct keyset *ks;
    struct err e;

    if (!ks && keyset_from_jwks(STR(jwks), &ks, &e) < 0)
        abort();
    if (n == 0)
        return 0;
    struct str rest = {(const char *)data + 1, n - 1};
    enum token_type type = (enum token_type)(data[0] / 2 % 3);
    if (data[0] % 2)
        check_payload(rest, type);
    else
        check_token(ks, rest, type);
    return 0;
}
