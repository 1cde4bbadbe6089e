#pragma once
/* What nobody holds and somebody may get: requests, break-glass entries, and the rules by which
 * machines of `ci` are recognised. Compared as written: the order of lists does not count. */
#include "policy/resolve/policy_resolve.h"

/* "request debug-prod is new (policy.yaml:179)", one text per entry that differs. */
struct strs policy_offers_diff(const struct policy *before, const struct policy *after,
                               struct arena *a);
