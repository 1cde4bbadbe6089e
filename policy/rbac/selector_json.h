#pragma once
/* Label selectors in their object form, for a *_json.c that has parsed the document already. */
#include "base/json.h"
#include "policy/rbac/selector.h"

/* {matchLabels: {k: v}, matchExpressions: [{key, operator, values}]}. What is not understood is an
 * error, never left out: a selector with less in it selects more. */
must_check int selector_read_value(const json_t *value, struct arena *a, struct selector *ret,
                                   struct err *e);
void selector_put(struct json_out *j, const struct selector *s); /* as matchExpressions */
