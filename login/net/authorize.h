#pragma once
/*
 * The login itself: authorization code with PKCE S256, state, nonce and issuer check (RFC 6749 4.1,
 * 7636, 9207, 8252), by browser and loopback listener, or by an address that is printed and another
 * one that is pasted. One thread, under the lock.
 */
#include "login/net/grant.h"
#include "login/net/saved_session.h"

/* Exit code. The session is stored when it returns EXIT_OK; ret and ret_session live in the
 * context's arena. */
must_check int authorize(struct context *c, unsigned means, struct gateway *ret_gateway,
                         struct session *ret_session);

/* Pure, for tests. */
struct authorization_request {
    struct str redirect_uri, state, nonce, code_verifier, audience;
};
void authorization_url(struct buf *out, const struct gateway *g,
                       const struct authorization_request *r);
