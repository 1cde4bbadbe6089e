#pragma once
/* Who reads the files that `include` names: whoever asked for the policy, for its rooms open none.
 */
#include "base/diag.h"
#include "base/err.h"

struct policy_loader {
    /* The file at this path (the folder of the one that includes it, and what that one wrote). What
     * it gives must live as long as the tree and its diagnostics. NULL: e. */
    const struct source *(*read)(void *context, struct str path, struct err *e);
    void *context;
};
