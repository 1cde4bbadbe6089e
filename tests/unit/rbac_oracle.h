#pragma once
/*
 * Questions about RBAC as lines of JSON, answered by our code; tests/go/authorizer answers the same
 * lines by upstream's. What is asked stands in "op":
 *
 *     world      objects                                  true; the objects of the questions that
 * follow ask        user, groups, verb, and path, or group, resource, subresource, name, namespace
 * true, false who        the same without user                    [[kind, name, namespace], ...] of
 * all bindings rules      user, groups, namespace                  the rules that hold there
 *     aggregate  name                                     the rules of that aggregated ClusterRole;
 * null write      object, old, user, groups, name          true, false: may it be written? covers
 * owner, servant: rules                    {"covered", "uncovered"} compact    owner: rules rules,
 * sorted request    method, url                              the attributes account    user
 * [namespace, name]; null
 *
 * Questions that both evaluators can answer are put to both; should they differ, that is the
 * answer.
 */
#include <jansson.h>

#include "policy/rbac/access.h"

struct rbac_oracle {
    struct arena arena; /* of the world */
    struct rbac_set set;
    const struct access *access;
};
void rbac_oracle_init(struct rbac_oracle *o);
void rbac_oracle_fini(struct rbac_oracle *o);
/* A new reference; NULL and e when the question cannot be read. */
json_t *rbac_oracle_answer(struct rbac_oracle *o, struct str line, struct err *e);
