#pragma once
/*
 * The signer: takes typed claims, gives a compact JWS (RFC 7515). It stands behind a vtable so that
 * it can move into a process of its own. It trusts nobody and refuses, as a failure with class
 * ERR_BUG: a name (sub, preferred_username, group) that starts with "system:" in any spelling
 * (case, full-width, zero-width, leading space), an empty sub, control characters, an unknown
 * audience, a lifetime over the maximum, duplicate groups, a token over 16 KiB.
 */
#include "base/arena.h"
#include "base/err.h"
#include "jose/claims.h"

struct signer;
struct signer_ops {
    int (*sign)(struct signer *s, const struct claims *claims, enum jose_alg alg, struct arena *a,
                struct str *ret_jws, struct err *e);
};
struct signer {
    const struct signer_ops *ops;
};
must_check static inline int signer_sign(struct signer *s, const struct claims *claims,
                                         enum jose_alg alg, struct arena *a, struct str *ret_jws,
                                         struct err *e)
{
    return s->ops->sign(s, claims, alg, a, ret_jws, e);
}
