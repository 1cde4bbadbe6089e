#pragma once
/*
 * Scopes: RFC 6749 3.3, OpenID Connect Core 5.4 and 11, and Dex's `audience:server:client_id:ID` by
 * which one login serves several clusters. Pure.
 */
#include "gateway/oidc/oidc.h"

enum scope_flag {
    SCOPE_OPENID = 1,
    SCOPE_PROFILE = 2,
    SCOPE_EMAIL = 4,
    SCOPE_GROUPS = 8,
    SCOPE_OFFLINE_ACCESS = 16,
    SCOPE_FEDERATED_ID = 32, /* Dex: the claim federated_claims */
};
#define SCOPE_AUDIENCES_MAX 32

struct scope {
    unsigned flags;
    struct str *audiences; /* client ids, in the order asked for, no duplicates */
    size_t n_audiences;
};

/* False: something unknown that this client must not ask for, or an audience that does not trust
 * it. The text may be empty. */
bool scope_parse(const struct oidc_settings *settings, const struct client *client, struct str text,
                 struct arena *a, struct scope *ret);
/* What was granted once and is still allowed: an audience that is gone, or trusts this client no
 * more, is dropped, so that a site that is taken down ends nobody's login at the others. False: the
 * arena is exhausted. */
bool scope_parse_granted(const struct oidc_settings *settings, const struct client *client,
                         struct str text, struct arena *a, struct scope *ret);
/* Canonical text of what was understood: what is stored and answered. */
struct str scope_text(const struct scope *s, struct arena *a);
bool scope_is_within(const struct scope *narrow, const struct scope *wide);
/* The names for the discovery document; ends with an absent one. */
const struct str *scope_names(void);
