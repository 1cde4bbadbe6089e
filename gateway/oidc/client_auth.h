#pragma once
/* Client authentication (RFC 6749 2.3, OpenID Connect Core 9): none, client_secret_basic,
 * client_secret_post. */
#include "gateway/oidc/oauth_error.h"

/* OIDC_OK, OIDC_TOKEN_TWO_AUTHENTICATIONS or OIDC_TOKEN_CLIENT. ret_claimed: the client_id that was
 * named, for the audit. */
enum oidc_outcome client_authenticate(const struct oidc_call *c, const struct client **ret_client,
                                      struct str *ret_claimed);
