#pragma once
/*
 * The claims a client can ask for one by one, and the `claims` parameter that does so (OpenID
 * Connect Core 5.5). Pure.
 */
#include "base/arena.h"
#include "gateway/oidc/scope.h"

enum claim {
    CLAIM_NAME = 1,
    CLAIM_PREFERRED_USERNAME = 2,
    CLAIM_EMAIL = 4,
    CLAIM_EMAIL_VERIFIED = 8,
    CLAIM_GROUPS = 16,
    CLAIM_ACR = 32, /* auth_time needs no bit: it is in every ID token */
};
/* What our password login is worth, as `acr`. Said only when asked for. */
#define ACR_PASSWORD "urn:lotse:acr:password"

struct claims_asked {
    unsigned id_token, userinfo; /* of enum claim */
    struct str sub;              /* id_token.sub.value: this person or nobody */
    bool acr_unmet;              /* acr is essential and none of its values is ours (5.5.1.1) */
};
/* False: not JSON, not an object, or of wrong types. */
bool claims_parameter_read(struct str text, struct arena *a, struct claims_asked *ret);
/* Which of them a scope stands for (5.4). */
unsigned claims_of_scope(unsigned scope_flags);
