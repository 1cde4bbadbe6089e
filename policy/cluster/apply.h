#pragma once
/*
 * Carries out a plan against one API server. Nothing is ever half done: each step is one write that
 * either happened or did not, and running apply again goes on where the last one ended. What others
 * changed meanwhile is read again, never overwritten blindly (resourceVersion).
 */
#include "policy/cluster/api.h"
#include "policy/cluster/plan.h"
#include "policy/rbac/manifest.h"

enum apply_outcome {
    APPLY_DONE,
    APPLY_ALREADY, /* somebody (an earlier try of ours) has done it */
    APPLY_SKIPPED, /* the namespace is gone */
    APPLY_FOREIGN, /* the name is taken by an object that is not ours: left alone */
    APPLY_REFUSED, /* the API server does not want it; e says why */
};
struct apply {
    struct api *api;
    struct arena *arena; /* for one step */
    bool dry_run;        /* the server checks and writes nothing */
    struct str written; /* out, after DONE: the object as the server now has it; not after delete */
};
/* -1: the API server cannot be reached, or keeps failing; e says which object. */
must_check int apply_step(struct apply *apply, const struct step *step, enum apply_outcome *ret,
                          struct err *e);

/* --- apply_json.c: the body of a PATCH: the whole wanted object as a merge patch (RFC 7396) on
 * exactly this version */
must_check int apply_json_patch(const struct rbac_object *want, const struct rbac_object *have,
                                struct buf *out, struct err *e);
void apply_json_delete(const struct rbac_object *have, struct buf *out);

/* --- objects of other kinds, compared as a whole */
struct manifest_step {
    const struct manifest *want;
    enum manifest_change { MANIFEST_SAME, MANIFEST_CREATE, MANIFEST_UPDATE } change;
    struct str have; /* the live object, JSON */
};
/* Reads what is live. -1: e. */
must_check int manifest_look(struct api *api, struct arena *a, const struct manifest *want,
                             struct manifest_step *ret, struct err *e);
must_check int manifest_apply(struct apply *apply, const struct manifest_step *step,
                              enum apply_outcome *ret, struct err *e);
/* "update ValidatingAdmissionPolicy lotse-owned-objects" */
void manifest_describe(const struct manifest_step *step, bool done, struct buf *out);

/* --- apply_json.c */
/* Does the live object hold what is wanted, no more and no less (status and metadata apart)? */
must_check int manifest_json_same(struct str want, struct str have, bool *ret, struct err *e);
/* The live object with the wanted content, for PUT: its metadata stay, with our label. */
must_check int manifest_json_merge(struct str want, struct str have, struct buf *out,
                                   struct err *e);
/* Who the API server takes us for (SelfSubjectReview). */
struct api_self {
    struct str username;
    struct strs groups;
};
must_check int api_json_self(struct str body, struct arena *a, struct api_self *ret, struct err *e);
must_check int api_self(struct api *api, struct arena *a, struct api_self *ret, struct err *e);
