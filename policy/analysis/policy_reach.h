#pragma once
/*
 * Reach: what a token can get at by detours. Whoever can create workloads in a namespace has its
 * service accounts; whoever may impersonate, bind, approve certificates or change webhooks has
 * more. The ways are rows (reach_edges.tbl.h); the closure is the least fixpoint over what is held
 * in which namespace, on the objects of one site as they would be after an apply.
 *
 * It errs on the side of reaching: a pod is assumed to run under every service account of its
 * namespace, a readable secret to hold a token, an operator to do everything its resources can ask
 * for. Not seen: service accounts' rights outside of the cluster, containers that break out of
 * their sandbox (pod security is assumed to be enforced, except where a namespace's label says
 * "privileged"). Pure; one thread per arena.
 */
#include "policy/analysis/policy_prove.h"

struct reach; /* the ways of one site, worked out once */
const struct reach *reach_new(struct arena *a, const struct access *x,
                              const struct policy_cluster *cluster);

struct reach_goal {
    struct str role;              /* name of a ClusterRole; STR_NONE: everything there is */
    bool cluster_wide;            /* else in one of the namespaces */
    const struct str *namespaces; /* NULL: in any */
    size_t n_namespaces;
};
struct reach_answer {
    bool reached;
    struct strs steps; /* the shortest way found, or without a goal everything that was gained */
    const uint32_t *starts; /* which of the subjects the way begins with */
    size_t n_starts;
    struct str where; /* the namespace; empty: cluster-wide */
    uint32_t subject; /* who begins it, and with what request; ID_NONE: it needs none */
    struct rbac_question first;
};
/* subjects: numbers of the universe (access_subject), together one token; everybody's groups
 * (system:authenticated) come on top. goal NULL: everything. */
struct reach_answer reach_ask(const struct reach *r, const uint32_t *subjects, size_t n,
                              const struct reach_goal *goal, struct arena *a);

/* --- by name, on every site that has data */
struct prove_reach_way {
    uint32_t site;
    struct str who; /* "team payments", "Group lotse:team:payments", ... */
    struct reach_answer answer;
};
struct prove_reach_ways {
    struct prove_reach_way *items;
    size_t n, cap;
};
/* who: a username, "team:NAME", a group with its prefix, NAMESPACE/ACCOUNT, or "everybody" (then
 * each subject that reaches it, and nothing of those that do not). to: a role of the policy, or
 * "cluster-admin"; STR_NONE: everything gained. -1: no such name, e has the nearest. */
must_check int policy_reach_ways(const struct policy_proving *in, struct str who, struct str to,
                                 struct prove_reach_ways *ret, struct err *e);
