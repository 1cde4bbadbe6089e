#pragma once
/*
 * The first stage: text becomes a typed tree. The language: docs/policy.md.
 */
#include "policy/language/policy_loader.h"
#include "policy/language/policy_tree.h"

/* All errors in one run. Several files make one policy. Sources must outlive the tree.
 * loader NULL: a policy that includes files is an error.
 * NULL only when a text is no YAML at all; else the tree of what could be read, so that
 * policy_resolve can say in the same run what else is wrong. */
const struct policy_tree *policy_read(struct arena *a, const struct source *const *sources,
                                      size_t n_sources, const struct policy_loader *loader,
                                      struct diags *d);
