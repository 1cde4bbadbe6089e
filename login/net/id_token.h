#pragma once
/*
 * The ID token as the client sees it. Its signature is not verified here: it came straight from the
 * token endpoint over a TLS connection whose certificate was checked (OpenID Connect Core 3.1.3.7,
 * item 6). Everything else is. Pure.
 */
#include "base/arena.h"
#include "base/err.h"

struct id_token {
    struct str issuer, subject, azp, nonce, username, name, mail;
    struct str *audiences, *groups;
    size_t n_audiences, n_groups;
    int64_t exp_s, iat_s;
};
/* The claims of a compact JWS; texts are copied into a. */
must_check int id_token_read(struct str token, struct arena *a, struct id_token *ret,
                             struct err *e);

struct id_token_expected {
    struct str issuer, client_id;
    struct str
        audience; /* whom it is for: the client itself after a login, a cluster after a refresh */
    struct str nonce;   /* STR_NONE: a refresh has none */
    struct str subject; /* STR_NONE: not known yet */
};
must_check int id_token_check(const struct id_token *t, const struct id_token_expected *expected,
                              struct err *e);
/* How long it lives, by the server's own clock throughout: exp - iat, and no longer than expires_in
 * (0: not given). */
int64_t id_token_lifetime_ms(const struct id_token *t, int64_t expires_in_s);
