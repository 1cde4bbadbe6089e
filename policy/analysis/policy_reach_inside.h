#pragma once
/* Inside of reach: the ways as masks, and one closure. Only policy_reach*.c include this. */
#include "policy/analysis/policy_reach.h"
#include "policy/rbac/universe_mask.h"
#include "policy/resolve/resolved.h"

enum reach_gain {
    GAIN_ACCOUNTS,      /* every service account of the namespace, its secrets and configmaps */
    GAIN_ACCOUNT_NAMED, /* those with the names of the first need */
    GAIN_USER_NAMED,
    GAIN_GROUP_NAMED,
    GAIN_ROLE_NAMED, /* a role, in the namespace */
    GAIN_NAMESPACE,  /* everything in the namespace */
    GAIN_READS,      /* the secrets and configmaps of the namespace */
    GAIN_PRIVILEGED, /* everything, where the namespace's label allows privileged pods */
    GAIN_ALL,
};
#define REACH_NEEDS_MAX 3
struct reach_edge {
    const char *name, *needs, *why, *source;
    enum reach_gain gain;
};
extern const struct reach_edge reach_edges[];
extern const size_t reach_n_edges; /* at most 64 */

struct need { /* one part of `needs`, the same part once for all edges */
    struct permission_mask full, inside;
    struct str text;
};
struct reach {
    struct arena *a;
    const struct access *x;
    const struct policy_cluster *cluster;
    struct need *needs; /* at most 64 */
    size_t n_needs;
    uint64_t *edge_needs;                   /* by edge: bits of needs */
    uint32_t (*edge_need)[REACH_NEEDS_MAX]; /* by edge: its needs in order; ID_NONE */
    uint32_t everything, reads;             /* permission sets beside those of x */
    uint64_t *everything_words, *reads_words;
    uint64_t *full, *inside; /* by permission set: which needs it meets */
    struct ids *accounts;    /* by namespace of the universe: subjects; 0: all */
    struct intern elsewhere; /* namespaces where nothing is bound but service accounts come from */
    bool *privileged;        /* by namespace of the universe */
    uint32_t authenticated, all_accounts; /* groups; ID_NONE */
    bool account_groups;                  /* anything is bound to the accounts of one namespace */
    uint32_t control_plane;               /* kube-system in the universe; ID_NONE */
};

struct hold { /* a permission set in a namespace */
    uint32_t namespace, set;
    uint32_t subject; /* whose; ID_NONE: given by the step itself */
    uint32_t step;    /* that gave it; ID_NONE: from the start */
    uint32_t start;   /* the subject it begins with, when step is ID_NONE */
};
struct step {
    uint32_t edge, namespace;
    uint32_t inputs[REACH_NEEDS_MAX]; /* holds */
};
struct row { /* what is held in one namespace */
    uint64_t needs, fired;
    uint32_t holder[64]; /* by need: a hold */
    struct ids holds;
};
struct closure {
    const struct reach *r;
    struct arena *a;
    struct {
        struct hold *items;
        size_t n, cap;
    } holds;
    struct {
        struct step *items;
        size_t n, cap;
    } steps;
    struct row **rows;     /* by namespace; NULL: nothing held */
    struct ids namespaces; /* that have a row */
    bool *in;              /* by subject */
    bool everything;       /* all of the cluster is held */
};
const uint64_t *reach_words(const struct reach *r, uint32_t set);
void reach_close(struct closure *c, const uint32_t *subjects, size_t n);
/* The names a hold is restricted to for a need; false: any name. */
bool reach_names(const struct closure *c, const struct hold *h, uint32_t need, struct strs *ret);

/* --- policy_reach_path.c */
struct strs reach_steps(const struct closure *c, const struct ids *goals);
/* Everything that was gained; the same way in several namespaces is one line. */
struct strs reach_gains(const struct closure *c);
struct ids reach_starts(const struct closure *c, const struct ids *goals);
/* The first request of the way. */
void reach_first(const struct closure *c, const struct ids *goals, struct reach_answer *ret);
