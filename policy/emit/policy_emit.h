#pragma once
/*
 * The policy as Kubernetes objects, per site, and the files they are written to.
 */
#include "policy/resolve/policy_resolve.h"

/* The objects of one site, sorted, canonical. False: there is no cluster data for the
 * site. */
bool policy_emit(const struct policy *p, size_t site, struct arena *a, struct rbac_set *ret_set);
struct policy_file {
    struct str path; /* "00-clusterroles.yaml", "10-rb/pay-api.yaml", ... below out/<site>/ */
    struct str text;
};
struct policy_files {
    struct policy_file *items;
    size_t n, cap;
};
struct policy_issuer {        /* for 30-authn.yaml */
    struct str url;           /* the issuer's URL, https; STR_NONE: no 30-authn.yaml */
    struct str discovery_url; /* may be absent: the issuer's own */
    struct str ca_pem;        /* may be absent: the system's roots */
};
struct policy_files policy_emit_files(const struct policy *p, size_t site,
                                      const struct rbac_set *set,
                                      const struct policy_issuer *issuer, struct arena *a);
/* The AuthenticationConfiguration of one site alone. */
void policy_emit_authn(const struct policy *p, size_t site, const struct policy_issuer *issuer,
                       struct arena *a, struct buf *out);
