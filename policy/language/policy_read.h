#pragma once
/*
 * The first stage: text becomes a typed tree. The language: docs/policy.md.
 */
#include "policy/language/policy_tree.h"

/* All errors in one run. Several files make one policy. Sources must outlive the tree.
 * NULL only when a text is no YAML at all; else the tree of what could be read, so that
 * policy_resolve can say in the same run what else is wrong. */
const struct policy_tree *policy_read(struct arena *a, const struct source *const *sources,
                                      size_t n_sources, struct diags *d);
