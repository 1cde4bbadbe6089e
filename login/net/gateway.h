#pragma once
/*
 * What we know about the gateway: endpoints from its discovery document (fetched at a login, never
 * for a refresh) and the clusters it offers. Kept in the state folder, without secrets. One thread.
 */
#include "login/net/context.h"

struct site {
    struct str name, server, audience,
        certificate_authority_data; /* base64 of PEM; may be absent */
};
struct gateway {
    struct str issuer, client_id, profile, ca_file;
    struct str authorization_endpoint, token_endpoint, revocation_endpoint;
    bool sends_issuer; /* RFC 9207: authorization_response_iss_parameter_supported */
    struct site *sites;
    size_t n_sites, cap_sites;
};
/* Fetches discovery document and clusters. Exit code. */
must_check int gateway_discover(struct context *c, struct gateway *ret);
/* From the state folder. False: not there, or of another version. */
must_check bool gateway_load(struct context *c, struct gateway *ret);
void gateway_store(struct context *c, const struct gateway *g);
/* The cached tokens of all its clusters, of whichever person they were. */
void gateway_delete_tokens(struct context *c, const struct gateway *g);

/* Pure, for tests: the documents as text. */
must_check int gateway_read_discovery(struct str text, struct arena *a, struct gateway *ret,
                                      struct err *e);
must_check int gateway_read_sites(struct str text, struct arena *a, struct gateway *ret,
                                  struct err *e);
must_check int gateway_read_saved(struct str text, struct arena *a, struct gateway *ret,
                                  struct err *e);
void gateway_write_saved(struct buf *out, const struct gateway *g);
/* Every audience the gateway offers plus `one`, as scopes: "audience:server:client_id:k8s-fra ...".
 */
void gateway_audience_scopes(struct buf *out, const struct gateway *g, struct str one);
