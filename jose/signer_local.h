#pragma once
/*
 * The signer in this process: struct signer over a keyset. It follows a swapped keyset and reloaded
 * limits; a signature under way keeps what it began with. Any thread.
 */
#include "jose/keyset.h"
#include "jose/signer.h"

struct signer_limits {
    struct str issuer;           /* the only `iss` that is signed */
    const struct str *audiences; /* client ids, site audiences, the issuer itself for userinfo: all
                                    of `aud` must be in here */
    size_t n_audiences;
    int64_t max_lifetime_s; /* exp - iat at most so much; logout tokens 120 s at most */
};

/* Takes a reference of the keyset and copies the limits. */
struct signer *signer_local_new(struct keyset *ks, const struct signer_limits *limits);
void signer_local_free(struct signer *s);
void signer_local_set_keyset(struct signer *s, struct keyset *ks);
void signer_local_set_limits(struct signer *s, const struct signer_limits *limits);

/*
 * Would a cluster, or something that normalises on the way to it, read this name as one of
 * Kubernetes' own ("system:...")? Compared after NFKC and case folding; leading space, zero-width
 * and other ignorable characters do not count. Not covered: look-alikes of other scripts (Cyrillic
 * "ѕуѕtem:"): no API server takes them for Latin letters.
 */
bool name_is_reserved(struct str name);
