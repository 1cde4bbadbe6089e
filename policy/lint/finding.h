#pragma once
/*
 * A finding: something in the policy, or on a cluster, that somebody should know before it is
 * applied. Made by policy_lint and by whoever else checks (invariants, tests); plain data in the
 * arena of the run, written out by the commands. Any thread.
 */
#include "policy/resolve/policy_resolve.h"

enum lint_severity { LINT_NONE, LINT_INFO, LINT_LOW, LINT_MEDIUM, LINT_HIGH, LINT_CRITICAL };
const char *lint_severity_name(enum lint_severity severity);     /* "high" */
bool lint_severity_of(struct str name, enum lint_severity *ret); /* by its name */

/* Who decides it. */
enum lint_by {
    LINT_BY_LINT,   /* policy_lint */
    LINT_BY_READER, /* an error of the policy itself: it is refused before any lint runs */
    LINT_BY_PROOF,  /* a failed invariant of the policy */
    LINT_BY_NOBODY, /* cannot be decided from what is known of a cluster; explain says why */
};
struct policy_rule { /* a row of rules.tbl.h */
    struct str id, name;
    enum lint_severity severity; /* the worst it comes with */
    enum lint_by by;
    struct str title, why, mend, source;
};
extern const struct policy_rule policy_rules[];
extern const size_t policy_n_rules;
const struct policy_rule *policy_rule_find(struct str id); /* also by its name; NULL */

struct policy_finding_place { /* on one site */
    struct str site;
    bool cluster_wide;
    struct strs namespaces; /* sorted */
};
struct policy_finding {
    const struct policy_rule *rule;
    enum lint_severity severity;
    bool foreign;      /* of what is on a cluster and not ours */
    struct pos pos;    /* the line that causes it; line 0: an object on a cluster, see object */
    struct str object; /* "ClusterRoleBinding ops-admin"; STR_NONE when the policy says it */
    struct str who;    /* as `accept` names it: "role deploy", "team shop", "request debug-prod" */
    struct strs subjects; /* everybody whom it is about, sorted: "team shop", "Group ops" */
    struct policy_finding_place *places; /* by site, in the order of the sites */
    size_t n_places;
    struct strs atoms;        /* the permissions that fire it: "get,list,watch /secrets" */
    struct strs chain;        /* from the subject to the rule, one step a line */
    struct str message, mend; /* a sentence; the smallest edit that clears it */
};
struct policy_findings {
    struct policy_finding *items; /* sorted: file, line, column, then object, rule, who */
    size_t n, cap;
    size_t n_accepted; /* left out because an `accept` names them */
};
/* Several lines, the last with a line feed; at most a few namespaces and subjects are named. */
void policy_finding_text(const struct policy_finding *f, struct buf *out);
