/*
 * Every way a request can be refused, one row each. Included with OAUTH_ERROR defined; no include
 * guard on purpose.
 *
 * OAUTH_ERROR(outcome, "error", HTTP status where it is no redirect, event, "error_description")
 *     error: RFC 6749 4.1.2.1 and 5.2, RFC 6750 3.1, OpenID Connect Core 3.1.2.6
 *
 * A description names the rule, never what is stored: an expired, a foreign, a revoked and an
 * invented refresh token read alike.
 */

/* --- the authorization endpoint: shown as a page, never redirected (RFC 6749 4.1.2.1) */
OAUTH_ERROR(AUTHZ_UNKNOWN_CLIENT, "invalid_client", 400, AUTHORIZE_BAD_CLIENT,
            "Invalid client_id provided.")
OAUTH_ERROR(AUTHZ_BAD_REDIRECT, "invalid_redirect_uri", 400, AUTHORIZE_BAD_REDIRECT,
            "Unregistered redirect_uri.")
OAUTH_ERROR(AUTHZ_NOT_FORM, "invalid_request", 415, AUTHORIZE_REFUSED,
            "A POST must be application/x-www-form-urlencoded.")
OAUTH_ERROR(AUTHZ_STATE_TOO_LONG, "invalid_request", 400, AUTHORIZE_REFUSED,
            "The parameter state is longer than 4096 bytes.")
OAUTH_ERROR(AUTHZ_BAD_FORM, "invalid_request", 400, LOGIN_STALE_FORM,
            "This login form is not valid any more. Please start again where you came from.")

/* --- the authorization endpoint: sent to the client's redirect_uri */
OAUTH_ERROR(AUTHZ_REPEATED, "invalid_request", 400, AUTHORIZE_REFUSED, "A parameter stands twice.")
OAUTH_ERROR(AUTHZ_NO_RESPONSE_TYPE, "invalid_request", 400, AUTHORIZE_REFUSED,
            "The parameter response_type is missing.")
OAUTH_ERROR(AUTHZ_RESPONSE_TYPE, "unsupported_response_type", 400, AUTHORIZE_REFUSED,
            "Only response_type code is supported.")
OAUTH_ERROR(AUTHZ_RESPONSE_MODE, "invalid_request", 400, AUTHORIZE_REFUSED,
            "Only response_mode query is supported.")
OAUTH_ERROR(AUTHZ_REQUEST, "request_not_supported", 400, AUTHORIZE_REFUSED,
            "The parameter request is not supported.")
OAUTH_ERROR(AUTHZ_REQUEST_URI, "request_uri_not_supported", 400, AUTHORIZE_REFUSED,
            "The parameter request_uri is not supported.")
OAUTH_ERROR(AUTHZ_REGISTRATION, "registration_not_supported", 400, AUTHORIZE_REFUSED,
            "The parameter registration is not supported.")
OAUTH_ERROR(AUTHZ_NO_OPENID, "invalid_scope", 400, AUTHORIZE_REFUSED,
            "The scope openid is missing.")
OAUTH_ERROR(AUTHZ_SCOPE, "invalid_scope", 400, AUTHORIZE_REFUSED,
            "A scope is unknown, or not allowed for this client.")
OAUTH_ERROR(AUTHZ_NO_CHALLENGE, "invalid_request", 400, AUTHORIZE_REFUSED,
            "The parameter code_challenge is missing: PKCE is required.")
OAUTH_ERROR(AUTHZ_CHALLENGE_METHOD, "invalid_request", 400, AUTHORIZE_REFUSED,
            "Only code_challenge_method S256 is supported.")
OAUTH_ERROR(AUTHZ_CHALLENGE, "invalid_request", 400, AUTHORIZE_REFUSED,
            "The parameter code_challenge is not a base64url SHA-256.")
OAUTH_ERROR(AUTHZ_PROMPT, "invalid_request", 400, AUTHORIZE_REFUSED,
            "The parameter prompt is not valid.")
OAUTH_ERROR(AUTHZ_MAX_AGE, "invalid_request", 400, AUTHORIZE_REFUSED,
            "The parameter max_age is not a number of seconds.")
OAUTH_ERROR(AUTHZ_NONCE, "invalid_request", 400, AUTHORIZE_REFUSED,
            "The parameter nonce is longer than 1024 bytes.")
OAUTH_ERROR(AUTHZ_CLAIMS, "invalid_request", 400, AUTHORIZE_REFUSED,
            "The parameter claims is not valid.")
OAUTH_ERROR(AUTHZ_HINT, "invalid_request", 400, AUTHORIZE_REFUSED,
            "The parameter id_token_hint is not an ID token of this issuer.")
OAUTH_ERROR(AUTHZ_CONNECTOR, "invalid_request", 400, AUTHORIZE_REFUSED,
            "The parameter connector_id names no connector.")
OAUTH_ERROR(AUTHZ_TOO_LARGE, "invalid_request", 400, AUTHORIZE_REFUSED, "The request is too large.")
OAUTH_ERROR(AUTHZ_LOGIN_REQUIRED, "login_required", 400, AUTHORIZE_NEEDS_LOGIN,
            "The user is not logged in.")
OAUTH_ERROR(AUTHZ_OTHER_PERSON, "login_required", 400, LOGIN_OTHER_PERSON,
            "Another person than the one asked for is logged in.")
OAUTH_ERROR(AUTHZ_ACR, "unmet_authentication_requirements", 400, AUTHORIZE_REFUSED,
            "The essential acr cannot be met.")
OAUTH_ERROR(AUTHZ_UNAVAILABLE, "temporarily_unavailable", 503, AUTHORIZE_REFUSED,
            "The directory or the store does not answer. Please try again.")
OAUTH_ERROR(AUTHZ_FAILED, "server_error", 500, INTERNAL_ERROR, "Something went wrong here.")

/* --- the token endpoint and whoever authenticates a client */
OAUTH_ERROR(TOKEN_NOT_FORM, "invalid_request", 400, TOKEN_REFUSED,
            "The body must be application/x-www-form-urlencoded.")
OAUTH_ERROR(TOKEN_QUERY, "invalid_request", 400, TOKEN_REFUSED,
            "Parameters belong into the body, not into the URL.")
OAUTH_ERROR(TOKEN_REPEATED, "invalid_request", 400, TOKEN_REFUSED, "A parameter stands twice.")
OAUTH_ERROR(TOKEN_TWO_AUTHENTICATIONS, "invalid_request", 400, CLIENT_REFUSED,
            "More than one client authentication.")
OAUTH_ERROR(TOKEN_CLIENT, "invalid_client", 401, CLIENT_REFUSED, "Invalid client credentials.")
OAUTH_ERROR(TOKEN_NO_GRANT, "invalid_request", 400, TOKEN_REFUSED,
            "The parameter grant_type is missing.")
OAUTH_ERROR(TOKEN_GRANT, "unsupported_grant_type", 400, TOKEN_REFUSED,
            "This grant_type is not supported.")
OAUTH_ERROR(TOKEN_GRANT_FORBIDDEN, "unauthorized_client", 400, TOKEN_REFUSED,
            "This client may not use this grant_type.")
OAUTH_ERROR(TOKEN_OVERSIZE, "invalid_scope", 400, TOKEN_TOO_LARGE,
            "The ID token would be too large.")
OAUTH_ERROR(TOKEN_STORE, "temporarily_unavailable", 503, STORE_FAILED,
            "The store does not answer. Please try again.")
OAUTH_ERROR(TOKEN_SIGNER, "server_error", 500, SIGNER_FAILED, "The token could not be made.")
OAUTH_ERROR(TOKEN_FAILED, "server_error", 500, INTERNAL_ERROR, "Something went wrong here.")

OAUTH_ERROR(CODE_MISSING, "invalid_request", 400, CODE_REFUSED, "The parameter code is missing.")
OAUTH_ERROR(CODE_INVALID, "invalid_grant", 400, CODE_REFUSED, "Invalid or expired code parameter.")
OAUTH_ERROR(CODE_NO_REDIRECT, "invalid_request", 400, CODE_REFUSED,
            "The parameter redirect_uri is missing.")
OAUTH_ERROR(CODE_REDIRECT, "invalid_grant", 400, CODE_REFUSED,
            "The redirect_uri is not the one of the authorization request.")
OAUTH_ERROR(CODE_VERIFIER, "invalid_grant", 400, CODE_REFUSED, "Invalid code_verifier.")
OAUTH_ERROR(CODE_SESSION, "invalid_grant", 400, CODE_REFUSED,
            "The login this code came from has ended.")
OAUTH_ERROR(CODE_REPLAY, "invalid_grant", 400, CODE_REPLAYED, "Invalid or expired code parameter.")

OAUTH_ERROR(REFRESH_MISSING, "invalid_request", 400, REFRESH_REFUSED,
            "The parameter refresh_token is missing.")
OAUTH_ERROR(REFRESH_INVALID, "invalid_grant", 400, REFRESH_REFUSED,
            "Refresh token is invalid or has already been claimed by another client.")
OAUTH_ERROR(REFRESH_REUSE, "invalid_grant", 400, REFRESH_REUSED,
            "Refresh token is invalid or has already been claimed by another client.")
OAUTH_ERROR(REFRESH_SCOPE, "invalid_scope", 400, REFRESH_REFUSED,
            "A scope is unknown, or was not granted at login.")
OAUTH_ERROR(REFRESH_BUSY, "temporarily_unavailable", 503, REFRESH_REFUSED,
            "This refresh token is used in too many places at once. Please try again.")
/* The person behind the token. RFC 6749 5.2: invalid_grant tells the client to throw the token away
   and log in again; that is right where a new login is needed. A lock opens by itself, and anybody
   can lock anybody by typing wrong passwords: it must not cost a login, so the client is told to
   keep its token. The same when the directory does not answer. */
OAUTH_ERROR(REFRESH_GONE, "invalid_grant", 400, REFRESH_PERSON_GONE,
            "The account does not exist any more.")
OAUTH_ERROR(REFRESH_DISABLED, "invalid_grant", 400, REFRESH_PERSON_DISABLED,
            "The account is disabled.")
OAUTH_ERROR(REFRESH_EXPIRED, "invalid_grant", 400, REFRESH_PERSON_EXPIRED,
            "The account or its password has expired.")
OAUTH_ERROR(REFRESH_UNUSABLE, "invalid_grant", 400, REFRESH_PERSON_UNUSABLE,
            "The account cannot be used: its directory entry is not acceptable.")
OAUTH_ERROR(REFRESH_LOCKED, "temporarily_unavailable", 503, REFRESH_PERSON_LOCKED,
            "The account is locked.")
OAUTH_ERROR(REFRESH_UNAVAILABLE, "temporarily_unavailable", 503, REFRESH_UNAVAILABLE,
            "The directory does not answer. Please try again.")

/* --- userinfo: RFC 6750 3.1 */
OAUTH_ERROR(USERINFO_NO_TOKEN, "", 401, USERINFO_REFUSED, "")
OAUTH_ERROR(USERINFO_BAD_REQUEST, "invalid_request", 400, USERINFO_REFUSED,
            "One access token, in the header or in the form.")
OAUTH_ERROR(USERINFO_TOKEN, "invalid_token", 401, USERINFO_REFUSED,
            "The access token is not valid.")
OAUTH_ERROR(USERINFO_SCOPE, "insufficient_scope", 403, USERINFO_REFUSED,
            "The access token lacks the scope openid.")

/* --- revocation: RFC 7009 2.2.1 */
OAUTH_ERROR(REVOKE_NO_TOKEN, "invalid_request", 400, TOKEN_REFUSED,
            "The parameter token is missing.")
OAUTH_ERROR(REVOKE_FOREIGN, "invalid_grant", 400, TOKEN_REFUSED,
            "The token belongs to another client.")

/* --- logout: OpenID Connect RP-Initiated Logout 4 */
OAUTH_ERROR(LOGOUT_BAD_REQUEST, "invalid_request", 400, LOGOUT_REFUSED,
            "The logout request is not valid.")
OAUTH_ERROR(LOGOUT_CLIENT, "invalid_client", 400, LOGOUT_REFUSED,
            "The client_id is unknown, or not the one of the id_token_hint.")
OAUTH_ERROR(LOGOUT_REDIRECT, "invalid_redirect_uri", 400, LOGOUT_BAD_REDIRECT,
            "Unregistered post_logout_redirect_uri.")
OAUTH_ERROR(LOGOUT_BAD_FORM, "invalid_request", 400, LOGOUT_REFUSED,
            "This form is not valid any more. You are not logged out.")

/* --- anywhere */
OAUTH_ERROR(NO_SUCH_PAGE, "not_found", 404, AUTHORIZE_REFUSED, "There is no such page.")
