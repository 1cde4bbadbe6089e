#pragma once
/*
 * Carries out a plan against one API server. Nothing is ever half done: each step is one write that
 * either happened or did not, and running apply again goes on where the last one ended. What others
 * changed meanwhile is read again, never overwritten blindly (resourceVersion).
 */
#include "policy/cluster/api.h"
#include "policy/cluster/plan.h"

enum apply_outcome {
    APPLY_DONE,
    APPLY_ALREADY, /* somebody (an earlier try of ours) has done it */
    APPLY_SKIPPED, /* the namespace is gone */
    APPLY_FOREIGN, /* the name is taken by an object that is not ours: left alone */
};
struct apply {
    struct api *api;
    struct arena *arena; /* for one step */
    bool dry_run;        /* the server checks and writes nothing */
};
/* -1: the API server refused or cannot be reached; e says which object. */
must_check int apply_step(const struct apply *apply, const struct step *step,
                          enum apply_outcome *ret, struct err *e);

/* --- apply_json.c: the body of a PATCH: the whole wanted object as a merge patch (RFC 7396) on
 * exactly this version */
must_check int apply_json_patch(const struct rbac_object *want, const struct rbac_object *have,
                                struct buf *out, struct err *e);
void apply_json_delete(const struct rbac_object *have, struct buf *out);
