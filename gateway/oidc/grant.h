#pragma once
/* A grant of the token endpoint: one row per grant_type. Each gives tokens or an outcome; the
 * endpoint answers. */
#include "gateway/oidc/mint.h"

struct grant {
    const struct client *client; /* authenticated */
    struct token_set tokens;     /* out */
    struct event about;          /* out: what is known, for the audit */
    struct str description;      /* out: for the client, where the row's own is not enough */
};
typedef enum oidc_outcome grant_fn(const struct oidc_call *c, struct grant *g);

grant_fn grant_code;    /* RFC 6749 4.1.3, RFC 7636 4.6 */
grant_fn grant_refresh; /* RFC 6749 6, RFC 9700 4.14 */
