#pragma once
/* A relying party as the operator registered it. Lives in the configuration's arena; immutable. */
#include "base/secret.h"
#include "jose/claims.h"

enum pkce_rule { PKCE_REQUIRED, PKCE_OPTIONAL };

struct client {
    struct str id, name;
    const struct secret *secrets; /* any of them is good; none: a public client */
    size_t n_secrets;
    const struct str
        *redirect_uris; /* checked with redirect_uri_problem(); compared byte for byte; for
                           http://127.0.0.1/... and http://[::1]/... any port (RFC 8252 7.3) */
    size_t n_redirect_uris;
    const struct str
        *post_logout_redirect_uris; /* redirect_uri_problem() as well; always byte for byte */
    size_t n_post_logout_redirect_uris;
    const struct str *trusted_peers; /* clients that may ask for tokens with this client as audience
                                        (Dex: trustedPeers) */
    size_t n_trusted_peers;
    enum jose_alg id_token_alg;
    enum pkce_rule pkce; /* a public client is always PKCE_REQUIRED */
    bool allow_refresh;  /* may hold offline_access */
    bool one_audience;   /* asked for several audiences, its ID token names none of them but the
                            client itself: audiences   one by one, by refresh; asked for one, its ID
                            token names exactly that one */
    bool unknown_scopes_ignored; /* OpenID Connect Core 3.1.2.1: SHOULD, so the default is true;
                                    else invalid_scope */
    bool is_kubernetes;      /* an API server's audience: tokens always carry preferred_username and
                                groups */
    int64_t id_token_ttl_ms; /* 0: the default of the settings. The shortest of client and audiences
                                counts */
};

static inline bool client_is_public(const struct client *c)
{
    return c->n_secrets == 0;
}
