/* Checks with several terms that no role fires alone, but two roles of one subject together, also
 * one bound in the namespace and one bound cluster-wide. */
#include "policy/lint/lint_inside.h"

struct pairs {
    struct linter *l;
    bool *is_role;    /* by permission set: some role is exactly this */
    uint64_t several; /* the checks with more than one term */
};
struct found { /* of one subject and one check */
    struct {
        struct str *items;
        size_t n, cap;
    } namespaces;
    bool wide;
    uint32_t sets[2]; /* of the first place: there, and cluster-wide */
    uint32_t namespace;
};

static uint64_t fires_together(const struct pairs *p, uint32_t inside, uint32_t wide)
{
    const struct linter *l = p->l;
    uint64_t out = 0;
    for (unsigned c = 0; c < N_CHECKS; c++)
        if (p->several & check_bit((enum check)c)) {
            unsigned terms =
                l->answers[inside].terms[0][c] | (unsigned)l->answers[wide].terms[1][c];
            if (terms == l->questions.all_terms[c])
                out |= check_bit((enum check)c);
        }
    return out;
}

static bool binds(const struct linter *l, const struct rbac_object *b, uint32_t subject)
{
    for (size_t i = 0; i < b->n_subjects; i++)
        if (access_subject(l->x->u, &b->subjects[i], b->namespace, l->arena) == subject)
            return true;
    return false;
}

/* What the roles of the subject in this place fire one by one. */
static uint64_t fires_alone(const struct linter *l, uint32_t subject, uint32_t namespace)
{
    const struct access *x = l->x;
    uint64_t out = 0;
    for (unsigned k = 0; k < 2; k++) {
        uint32_t at = k ? namespace : 0;
        for (size_t i = 0; i < x->bindings[at].n && (k == 0 || namespace != 0); i++) {
            uint32_t object = x->bindings[at].items[i];
            const struct rbac_object *role = x->roles[object];
            if (binds(l, &x->set->items[object], subject))
                out |= l->answers[x->role_sets[role - x->set->items]].fires[at == 0];
        }
    }
    return out;
}

static void fill_chain(const struct linter *l, uint32_t subject, const struct found *found,
                       enum check check, struct policy_finding *f)
{
    const struct access *x = l->x;
    struct str *chain = ARENA_ARRAY(
        l->arena, 2 * (x->bindings[0].n + x->bindings[found->namespace].n) + 1, struct str);
    size_t n = 0;
    chain[n++] = l->subject_names[subject];
    for (unsigned k = 0; k < 2; k++) {
        uint32_t at = k ? found->namespace : 0;
        for (size_t i = 0; i < x->bindings[at].n && (k == 0 || at != 0); i++) {
            const struct rbac_object *b = &x->set->items[x->bindings[at].items[i]];
            const struct rbac_object *role = x->roles[x->bindings[at].items[i]];
            if (!binds(l, b, subject) ||
                !l->answers[x->role_sets[role - x->set->items]].terms[at == 0][check])
                continue;
            chain[n++] =
                arena_fmt(l->arena, "%s %.*s%s%.*s on %.*s%s%.*s", rbac_kind_name(b->kind),
                          STR_F(b->name), b->namespace.n ? " in " : "", STR_F(b->namespace),
                          STR_F(site_name(l)), b->src.n ? ", given by " : "", STR_F(b->src));
            if (f->pos.line == 0 && !l->foreign)
                f->pos = pos_of_src(l->p, b->src);
            if (l->foreign && f->object.n == 0)
                f->object = arena_fmt(l->arena, "%s %.*s", rbac_kind_name(b->kind), STR_F(b->name));
        }
    }
    f->chain = (struct strs){chain, n};
}

static void report(const struct pairs *p, uint32_t subject, enum check check,
                   const struct found *found)
{
    struct linter *l = p->l;
    const struct check_row *row = &check_rows[check];
    enum lint_place place = found->wide ? PLACE_WIDE : PLACE_NAMESPACE;
    struct policy_finding like = {.rule = policy_rule_find(STR_C(row->rule)),
                                  .severity = row->severity[place],
                                  .foreign = l->foreign,
                                  .who = l->subject_names[subject]};
    if (like.severity == LINT_NONE)
        return;
    fill_chain(l, subject, found, check, &like);
    bool new;
    struct policy_finding *f = finding_for(l, &like, &new);
    const struct check_at at = {check, found->wide};
    finding_add_strs(l, &f->atoms,
                     questions_atoms(&l->questions, (struct sets){found->sets, 2}, at, l->arena));
    finding_add_strs(l, &f->subjects, (struct strs){&l->subject_names[subject], 1});
    finding_add_place(l, f, found->wide,
                      (struct strs){found->namespaces.items, found->namespaces.n});
    f->message =
        CONCAT(l->arena, f->who, STR(": "), f->rule->title, STR(" (by several roles together)"));
    f->mend = STR("take one of these roles from it, or one of the permissions out of its role");
}

static void look_at_cell(const struct pairs *p, const struct keyed *cell, uint32_t wide,
                         struct found *found)
{
    struct linter *l = p->l;
    uint32_t subject = (uint32_t)(cell->key >> 32), namespace = (uint32_t)cell->key;
    uint32_t inside = namespace ? cell->value : 0;
    if ((namespace == 0 || wide == 0) && p->is_role[cell->value])
        return;
    uint64_t fires = fires_together(p, inside, wide);
    if (namespace != 0)
        fires &= ~fires_together(p, 0, wide); /* said as cluster-wide already */
    if (!fires)
        return;
    fires &= ~fires_alone(l, subject, namespace);
    for (unsigned c = 0; c < N_CHECKS; c++) {
        struct acceptable what = {check_rows[c].rule, l->subject_names[subject],
                                  l->subject_names[subject], l->x->u->namespaces.items[namespace]};
        if (!(fires & check_bit((enum check)c)) || accepted(l, &what))
            continue;
        if (namespace != 0)
            *ARENA_PUSH(l->arena, &found[c].namespaces) = what.namespace;
        else
            found[c].wide = true;
        if (found[c].sets[0] == 0 && found[c].sets[1] == 0) {
            found[c].sets[0] = inside;
            found[c].sets[1] = wide;
            found[c].namespace = namespace;
        }
    }
}

static void look_at_subject(const struct pairs *p, uint32_t subject, struct found *found)
{
    const struct access *x = p->l->x;
    uint32_t from = x->first_cell[subject], to = x->first_cell[subject + 1];
    uint32_t wide = from < to && (uint32_t)x->cells[from].key == 0 ? x->cells[from].value : 0;
    memset(found, 0, N_CHECKS * sizeof(*found));
    for (uint32_t i = from; i < to; i++)
        look_at_cell(p, &x->cells[i], wide, found);
    for (unsigned c = 0; c < N_CHECKS; c++)
        if (found[c].wide || found[c].namespaces.n > 0)
            report(p, subject, (enum check)c, &found[c]);
}

void lint_pairs(struct linter *l)
{
    struct pairs p = {.l = l, .is_role = ARENA_ARRAY(l->arena, l->x->n, bool)};
    struct found *found = ARENA_ARRAY(l->arena, N_CHECKS, struct found);
    for (unsigned c = 0; c < N_CHECKS; c++)
        if (l->questions.all_terms[c] & (l->questions.all_terms[c] - 1))
            p.several |= check_bit((enum check)c);
    for (size_t i = 0; i < l->x->set->n; i++)
        if (l->x->set->items[i].kind <= RBAC_ROLE)
            p.is_role[l->x->role_sets[i]] = true;
    for (uint32_t s = 0; s < access_n_subjects(l->x->u); s++)
        look_at_subject(&p, s, found);
}
