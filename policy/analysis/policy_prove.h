#pragma once
/*
 * Proving `never` and `always`: over every possible token, every site that has data and every date.
 *
 * Why deciding it subject by subject is exact: RBAC never denies, so what a token may do is the
 * union of what its subjects (user, groups, service account) may do. A single permission is
 * therefore allowed to some token exactly when it is allowed to one subject of one binding; no
 * combination of groups adds anything. Dates drop out: a time-boxed grant and a request bind their
 * group for good, only the token carries it for a while. What needs several permissions at once is
 * decided otherwise: separation of duties by person (policy_sod.h), `reach` from all subjects
 * together (policy_reach.h).
 *
 * What it does not see: namespaces that are not there yet, except through what is held cluster-wide
 * and the first one of each space that is empty (policy_prove_later); authorizers beside RBAC
 * (system:masters, the node authorizer); and the subjects of Kubernetes' own default bindings,
 * which belong to the control plane: they are counted and left out. Pure; one thread per arena.
 */
#include "policy/rbac/access.h"
#include "policy/resolve/policy_resolve.h"

struct policy_proving {
    const struct policy *policy;
    /* One per site, in the order of the sites; NULL: no data. The cells of what the policy emits,
     * or of all that the cluster would hold after an apply (then foreign bindings count too). */
    const struct access *const *accesses;
    int64_t now_ms; /* only who is named as an example depends on it */
    struct arena *arena;
    bool binder_left_out; /* the cells are without the binder, which admission policies hold */
};

enum prove_status {
    PROVE_KEPT,
    PROVE_BROKEN,
    PROVE_NO_DATA, /* none of the sites it speaks of has data: nothing is proven */
};

/* One request that shows it, from the person to the line that allows it. */
struct prove_example {
    uint32_t site;
    struct str user;   /* as the API server sees it: with the prefix */
    struct str person; /* the username when the directory has somebody who can carry the groups */
    struct strs groups;
    struct rbac_question question;
    bool future;                /* no such resource, verb or namespace is known today */
    bool missing;               /* `always`: this is what is not allowed */
    uint32_t team;              /* who carries the group; ID_NONE: no team */
    struct str directory_group; /* through which the person is in the team; may be absent */
    struct rbac_reason reason;  /* subject <- binding <- role <- rule; empty when missing */
    struct strs chain;          /* one line per link, each with its file:line where it has one */
    /* kubectl auth can-i ...: answers "yes" (missing: "no"). What the cluster does not have yet is
     * asked by a SubjectAccessReview, which answers "true" ("false"). */
    struct str command;
};
/* `one person`: somebody who can have all of it. */
struct prove_person {
    struct str person;  /* absent: nobody known; a person in all of `teams` */
    struct strs teams;  /* sorted; of nobody known: no fewer have it all */
    struct strs routes; /* one per thing of `can`: "held through team payments (...)" */
};
struct prove_result {
    const struct policy_invariant *invariant;
    enum prove_status status;
    uint64_t sites;      /* bit per site: looked at */
    size_t n_asked;      /* cells, or people */
    size_t n_broken;     /* of them; 0 when kept */
    struct strs assumed; /* what the answer rests on besides the data; one sentence each */
    const struct prove_example *example; /* NULL: kept, or see people or steps */
    const struct prove_person *people;   /* `one person`: all of them */
    size_t n_people;
    struct strs steps; /* `reach`: the shortest way, step by step */
    bool later;        /* not today: once an empty space has a namespace */
    struct str text;   /* one line: what is broken; STR_NONE when kept */
};
struct prove_results { /* in the order of the policy */
    struct prove_result *items;
    size_t n, cap, n_broken;
    size_t n_control_plane; /* subjects of Kubernetes' own bindings, left out */
};
struct prove_results policy_prove_all(const struct policy_proving *in);
/* Every `always` as of now_ms: what a running time-boxed grant, or an `add` for a time, gives
 * counts as well, so that one may be kept here that policy_prove_all breaks, and break when the
 * grant ends. A `never` is left out (PROVE_NO_DATA): all that a moment does in a policy is to end
 * access, so none that is kept once is broken later. */
struct prove_results policy_prove_moment(const struct policy_proving *in);
/* later: the same policy, as if the first namespace of each empty space were there. What is kept
 * now and not then becomes broken. */
void policy_prove_later(struct prove_results *now, const struct policy_proving *later);
/* "never no-secret-read", as it is called everywhere */
struct str prove_name(const struct policy_invariant *invariant, struct arena *a);
/* A `can` invariant proves the direct right; this is said beside it when the right is one that
 * workloads have indirectly. STR_NONE: nothing to say. */
struct str prove_honesty(const struct policy_invariant *invariant);
