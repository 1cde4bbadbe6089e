#pragma once
/* Sites beside one another: the same role should mean the same rights, and a grant that stands on
 * two sites should be in force on both. What only one site has as a resource is named apart:
 * another version of Kubernetes, or a CRD that was not installed everywhere. */
#include "policy/cli/run.h"

struct role_difference {
    struct str role;                              /* "lotse:view" */
    const struct access_permissions *more, *less; /* what the second site allows more, and less */
    size_t n_more, n_less;
};
struct grant_difference {
    struct str src, role, group; /* the lines of the grants, what they give, to whom */
    bool on_first;               /* in force in all of its namespaces on the first; else on the
                                    second only */
};
struct sites_difference {
    const struct cluster *first, *second;
    struct {
        struct role_difference *items;
        size_t n, cap;
    } roles;
    struct {
        struct grant_difference *items;
        size_t n, cap;
    } grants;
    struct strs only_first, only_second; /* resources that our roles name and one site alone has */
};
struct site_view { /* what the file wants and what is there */
    const struct cluster *cluster;
    const struct rbac_set *want;
};
/* -1: e. */
must_check int drift_sites_compare(const struct site_view *first, const struct site_view *second,
                                   struct arena *a, struct sites_difference *ret, struct err *e);
