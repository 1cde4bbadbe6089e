#pragma once
/*
 * The layout of a policy: two spaces for each level, one space where one is enough, entries of a
 * section aligned, no blank lines in a row. Comments stay, and so do the writer's own line breaks.
 */
#include "base/diag.h"

/* The text laid out, in the arena; the same text again when it is already. What it says stays the
 * same: that is checked. False: it is no YAML, see d. */
bool policy_format(struct arena *a, const struct source *source, struct diags *d, struct str *ret);
