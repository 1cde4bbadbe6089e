#include "gateway/oidc/refresh_token.h"

#include "base/hash.h"
#include "gateway/oidc/pack.h"

#define ID_TEXT      22
#define RANDOM_BYTES 32
#define PLAIN        (ID_TEXT + 8 + RANDOM_BYTES)
#define TOKEN_MAX    512

static struct str mark_of(struct str plain, struct arena *a)
{
    const struct str parts[] = {STR("refresh token"), plain};
    struct sha256 hash = sha256_of_parts(parts, 2);
    auto_buf text = BUF_INIT(64);
    buf_base64url(&text, (struct str){(const char *)hash.bytes, sizeof(hash.bytes)});
    return arena_str(a, buf_str(&text));
}

struct str refresh_token_new(const struct oidc_call *c, struct str family_id, int64_t generation,
                             struct str *ret_mark)
{
    auto_buf plain = {.max = PLAIN, .wipe = true};
    char bytes[RANDOM_BYTES];
    random_fill(c->env->random, bytes, sizeof(bytes));
    buf_add(&plain, family_id);
    pack_i64(&plain, generation);
    buf_bytes(&plain, bytes, sizeof(bytes));
    bytes_wipe(bytes, sizeof(bytes));
    if (buf_failed(&plain) || plain.n != PLAIN)
        return STR_NONE;
    *ret_mark = mark_of(buf_str(&plain), call_arena(c));
    return seal(c->env->sealer, "refresh", buf_str(&plain), call_arena(c));
}

bool refresh_token_open(const struct oidc_call *c, struct str text, struct refresh_token *ret)
{
    struct str plain;
    if (text.n > TOKEN_MAX || !unseal(c->env->sealer, "refresh", text, call_arena(c), &plain) ||
        plain.n != PLAIN)
        return false;
    *ret = (struct refresh_token){
        .family_id = str_from_to(plain, 0, ID_TEXT),
        .generation = unpack_i64(plain, ID_TEXT),
        .mark = mark_of(plain, call_arena(c)),
    };
    return ret->mark.n > 0;
}
