#pragma once
/*
 * What a token says about a person: scopes, the client's wishes and the policy become typed claims.
 * OpenID Connect Core 2 and 5.1, RFC 9068 2.2.
 */
#include "gateway/oidc/call.h"
#include "gateway/oidc/claim.h"
#include "jose/claims.h"

struct grant_facts { /* what both kinds of token are made from */
    const struct client *client;
    const struct person *person;
    const struct scope *scope;
    struct str family_id, sid, nonce;
    int64_t auth_time_s;
    unsigned id_token; /* claims asked for one by one */
    int64_t end_ms;    /* no access token outlives this; 0: no bound */
};

/* The groups a token for this audience carries: teams by the policy, or the directory's names
 * without those no token may carry. False: the arena is exhausted. */
bool claims_groups(const struct oidc_call *c, const struct person *p, struct str audience,
                   struct snapshot_groups *ret);
/* ID token, without at_hash. False: the arena is exhausted. */
bool claims_build_id(const struct oidc_call *c, const struct grant_facts *g, struct claims *ret);
bool claims_build_access(const struct oidc_call *c, const struct grant_facts *g,
                         struct claims *ret);
/* The family an access token belongs to: what stands before the "." of its jti. */
struct str claims_family_of(const struct claims *access);
