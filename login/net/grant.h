#pragma once
/* The token endpoint (RFC 6749 4.1.3 and 6, RFC 7636 4.5) and the revocation endpoint (RFC 7009).
   Nothing is printed and nothing stored here. One thread. */
#include "login/net/gateway.h"

struct grant {
    struct str id_token, refresh_token; /* refresh_token: STR_NONE when none came back */
    int64_t expires_in_s;               /* 0: not said */
    int64_t received_ms;
};
enum grant_result {
    GRANT_OK,
    GRANT_ENDED,       /* invalid_grant: this refresh token or code is worth nothing any more */
    GRANT_SCOPE,       /* the session does not cover what was asked for */
    GRANT_REFUSED,     /* any other refusal by the gateway */
    GRANT_UNREACHABLE, /* no answer, 5xx, or one that makes no sense: everything may be as before */
    GRANT_UNTRUSTED,   /* TLS */
};
struct grant_code {
    struct str code, redirect_uri, code_verifier;
};
struct grant_refresh {
    struct str refresh_token, scope;
};
/* *ret_why: one sentence when the result is not GRANT_OK. */
must_check enum grant_result grant_by_code(struct context *c, const struct gateway *g,
                                           const struct grant_code *code, struct grant *ret,
                                           struct str *ret_why);
must_check enum grant_result grant_by_refresh(struct context *c, const struct gateway *g,
                                              const struct grant_refresh *refresh,
                                              struct grant *ret, struct str *ret_why);
/* False: the gateway could not be told. */
must_check bool grant_revoke(struct context *c, const struct gateway *g, struct str refresh_token,
                             struct str *ret_why);

/* Pure, for tests: an answer's status and body. */
must_check enum grant_result grant_read(int status, struct str body, struct arena *a,
                                        struct grant *ret, struct str *ret_why);
