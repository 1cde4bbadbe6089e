#pragma once
/*
 * What people gain and lose between two policies, two directories, two sets of objects or two
 * moments, on one site: in sentences. And the proof beside it: whether anybody at all could notice,
 * also people who do not exist yet.
 */
#include "policy/analysis/policy_people.h"

struct policy_compare { /* fill before, after, access_*; the rest is policy_compare_begin's */
    struct policy_at before, after;                    /* one arena */
    const struct access *access_before, *access_after; /* of one universe */
    struct access_profiles *profiles;
    struct intern names;
};
void policy_compare_begin(struct policy_compare *c);

struct policy_sentence { /* these people gain (or lose) this in these namespaces */
    bool gained;
    struct strs people;     /* sorted */
    struct strs namespaces; /* sorted; the first is "" when it is the whole cluster */
    struct str what;        /* "exec, read secrets" */
    struct access_lines permissions;
    struct strs because; /* "policy.yaml:30", "no longer in cn=pay-qa", ... */
};
struct policy_sentences {
    struct policy_sentence *items;
    size_t n, cap;
};
/* Of people: the directory's of both sides, those of `add`, users that bindings name. */
struct policy_sentences policy_person_diff(struct policy_compare *c);
/* Of everybody who could be: `people` are "anybody in cn=pay-dev", "x.leaver, if in cn=shop-dev".
 * What a person gets is the union over their groups, so when no single group and no name in `add`
 * or `drop` changes anything, no person there could ever be notices the change. */
struct policy_sentences policy_possible_diff(struct policy_compare *c);
/* "+3 people gain exec in 4 namespaces: a, b, c (pay-api, pay-db, ...)" */
void policy_sentence_write(const struct policy_sentence *s, struct buf *out);
/* Every moment after now_ms at which a grant or an `add` of the policy ends; appended. */
struct policy_moments {
    int64_t *items; /* sorted, each once */
    size_t n, cap;
};
void policy_moments_add(const struct policy *p, int64_t now_ms, struct arena *a,
                        struct policy_moments *out);
/* Why a person is in a team: the `add`, or the group of the directory; and where it is written.
 * STR_NONE: they are not. */
struct str policy_membership(const struct policy_at *at, struct str username, uint32_t team);
/* A group of tokens that only the policy decides about: its holders are its teams' people, at the
 * moments of its grants. What else bindings name has holders whom nobody here knows. */
bool policy_group_is_minted(const struct policy_at *at, struct str group);
/* A request mints it on approval. */
bool policy_group_is_offered(const struct policy_at *at, struct str group);
