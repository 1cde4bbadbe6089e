#pragma once
/*
 * The protocol: OpenID Connect Core, Discovery, RP-Initiated Logout; OAuth 2.0 (RFC 6749, 7009,
 * 7636, 9207, 9700). It does no I/O of its own: each endpoint is a handler_fn over struct oidc_env,
 * whose parts are vtables or immutable snapshots. One file per concern. Worker threads, several at
 * a time; discovery, keys and static pages also on I/O threads (they touch neither store nor
 * directory).
 *
 * Whoever wires the house up: fill settings and the parts, call oidc_prepare() once per env (again
 * after every reload), give oidc_routes[] or oidc_handle() to the server. request.path is always
 * the part below settings.issuer_path.
 */
#include "base/clock.h"
#include "base/exchange.h"
#include "base/random.h"
#include "connectors/connector.h"
#include "gateway/oidc/client.h"
#include "gateway/oidc/event.h"
#include "gateway/store/store.h"
#include "jose/keyset.h"
#include "jose/seal.h"
#include "jose/signer.h"
#include "policy/resolve/snapshot.h"

struct kubernetes_site { /* what `lotse-login setup` and the home page offer */
    struct str name, audience, server, certificate_authority; /* PEM */
};

struct oidc_settings {
    struct str issuer;      /* exact, https, no trailing slash unless configured so */
    struct str issuer_path; /* path part of it, "" or "/dex" */
    const struct client *clients;
    size_t n_clients;
    const struct kubernetes_site *sites;
    size_t n_sites;
    struct str helper_client_id; /* the public client of lotse-login */
    int64_t id_token_ttl_ms, access_token_ttl_ms;
    int64_t session_idle_ms, session_max_ms;
    int64_t refresh_idle_ms, refresh_max_ms;
    int64_t login_ttl_ms, code_ttl_ms; /* unfinished login; code <= 60 s */
    int64_t directory_grace_ms; /* unreachable directory at refresh: last known groups for so long;
                                   default 0 = refuse */
};

struct login_throttle;
struct oidc_prepared;

struct oidc_env {
    const struct oidc_settings *settings;
    struct policy_snapshot *policy; /* NULL: no policy; groups are then the directory's names */
    struct connector *const *connectors;
    size_t n_connectors;
    struct store *store;
    struct keyset *keyset; /* for JWKS and for verifying our own tokens */
    struct signer *signer; /* audiences it must know: every client id and the issuer itself */
    const struct sealer *sealer;
    const struct clock *clock;
    const struct random *random;
    const struct event_sink *events;      /* audit and metrics: called before the answer leaves */
    struct login_throttle *throttle;      /* shared over reloads: login_throttle_new() */
    const struct oidc_prepared *prepared; /* by oidc_prepare() */
};

/* Makes the answers that never change (discovery, sites) and the names of cookies and endpoints;
 * everything lives in a. */
must_check int oidc_prepare(struct oidc_env *env, struct arena *a, struct err *e);

/* A bounded table of failed logins, one for the life of the process. */
struct login_throttle *login_throttle_new(const struct random *random);
void login_throttle_free(struct login_throttle *t);

/* Our endpoints (routes.tbl.h), below the issuer's path; ends with path NULL. */
extern const struct route oidc_routes[];
const struct route *oidc_route_find(struct str path); /* NULL: none */
/* Runs the row of request->path; 404 without one, 405 with Allow for another method. env is a
 * struct oidc_env. */
handler_fn oidc_handle;
