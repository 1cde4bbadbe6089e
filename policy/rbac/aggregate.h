#pragma once
/*
 * Aggregated ClusterRoles: the rules that the clusterrole-aggregation controller gives them
 * (pkg/controller/clusterroleaggregation). A live API server has them filled in already; files,
 * default roles and proposed objects have not. Whoever may write a ClusterRole with a selected
 * label thereby writes into the aggregated one. Pure; any thread.
 */
#include "policy/rbac/rbac.h"

/* The rules of one aggregated role from the others as they stand: selector by selector, the
 * selected roles by name, the role itself left out, each rule once. */
struct rbac_rules rbac_aggregate(const struct rbac_set *set, const struct rbac_object *role,
                                 struct arena *a);
/* Overwrites the rules of all aggregated roles until nothing changes any more, also where they
 * select each other. */
void rbac_set_aggregate(struct rbac_set *set, struct arena *a);
