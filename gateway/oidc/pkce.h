#pragma once
/* Proof Key for Code Exchange, RFC 7636, method S256 only (RFC 9700 2.1.1). Pure. */
#include "base/str.h"

/* 43 characters of base64url: what S256 gives and nothing else. */
bool pkce_challenge_is_valid(struct str challenge);
/* RFC 7636 4.1 and 4.6. An absent challenge demands an absent verifier (RFC 9700 4.8.2: no
 * downgrade). */
bool pkce_verify(struct str challenge, struct str verifier);
