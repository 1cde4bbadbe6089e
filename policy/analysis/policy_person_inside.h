#pragma once
/* Inside of the person-level diff: who changes, grouped. Only policy_person_*.c include this. */
#include "policy/analysis/policy_person_diff.h"
#include "policy/resolve/resolved.h"

struct holder { /* somebody who changes */
    struct str label, username;
    const struct str *group; /* imagined: just this one of the directory */
    bool imagined;
    struct access_profile before, after;
};
struct group {
    bool gained;
    uint32_t set;
    struct ids namespaces, holders;
};
struct grouper {
    struct policy_compare *c;
    struct arena *arena;
    bool without_reasons;
    struct {
        struct holder *items;
        size_t n, cap;
    } holders;
    struct intern keys;
    struct {
        struct group *items;
        size_t n, cap;
    } groups;
};
struct reasons {
    struct str *items;
    size_t n, cap;
};
struct grouper people_grouper(struct policy_compare *c);
void people_add_holder(struct grouper *g, const struct holder *h);
struct policy_sentences people_sentences(struct grouper *g);
/* Why this one gains or loses what the group does. */
void people_reasons(struct grouper *g, const struct group *group, const struct holder *h,
                    struct reasons *out);
struct str people_group_name(struct str id); /* "cn=pay-dev" of a DN */
