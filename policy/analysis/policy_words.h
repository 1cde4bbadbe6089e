#pragma once
/* Permissions as people speak of them: "exec, read secrets and read pods, services". A summary:
 * what it does not name it counts. */
#include "policy/rbac/access.h"

struct str policy_words(const struct access_permissions *items, size_t n, struct arena *a);
/* "a, b, c and 5 more" */
void policy_list(struct buf *out, struct strs items, size_t max);
/* "/pods/log" -> "pods/log", "apps/deployments" -> "deployments" */
struct str policy_resource_word(struct str target);
