#pragma once
/*
 * Sets of questions as bits of a universe, to be held against permission sets: "may any of these be
 * asked with success", "may all of them". Inside of the evaluator, for access*.c and the analyses
 * that walk cells. Pure; any thread.
 */
#include "policy/rbac/access_cells.h"

struct permission_pattern {
    struct strs verbs;                       /* "*": every verb; "x:*": every verb that begins so */
    struct str group, resource, subresource; /* group "*", resource "*": as in an RBAC rule */
    struct strs names;                       /* none: any name, and none */
    bool known_only;                         /* only what the discovery has */
};
struct permission_mask { /* the words that are not 0 */
    uint32_t *at;
    uint64_t *bits;
    size_t n;
};
/* Adds the classes of every question of the pattern to words (as many as a permission set has). */
void mask_paint(const struct universe *u, const struct permission_pattern *p, uint64_t *words);
void mask_paint_all(const struct universe *u, uint64_t *words);
/* Words of a permission set: what is not inert in a namespace: no URLs, no cluster-scoped
 * resources; of the namespace itself what carries its name (get, update, patch, delete), and `bind`
 * of ClusterRoles. */
uint64_t *mask_namespaced(const struct universe *u, struct arena *a);
size_t mask_words(const struct universe *u);
struct permission_mask mask_of(struct arena *a, const uint64_t *words, size_t n_words);
bool mask_meets(const struct permission_mask *mask, const uint64_t *words);
bool mask_within(const struct permission_mask *mask, const uint64_t *words);

/* A question of one class and verb, back in words. How good an example it is: */
enum question_kind {
    QUESTION_KNOWN, /* a resource of the discovery */
    QUESTION_NAMED, /* one, with a name that a rule spells */
    QUESTION_URL,
    QUESTION_SPELT,  /* a resource that only a rule spells */
    QUESTION_FUTURE, /* nothing of today: only wildcards match it */
    QUESTION_UNREAL, /* a class that no request falls into */
};
enum question_kind universe_question(const struct universe *u, struct arena *a, uint32_t class,
                                     uint32_t verb, struct rbac_question *ret);
