#pragma once
/* Label selectors in their object form, for a *_json.c that comes to one in its document. */
#include "base/json.h"
#include "base/json_scan.h"
#include "policy/rbac/selector.h"

/* {matchLabels: {k: v}, matchExpressions: [{key, operator, values}]}. What is not understood is an
 * error, never left out: a selector with less in it selects more. */
must_check int selector_scan(struct json_scan *s, struct selector *ret);
void selector_put(struct json_out *j, const struct selector *s); /* as matchExpressions */
