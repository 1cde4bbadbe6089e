#pragma once
/*
 * The first stage: text becomes a typed tree. The language: docs/policy.md.
 */
#include "base/err.h"
#include "policy/language/policy_tree.h"

/* Who reads the files that `include` names: whoever called, for this room opens none. */
struct policy_loader {
    /* The file at this path (the folder of the one that includes it, and what that one wrote). What
     * it gives must live as long as the tree and its diagnostics. NULL: e, without the path. */
    const struct source *(*read)(void *context, struct str path, struct err *e);
    void *context;
};

/* All errors in one run. Several files make one policy. Sources must outlive the tree.
 * loader NULL: a policy that includes files is an error.
 * NULL only when a text is no YAML at all; else the tree of what could be read, so that
 * policy_resolve can say in the same run what else is wrong. */
const struct policy_tree *policy_read(struct arena *a, const struct source *const *sources,
                                      size_t n_sources, const struct policy_loader *loader,
                                      struct diags *d);
