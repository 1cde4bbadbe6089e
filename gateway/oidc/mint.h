#pragma once
/* The tokens of one answer, signed: an access token (RFC 9068) and, with scope openid, an ID token.
 */
#include "gateway/oidc/claims.h"
#include "gateway/oidc/oauth_error.h"

#define ID_TOKEN_LARGE ((size_t)2 * 1024) /* proxies and API servers begin to mind: a warning */
#define ID_TOKEN_MAX   ((size_t)6 * 1024) /* refused */

struct token_set {
    struct str access_token, id_token, refresh_token, scope;
    int64_t expires_in_s; /* of the access token */
};

/* about: gets audience, number of groups and size, for the audit. description: a text for the
 * client, where the row has none. */
enum oidc_outcome mint_tokens(const struct oidc_call *c, const struct grant_facts *g,
                              struct token_set *ret, struct event *about,
                              struct str *ret_description);
