#pragma once
/*
 * An authorization request that was checked completely: OpenID Connect Core 3.1.2.1. Made by
 * authorize.c, sealed into the login form and, as far as the token endpoint needs it, into the
 * code. The home page logs in with one that has no client.
 */
#include "gateway/oidc/call.h"
#include "gateway/oidc/claim.h"
#include "gateway/oidc/scope.h"

enum prompt { PROMPT_NONE = 1, PROMPT_LOGIN = 2, PROMPT_CONSENT = 4, PROMPT_SELECT_ACCOUNT = 8 };
#define NO_MAX_AGE (-1)

struct authz_request {
    const struct client *client; /* NULL: our own home page */
    struct str redirect_uri, state, nonce;
    struct scope scope;
    struct str code_challenge; /* S256; may be absent */
    unsigned prompt;
    int64_t max_age_s;           /* NO_MAX_AGE */
    unsigned id_token, userinfo; /* claims asked for one by one */
    struct str subject;          /* this person or nobody: id_token_hint, claims.id_token.sub */
    struct str login_hint, connector_id, ui_locales;
};

/* JSON text. `for_code`: without what only the login form needs. STR_NONE: too large. */
struct str authz_request_json(const struct authz_request *r, bool for_code, struct arena *a);
/* Looks client and redirect_uri up again: after a reload they may be gone, and then it is false. */
bool authz_request_read(const struct oidc_settings *settings, struct str text, struct arena *a,
                        struct authz_request *ret);
