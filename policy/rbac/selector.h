#pragma once
/*
 * Label selectors as Kubernetes reads them (apimachinery/pkg/labels, metav1.LabelSelector): a list
 * of requirements that must all hold. The text form "a=b,c in (d,e),!f" and the object form
 * (matchLabels, matchExpressions) become the same struct. Pure; any thread.
 *
 * Absent labels: In and Exists need the label; NotIn and DoesNotExist hold without it.
 */
#include "base/err.h"
#include "base/words.h"

enum selector_op { SELECTOR_IN, SELECTOR_NOT_IN, SELECTOR_EXISTS, SELECTOR_NOT_EXISTS };
struct selector_requirement {
    struct str key;
    enum selector_op op;
    struct strs values; /* sorted, unique; In and NotIn only */
};
struct selector { /* all of them; an empty one matches every object */
    struct selector_requirement *items;
    size_t n, cap;
};

/* a, !a, a=b, a==b, a!=b, a in (b,c), a notin (b,c), separated by commas; an empty text is the
 * empty selector. > and < are refused: selectors of objects do not know them. */
must_check int selector_parse(struct str text, struct arena *a, struct selector *ret,
                              struct err *e);
/* Adds one requirement after checking it as the API server does: key and values are labels, In and
 * NotIn have values, the others none. */
must_check int selector_add(struct selector *s, const struct selector_requirement *r,
                            struct arena *a, struct err *e);
bool selector_matches(const struct selector *s, const struct str_pairs *labels);
/* No set of labels whatsoever can meet it: "a=b,a=c", "a,!a". The key that contradicts itself, or
 * STR_NONE. Exact. */
struct str selector_contradiction(const struct selector *s, struct arena *a);
/* The text form, canonical: sorted by key, duplicates left out. */
void selector_write(const struct selector *s, struct buf *out);
bool is_label_key(struct str s);   /* [prefix/]name, as validation.IsQualifiedName */
bool is_label_value(struct str s); /* as validation.IsValidLabelValue; empty is one */
bool is_subdomain(struct str s);   /* RFC 1123: names of most objects; at most 253 */
