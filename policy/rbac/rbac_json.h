#pragma once
/*
 * For another *_json.c that has parsed a document already and finds RBAC objects in it; everybody
 * else reads texts, by rbac_read_json.
 */
#include "base/json.h"
#include "policy/rbac/rbac.h"

/* As rbac_read_json. */
must_check int rbac_read_value(const json_t *value, struct arena *a, struct rbac_set *set,
                               struct err *e);
