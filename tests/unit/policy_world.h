#pragma once
/* A directory and clusters from a few lines of text, for the tests of the policy:
 *
 *     group cn=pay-dev,ou=groups,dc=corp,dc=example
 *     person m.sommer cn=pay-dev,ou=groups,dc=corp,dc=example cn=...
 *     site fra muc                         what follows is on both
 *     resource apps/deployments namespaced get,list,watch
 *     namespace pay-api team=payments
 *     clusterrole view get,list /pods,/services
 *     now 2026-06-01
 */
#include "policy/policy.h"

void world_read(struct arena *a, struct str text, struct policy_input *out);
