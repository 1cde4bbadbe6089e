#pragma once
/* What plan says and apply does: the writes of one site, guarded. */
#include "policy/cli/run.h"
#include "policy/cluster/apply.h"

struct site_plan {
    const struct cluster *cluster;
    struct rbac_set want;
    struct plan plan;
    struct manifest_step *manifests; /* with --cluster-wide; only those that are not there as
                                        wanted, in the order of their writing */
    size_t n_manifests, n_manifests_same;
    bool refused;     /* this site is not to be written: s->err said why */
    size_t counts[5]; /* by enum apply_outcome */
};
/* Plans of all sites that were read. Site by site: one that is refused does not keep the others
 * back. -1: nothing at all is to be done; s->err. */
must_check int site_plans_make(struct run *s, struct site_plan **ret);
size_t site_plan_n_steps(const struct site_plan *p);
