#pragma once
/* Inside of the lints. Only the files of policy/lint include this. */
#include "policy/lint/lint.h"
#include "policy/rbac/access_cells.h"
#include "policy/resolve/resolved.h"

enum check {
#define CHECK(check, ...) CHECK_##check,
#define TERM(...)
#define HIDES(...)
#include "policy/lint/checks.tbl.h"
#undef CHECK
#undef TERM
#undef HIDES
    N_CHECKS
};
_Static_assert(N_CHECKS <= 64, "the checks that fire are bits of one word");
enum lint_place { PLACE_NAMESPACE, PLACE_PRIVILEGED, PLACE_WIDE, N_PLACES };
struct check_row {
    const char *rule;
    enum lint_severity severity[N_PLACES];
};
extern const struct check_row check_rows[N_CHECKS];
static inline uint64_t check_bit(enum check check)
{
    return (uint64_t)1 << check;
}

/* --- checks.c: the questions of the table in one universe, and their answers per permission set */
struct question {
    enum check check;
    unsigned term;
    uint32_t class;          /* ID_NONE: any nameless request for a resource */
    uint64_t verbs;          /* of one word of the class */
    uint32_t word;           /* which */
    bool wide_only;          /* of a cluster-scoped resource: inert in a RoleBinding */
    struct rbac_question as; /* without verb */
    struct str target;       /* "/secrets", "/secrets a" */
};
struct questions {
    const struct access *x;
    const struct universe *u;
    struct question *items; /* sorted by check */
    size_t n, cap;
    size_t first[N_CHECKS + 1];
    uint8_t all_terms[N_CHECKS]; /* a bit per term */
};
struct answers {       /* of one permission set */
    uint64_t fires[2]; /* bound in a namespace, bound cluster-wide */
    uint8_t terms[2][N_CHECKS];
};
void questions_make(struct questions *q, const struct access *x, const struct policy_cluster *c,
                    struct arena *a);
void questions_answer(const struct questions *q, uint32_t set, struct answers *ret);
struct check_at {
    enum check check;
    bool wide;
};
struct sets { /* permission sets, taken together */
    const uint32_t *items;
    size_t n;
};
/* The permissions of the sets that fire the check: "get,list /secrets", compact. */
struct strs questions_atoms(const struct questions *q, struct sets sets, struct check_at at,
                            struct arena *a);
bool questions_fired_by(const struct questions *q, const struct rbac_rule *rule,
                        struct check_at at);
/* Of checks on namespaces themselves: does the role allow it on this one, bound inside of it? */
bool questions_on_itself(const struct questions *q, const struct rbac_object *role,
                         enum check check, struct str namespace);

uint64_t checks_hidden(uint64_t fires); /* those that say nothing beside these */

/* --- lint.c */
struct accept_use {
    struct ids spaces;
    bool used;
    bool running; /* not expired */
};
struct linter {
    const struct policy_lint_input *in;
    const struct policy *p;
    struct arena *arena;
    struct policy_findings *out;
    struct accept_use *accepts; /* beside the tree's */
    struct err *e;
    /* what is looked at now */
    bool foreign;
    const struct policy_lint_site *site;
    const struct policy_cluster *cluster;
    const struct access *x;
    struct questions questions;
    struct answers *answers;   /* by permission set */
    struct str *subject_names; /* by subject of the universe: as accepts name them */
    bool *useful_denies;       /* L43: by deny, in the order of the text */
    struct grant_cover {
        bool seen, needed;
        uint32_t by;
    } *covers;           /* by grant */
    struct intern borne; /* "rule who" of what was accepted */
    struct intern keys;  /* "rule severity who object": findings of several sites are one */
};
/* A finding about `who`, or the one of this rule, severity, who and object that is there already,
 * from another site: then *ret_new is false. */
struct policy_finding *finding_for(struct linter *l, const struct policy_finding *like,
                                   bool *ret_new);
/* One without parts: rule, position, who and a sentence. */
struct policy_finding *finding_plain(struct linter *l, const char *rule, struct pos pos,
                                     struct str who);
void finding_add_place(struct linter *l, struct policy_finding *f, bool wide, struct strs names);
void finding_add_strs(struct linter *l, struct strs *list, struct strs more); /* sorted, unique */
/* The same for what is sorted and lies in the arena: it may become the list itself. */
void finding_add_sorted(struct linter *l, struct strs *list, struct strs more);
/* Is it borne? who: as the finding names it; subject may be absent; namespace empty: cluster-wide.
 */
struct acceptable {
    const char *rule;
    struct str who, subject, namespace;
};
bool accepted(struct linter *l, const struct acceptable *what);
bool has_accepts(const struct linter *l, const char *rule);
/* "policy.yaml:14", or the first of several -> the place in the text; line 0: not found */
struct pos pos_of_src(const struct policy *p, struct str src);
struct str site_name(const struct linter *l);
bool is_privileged(const struct policy_namespace *ns); /* kube-*, lotse-*, and what says so */

/* --- causes.c */
struct causes { /* places in the policy */
    struct pos *items;
    size_t n, cap;
    bool by_base; /* no line of ours gives it, but a ClusterRole it is based on */
};
struct causes causes_of(const struct linter *l, uint32_t role, struct check_at at);

/* --- the parts */
void lint_cells(struct linter *l); /* lint_cells.c: checks.tbl.h over l->x */
void lint_pairs(struct linter *l); /* lint_pairs.c: what only two roles together give */
void lint_live(struct linter *l);  /* lint_live.c: L03 L45 L46 L47 L50 L53 */
const struct access *lint_foreign_access(struct linter *l); /* lint_live.c; NULL: a limit */
void lint_inert(struct linter *l);     /* lint_inert.c: L40 L41 L42 L44 over l->x */
void lint_people(struct linter *l);    /* lint_people.c: L48 L51 L58 */
void lint_text(struct linter *l);      /* lint_text.c: L41 L53 L59 L60 of the policy */
void lint_redundant(struct linter *l); /* lint_redundant.c: L43 */
void lint_redundant_end(struct linter *l);
void lint_selectors(struct linter *l); /* lint_selectors.c: L55 */
bool lint_binder(struct linter *l);    /* lint_binder.c: L56; false: a limit */
bool is_our_binder(const struct linter *l, const struct rbac_object *binding,
                   const struct rbac_subject *subject);
void lint_authn(struct linter *l);    /* lint_authn.c: L52 L60 */
void accepts_begin(struct linter *l); /* accepts.c */
void lint_accepts(struct linter *l);  /* accepts.c: A01 A02 */
bool is_default_subject(const struct rbac_object *binding, const struct rbac_subject *subject);

/* --- subject.c */
void name_subjects(struct linter *l);
/* One place of a role and everybody who holds it there. */
struct strs names_of_bits(const struct linter *l, const uint64_t *subjects);
