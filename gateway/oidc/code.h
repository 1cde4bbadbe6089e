#pragma once
/*
 * Authorization codes: sealed values, so the store learns of one only when it is redeemed (RFC
 * 6749 4.1.2). The code's id becomes the id of the family made from it, and that record, put only
 * if absent, is the mark of the used code.
 */
#include "gateway/oidc/authz_request.h"

struct code {
    struct str id;  /* 128 random bits as base64url; inside the seal another 96 bits of nonce */
    struct str sid; /* the session it was issued in */
    int64_t auth_time_s, issued_ms;
    struct authz_request request; /* client, redirect_uri, nonce, scope, challenge, claims */
};

/* STR_NONE: the request is too large for a code. */
struct str code_seal(const struct oidc_call *c, const struct code *code);
/* Untouched, ours, and younger than code_ttl_ms; nothing is looked up in the store. */
bool code_unseal(const struct oidc_call *c, struct str text, struct code *ret);
