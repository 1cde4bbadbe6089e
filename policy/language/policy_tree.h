#pragma once
/*
 * The policy as written: a typed tree, every word with its place. Made by policy_read, immutable
 * afterwards. Nothing in here is looked up yet: names are texts.
 */
#include "base/words.h"

#define TIME_NONE INT64_MIN

struct policy_time {
    int64_t ms; /* TIME_NONE: not written */
    struct pos pos;
};
struct policy_target { /* "apps/deployments", "/pods/log" */
    struct str group, resource, subresource;
    struct pos pos;
};
struct policy_permission { /* "get,list apps/deployments,/pods names a,b" */
    struct pos pos;
    struct words verbs; /* as written; {"*"} is all of the standard verbs in `can`, and every verb
                           in `deny` */
    struct policy_target *targets;
    size_t n_targets, cap_targets;
    struct words names;
};
struct policy_permissions {
    struct policy_permission *items;
    size_t n, cap;
};

struct policy_site { /* the named entries begin with their name */
    struct word name, audience;
    struct str_pairs labels;
    bool broken; /* an error was reported inside: what is missing is no error of its own */
};
struct policy_ldap {
    struct pos pos;
    struct word base; /* DN */
    bool nested;
    int64_t max_age;    /* ms */
    int64_t drop_guard; /* percent */
};
struct policy_add {
    struct word person, reason;
    struct policy_time until;
};
struct policy_adds {
    struct policy_add *items;
    size_t n, cap;
};
struct policy_team {
    struct word name, lead;
    struct words from, drop;
    struct policy_adds add;
    int64_t max; /* people; 0: no limit */
    bool broken;
};
struct policy_role {
    struct word name, base;
    struct policy_permissions can, deny;
    bool sensitive, cluster, broken;
};
struct policy_space {
    struct word name;
    struct words names, not, at;
    struct str_pairs label;
    bool broken;
};
struct policy_grant {
    struct pos pos;
    struct word team, role, by, reason;
    struct words in, at;
    struct policy_time until;
    bool broken;
};
struct policy_test {
    struct pos pos;
    struct word as, in, is, why;
    struct policy_permissions can;
    struct policy_time at;
    bool broken;
};

/* --- just-in-time access: asked for, approved, minted into a token; no cluster write */
struct policy_stage { /* `approve: {1: [lead], 2: [platform]}`: so many people of these, and so many
                         of those; one person counts once */
    struct pos pos;
    int64_t count;
    struct words by; /* "lead" (of the team that asks), or teams */
};
struct policy_stages {
    struct policy_stage *items;
    size_t n, cap;
};
struct policy_request {
    struct word name;
    struct word who, role; /* a team; a role */
    struct words in, at;   /* spaces (none when the role is cluster-wide); sites */
    int64_t max;           /* ms */
    struct policy_stages approve;
    struct word reason; /* "ticket", "text": what the person has to give; absent: text */
    bool broken;
};
struct policy_breakglass {
    struct word name;
    struct word who, role;
    struct words at;
    int64_t max;      /* ms; at most 30 min */
    struct word mfa;  /* "fido2" */
    struct word page; /* whom it wakes */
    int64_t review;   /* ms: looked at afterwards within this time */
    bool broken;
};
struct policy_ci { /* either issuer + match (OIDC tokens of a CI system) or sa (a service account)
                    */
    struct word name;
    struct word issuer, audience;
    struct str_pairs match; /* claim -> value; flags as "true"/"false"; * as in globs */
    struct word sa;         /* namespace/name */
    int64_t token;          /* ms: longest life of its tokens; 0: not written */
    struct word role;
    struct words in, at;
    bool broken;
};

/* --- what must never, and what must always be possible */
enum policy_who_kind {
    WHO_ANY,        /* every possible subject, not only today's people */
    WHO_TEAM,       /* team NAME */
    WHO_EACH_TEAM,  /* each team, for itself */
    WHO_ONE_PERSON, /* one person must not have all of `can` together (separation of duties) */
    WHO_PERSON,     /* a username */
};
struct policy_who {
    struct pos pos;
    enum policy_who_kind kind;
    struct word name; /* of WHO_TEAM, WHO_PERSON */
    struct words
        except; /* of WHO_ANY: "ci", names of ci entries, teams, roles (whoever holds them) */
};
struct policy_duty { /* one thing of an invariant's `can` */
    struct pos pos;
    bool everything;                      /* "*": any permission at all */
    struct policy_permissions permission; /* one, or none when it is an approval */
    struct word in;                       /* "... in SPACE": only in this space; may be absent */
    struct word approve;                  /* "approve REQUEST" */
};
struct policy_duties {
    struct policy_duty *items;
    size_t n, cap;
};
struct policy_invariant { /* an entry of never or always */
    struct pos pos;
    bool always;
    struct word id;
    struct policy_who who;
    struct policy_duties can;         /* one of can and reach */
    struct word reach;                /* a role: all of its permissions, also by detours */
    struct words in;                  /* spaces, label=value or names of sites, SITE:NAMESPACE, or
                                         "own": where the team has standing grants. None: all */
    struct policy_permissions except; /* does not count */
    bool broken;
};
struct policy_accept { /* a lint finding that is known and borne for a while */
    struct pos pos;
    struct word id;  /* L13 */
    struct word who; /* the subject as the finding names it: team NAME, role NAME, ...; "any" */
    struct words in; /* spaces; none: everywhere */
    struct policy_time until;
    struct word reason, by;
    bool broken;
};

/* --- several files: each may belong to a team, and may then only say what is the team's */
struct policy_include {
    struct pos pos;
    struct word file;            /* relative to the file that says it; no "..", not absolute */
    struct word team;            /* absent: the platform's, may say everything */
    struct words spaces, roles;  /* what a team's file may give */
    const struct source *source; /* NULL: it could not be read */
    bool broken;
};

#define POLICY_VEC(type) \
    struct { \
        struct type *items; \
        size_t n, cap; \
    }
#define POLICY_SITES_MAX  64
#define POLICY_STAGES_MAX 8  /* of one request */
#define POLICY_DUTIES_MAX 12 /* of `one person`: every subset of them is looked at */
enum {
    TREE_SITES = 1,
    TREE_TEAMS = 2,
    TREE_ROLES = 4,
    TREE_SPACES = 8,
    TREE_REQUESTS = 16,
    TREE_CI = 32,
    TREE_ALL = 63
};

struct policy_tree {
    const struct source *const *sources; /* included ones behind those that include them */
    size_t n_sources;
    unsigned unreadable; /* TREE_*: the section as a whole; names of it are then not looked up */
    struct policy_ldap ldap;
    POLICY_VEC(policy_site) sites;
    POLICY_VEC(policy_team) teams;
    POLICY_VEC(policy_role) roles;
    POLICY_VEC(policy_space) spaces;
    POLICY_VEC(policy_grant) grants;
    POLICY_VEC(policy_test) tests;
    POLICY_VEC(policy_request) requests;
    POLICY_VEC(policy_breakglass) breakglass;
    POLICY_VEC(policy_ci) ci;
    POLICY_VEC(policy_invariant) invariants; /* never and always, in the order of the text */
    POLICY_VEC(policy_accept) accepts;
    POLICY_VEC(policy_include) includes;
};
