#pragma once
/* The policy's files, from the disk or out of a signed bundle. */
#include "policy/cli/run.h"

/* What a bundle holds gets names like "policy.bundle/teams/payments.yaml". in_force: this is the
 * policy that the run is about, so that --last-good counts. NULL: s->err when its class is set,
 * else d. */
const struct policy_tree *policy_files_read(struct run *s, const struct strs_vec *files,
                                            bool in_force, struct diags *d);
struct policy_disk {
    struct arena *arena;
    const struct strs_vec *given; /* files named by hand: what they include lies below them */
};
/* struct policy_loader's, over the disk; context: a policy_disk. Links may not lead out of the
 * folders of the given files. */
const struct source *policy_file_from_disk(void *context, struct str path, struct err *e);
