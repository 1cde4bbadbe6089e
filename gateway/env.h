#pragma once
/*
 * Everything a request works with, as one immutable snapshot: configuration, clients, policy,
 * connectors, signer. A reload makes a new one and swaps; requests under way keep theirs, and the
 * last one out frees it. Any thread.
 */
#include "gateway/config.h"

struct env_parts { /* what outlives reloads */
    struct store *store;
    const struct sealer *sealer;
    struct keyset *keyset;
    struct login_throttle *throttle;
    const struct event_sink *events;
};
struct env;
/* Takes the configuration over. NULL: the reasons are in d, and the configuration is still the
 * caller's (the reasons point into it). */
struct env *env_new(struct config *config, const struct env_parts *parts, struct diags *d);
struct env *env_ref(struct env *e);
void env_unref(struct env *e); /* NULL is fine */
const struct config *env_config(const struct env *e);
struct oidc_env *env_oidc(struct env *e);
struct env *env_of_oidc(struct oidc_env *o);

/* Policy text, connectors and clients fit together? For --check: without store and keys. */
void env_check(struct config *config, struct diags *d);
