#pragma once
/*
 * Inside of the evaluator: the universe of all questions, cut into classes that no rule tells
 * apart. Only universe*.c and access*.c include this.
 *
 * A resource class is (group, resource with subresource, subresource, name). Group, resource and
 * name are either one spelt somewhere or "other"; the subresource is told apart only where a rule
 * says "*" "/" sub. A URL class is one spelt path, or what begins with one spelt prefix and no
 * longer one.
 */
#include "policy/rbac/access.h"

struct target {                    /* a resource class without its names */
    uint32_t group, resource, sub; /* ids; ID_NONE: any other (sub: none that a rule tells apart) */
    uint32_t first;                /* its first class */
    uint32_t
        *names; /* ids that rules with resourceNames tell apart; the class behind them is "other" */
    size_t n_names, cap_names;
    bool namespaced, known; /* by the discovery */
};
struct target_list {
    uint32_t *items;
    size_t n, cap;
};
struct universe {
    struct arena *arena;
    const struct rbac_set *const *sets;
    size_t n_sets;
    struct intern verbs, groups, resources, subs, names;
    struct intern urls, url_prefixes;
    struct intern subject_groups, subject_users, subject_accounts; /* accounts by their user name */
    struct intern namespaces;                                      /* 0: cluster-wide, "" */
    const uint32_t ***subjects; /* by set, object, subject: its code, looked up once */
    struct target *items;       /* targets */
    size_t n, cap;
    uint32_t *slots; /* hash of (group, resource, sub) -> target + 1 */
    size_t n_slots;
    struct target_list *by_group, *by_resource,
        *by_sub; /* targets; by_group[groups.n]: other groups */
    uint32_t n_classes, first_url;
    size_t words; /* 64-bit words per class: a bit per verb, the last verb is "other" */
};
struct verb_mask {
    uint64_t *w;
};

/* A subject by its kind and its number among those of this kind; ID_NONE matches nobody. */
enum { SUBJECT_GROUP = 0, SUBJECT_USER = 1, SUBJECT_ACCOUNT = 2, SUBJECT_SHIFT = 30 };
static inline uint32_t subject_code(uint32_t kind, uint32_t id)
{
    return id == ID_NONE ? ID_NONE : kind << SUBJECT_SHIFT | id;
}

uint32_t target_find(const struct universe *u, uint32_t group, uint32_t resource, uint32_t sub);
/* The class of a question; never fails: everything is in some class. */
uint32_t universe_class(const struct universe *u, const struct rbac_question *q);
uint32_t universe_verb(const struct universe *u, struct str verb);
/* Calls visit for each target that a rule's groups and resources match. */
void universe_visit(const struct universe *u, const struct rbac_rule *rule,
                    void (*visit)(void *context, uint32_t target), void *context);
/* universe_subjects.c: names and numbers of the subjects and namespaces of all bindings */
void universe_spell_subjects(struct universe *u);
