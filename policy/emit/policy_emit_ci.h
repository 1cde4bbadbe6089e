#pragma once
/* Inside of the emit stage: machines. Only policy_emit_*.c include this. */
#include "policy/resolve/resolved.h"

/* One jwt authenticator per issuer of the ci entries of this site. */
void policy_emit_ci_issuers(const struct policy *p, size_t site, struct arena *a, struct buf *out);
/* The ServiceAccounts of the ci entries of this site. */
void policy_emit_accounts(const struct policy *p, size_t site, struct arena *a, struct buf *out);
