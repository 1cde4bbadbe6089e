#pragma once
/* Redirect URIs: what may be registered, what matches, and what a page's policy has to know of
 * them. Pure. */
#include "base/buf.h"
#include "gateway/oidc/client.h"

/* NULL when an operator may register it; else one clause why not. For redirect_uris and
 * post_logout_redirect_uris. */
const char *redirect_uri_problem(struct str uri);
/* RFC 9700 4.1.3: byte for byte, but any port for http://127.0.0.1 and http://[::1] (RFC 8252 7.3).
 * `localhost` is a name like any other. */
bool redirect_uri_matches(struct str registered, struct str given);
bool redirect_uri_is_registered(const struct client *client, struct str given);
bool post_logout_uri_is_registered(const struct client *client, struct str given);
/* "https://rp.example" or "com.example.app:": where a form may end at, for page_csp(). */
struct str redirect_uri_origin(struct str uri);
/* uri with a query appended: `uri?a=b` gets "&" (RFC 6749 3.1.2: the query component MUST be
 * retained). */
void redirect_uri_begin(struct buf *out, struct str uri);
