#pragma once
/*
 * Our two cookies. Both HttpOnly, SameSite=Lax, Secure; named __Host- where the issuer owns its
 * whole origin (https, no path),
 * __Secure- below a path of it, and plain only for an http issuer (tests). Both end with the
 * browser. login    ties an unfinished login to the browser that began it (Dex CVE-2022-39222)
 *   session  who is logged in here
 */
#include "gateway/oidc/call.h"

void cookie_set(const struct oidc_call *c, struct str name, struct str value);
void cookie_clear(const struct oidc_call *c, struct str name);

/* The value of the login cookie; makes and sets one where there is none yet. */
struct str login_cookie_ensure(const struct oidc_call *c);
/* What a sealed form carries to be tied to it: SHA-256 as base64url. */
struct str login_cookie_mark(const struct oidc_call *c, struct str value);
