#pragma once
/* Refresh tokens: sealed {family, generation, 256 random bits}. The store knows only a hash
 * ("mark"). */
#include "gateway/oidc/call.h"

struct refresh_token {
    struct str family_id;
    int64_t generation;
    struct str mark; /* SHA-256 of what is sealed, as base64url */
};
/* Makes one; the text is for the client, the mark for the record. STR_NONE: the arena is exhausted.
 */
struct str refresh_token_new(const struct oidc_call *c, struct str family_id, int64_t generation,
                             struct str *ret_mark);
bool refresh_token_open(const struct oidc_call *c, struct str text, struct refresh_token *ret);
