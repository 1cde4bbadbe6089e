/*
 * The checks of the table over the cells of a site. By role, not by cell: the permission set of a
 * role is asked once, its bindings are walked once, and a finding is about a role and everybody who
 * holds it in places of one kind. So 100,000 bindings cost as many steps and the findings stay few.
 */
#include <stdlib.h>

#include "policy/lint/lint_inside.h"

struct holding { /* a role in places of one kind */
    uint64_t *subjects, *namespaces;
    const struct rbac_object *binding; /* the first */
    size_t n_subjects;
    struct strs subject_names, namespace_names; /* sorted; when they were asked for */
};
struct role_use {
    struct holding at[N_PLACES];
};
struct walk {
    struct linter *l;
    struct role_use **uses; /* by object; NULL: nobody holds it */
    bool *privileged;       /* by namespace of the universe */
    size_t subject_words, namespace_words;
};

static void bit_set(uint64_t *bits, uint32_t i)
{
    bits[i / 64] |= (uint64_t)1 << (i % 64);
}

static void hold_init(const struct walk *w, struct holding *h)
{
    if (h->subjects)
        return;
    h->subjects = ARENA_ARRAY(w->l->arena, w->subject_words, uint64_t);
    h->namespaces = ARENA_ARRAY(w->l->arena, w->namespace_words, uint64_t);
}

static enum lint_place place_of(const struct walk *w, const struct rbac_object *binding,
                                uint32_t namespace)
{
    if (binding->kind == RBAC_CLUSTER_ROLE_BINDING)
        return PLACE_WIDE;
    return w->privileged[namespace] ? PLACE_PRIVILEGED : PLACE_NAMESPACE;
}

/* Who of a binding counts; also by name, when something has to be left out. */
typedef bool keep_fn(const struct walk *w, const struct rbac_object *binding, uint32_t subject,
                     const void *context);

static void hold(const struct walk *w, struct holding *h, const struct rbac_object *binding,
                 keep_fn *keep, const void *context)
{
    const struct universe *u = w->l->x->u;
    const uint32_t *codes = w->l->x->subjects[binding - w->l->x->set->items];
    hold_init(w, h);
    size_t before = h->n_subjects;
    for (size_t i = 0; i < binding->n_subjects; i++) {
        uint32_t subject = access_coded(u, codes[i]);
        if (subject == ID_NONE || (keep && !keep(w, binding, subject, context)))
            continue;
        bit_set(h->subjects, subject);
        h->n_subjects++;
    }
    if (h->n_subjects == before)
        return;
    if (!h->binding)
        h->binding = binding;
    if (binding->namespace.n > 0)
        bit_set(h->namespaces, intern_find(&u->namespaces, binding->namespace));
}

static void find_privileged(struct walk *w)
{
    const struct universe *u = w->l->x->u;
    const struct policy_cluster *c = w->l->cluster;
    w->privileged = ARENA_ARRAY(w->l->arena, u->namespaces.n, bool);
    for (size_t i = 0; c && i < c->n_namespaces; i++) {
        uint32_t id = intern_find(&u->namespaces, c->namespaces[i].name);
        if (id != ID_NONE)
            w->privileged[id] = is_privileged(&c->namespaces[i]);
    }
}

static void walk_bindings(struct walk *w)
{
    const struct access *x = w->l->x;
    w->uses = ARENA_ARRAY(w->l->arena, x->set->n, struct role_use *);
    for (uint32_t i = 0; i < x->set->n; i++) {
        const struct rbac_object *o = &x->set->items[i];
        if (!x->roles[i] || w->l->answers[x->role_sets[x->roles[i] - x->set->items]].fires[1] == 0)
            continue;
        uint32_t namespace = intern_find(&x->u->namespaces, o->namespace);
        struct role_use **use = &w->uses[x->roles[i] - x->set->items];
        if (!*use)
            *use = ARENA_NEW(w->l->arena, struct role_use);
        hold(w, &(*use)->at[place_of(w, o, namespace)], o, NULL, NULL);
    }
}

/* --- what is left when accepts are taken away, and what holds in some namespaces only */

struct left {
    const struct check_row *row;
    enum check check;
    struct str who;
    const struct rbac_object *role;
    bool itself; /* a check on the namespace itself */
};

static bool keep_left(const struct walk *w, const struct rbac_object *binding, uint32_t subject,
                      const void *context)
{
    const struct left *left = context;
    const struct acceptable what = {left->row->rule, left->who, w->l->subject_names[subject],
                                    binding->namespace};
    bool inside = binding->namespace.n > 0;
    if (inside && left->check == CHECK_L32 && !str_is(binding->namespace, "kube-system"))
        return false;
    if (inside && left->itself &&
        !questions_on_itself(&w->l->questions, left->role, left->check, binding->namespace))
        return false;
    return !accepted(w->l, &what);
}

static struct holding what_is_left(const struct walk *w, const struct left *left,
                                   enum lint_place place)
{
    const struct access *x = w->l->x;
    struct holding out = {0};
    hold_init(w, &out);
    for (uint32_t i = 0; i < x->set->n; i++) {
        const struct rbac_object *o = &x->set->items[i];
        if (x->roles[i] == left->role &&
            place_of(w, o, intern_find(&x->u->namespaces, o->namespace)) == place)
            hold(w, &out, o, keep_left, left);
    }
    return out;
}

/* --- the finding */

static struct strs namespace_names(const struct walk *w, const uint64_t *bits)
{
    const struct universe *u = w->l->x->u;
    struct str *names = ARENA_ARRAY(w->l->arena, u->namespaces.n, struct str);
    size_t n = 0;
    for (uint32_t i = 1; i < u->namespaces.n; i++)
        if (bits[i / 64] >> (i % 64) & 1)
            names[n++] = u->namespaces.items[i];
    return strs_sorted(w->l->arena, (struct strs){names, n});
}

static struct str role_who(const struct linter *l, const struct rbac_object *role)
{
    if (!l->foreign && str_starts(role->name, STR(RBAC_PREFIX)))
        return CONCAT(l->arena, STR("role "),
                      str_from_to(role->name, sizeof(RBAC_PREFIX) - 1, role->name.n));
    if (role->kind == RBAC_ROLE)
        return CONCAT(l->arena, STR("Role "), role->namespace, STR("/"), role->name);
    return CONCAT(l->arena, STR("ClusterRole "), role->name);
}

static const struct rbac_subject *first_subject(const struct walk *w, const struct holding *h)
{
    for (size_t i = 0; i < h->binding->n_subjects; i++) {
        uint32_t id = access_subject(w->l->x->u, &h->binding->subjects[i], h->binding->namespace,
                                     w->l->arena);
        if (id != ID_NONE && h->subjects[id / 64] >> (id % 64) & 1)
            return &h->binding->subjects[i];
    }
    return &h->binding->subjects[0];
}

static struct str lines_of(const struct linter *l, const struct causes *causes)
{
    struct str *lines = ARENA_ARRAY(l->arena, causes->n, struct str);
    for (size_t i = 0; i < causes->n; i++)
        lines[i] = src_of(l->arena, &causes->items[i]);
    return strs_join(l->arena, strs_sorted(l->arena, (struct strs){lines, causes->n}), ' ');
}

static uint32_t role_id(const struct linter *l, const struct rbac_object *role)
{
    return intern_find(&l->p->role_ids,
                       str_from_to(role->name, sizeof(RBAC_PREFIX) - 1, role->name.n));
}

static void fill_chain(const struct walk *w, const struct holding *h,
                       const struct rbac_object *role, struct check_at at, struct policy_finding *f)
{
    struct linter *l = w->l;
    const struct rbac_subject *s = first_subject(w, h);
    struct str *chain = ARENA_ARRAY(l->arena, 5, struct str);
    const struct rbac_object *b = h->binding;
    size_t n = 0;
    chain[n++] = l->subject_names[access_subject(l->x->u, s, h->binding->namespace, l->arena)];
    if (s->src.n > 0)
        chain[n++] = CONCAT(l->arena, STR("given by "), s->src);
    chain[n++] =
        arena_fmt(l->arena, "%s %.*s%s%.*s on %.*s", rbac_kind_name(b->kind), STR_F(b->name),
                  b->namespace.n ? " in " : "", STR_F(b->namespace), STR_F(site_name(l)));
    chain[n++] = arena_fmt(l->arena, "%s %.*s", rbac_kind_name(role->kind), STR_F(role->name));
    if (!l->foreign) {
        const struct causes causes = causes_of(l, role_id(l, role), at);
        chain[n++] = CONCAT(l->arena, causes.by_base ? STR("base of ") : STR("can of "),
                            lines_of(l, &causes));
    }
    f->chain = (struct strs){chain, n};
}

static struct str quoted(struct arena *a, struct strs atoms)
{
    struct str out = STR_NONE;
    for (size_t i = 0; i < atoms.n; i++)
        out = CONCAT(a, out, i ? STR(", \"") : STR("\""), atoms.items[i], STR("\""));
    return out;
}

static void fill_mend(const struct walk *w, const struct holding *h, const struct rbac_object *role,
                      struct check_at at, struct policy_finding *f)
{
    struct linter *l = w->l;
    struct str what = quoted(l->arena, f->atoms);
    if (l->foreign) {
        f->mend =
            arena_fmt(l->arena, "take %.*s out of %.*s, or the subject out of %s %.*s", STR_F(what),
                      STR_F(f->who), rbac_kind_name(h->binding->kind), STR_F(h->binding->name));
        return;
    }
    uint32_t id = role_id(l, role);
    const struct policy_role *written = &l->p->tree->roles.items[id];
    struct causes causes = causes_of(l, id, at);
    if (at.check == CHECK_L01)
        f->mend = arena_fmt(l->arena, "give role %.*s what is needed instead of %.*s",
                            STR_F(written->name.text), STR_F(written->base.text));
    else if (causes.by_base)
        f->mend = arena_fmt(l->arena, "add to role %.*s: deny: [%.*s]", STR_F(written->name.text),
                            STR_F(what));
    else
        f->mend =
            arena_fmt(l->arena, "take %.*s out of %.*s", STR_F(what), STR_F(lines_of(l, &causes)));
}

static void report(const struct walk *w, const struct rbac_object *role, enum check check,
                   enum lint_place place)
{
    struct linter *l = w->l;
    const struct check_row *row = &check_rows[check];
    const struct access *x = l->x;
    struct left left = {row, check, role_who(l, role), role,
                        check == CHECK_L29 || check == CHECK_L34_NAMESPACE};
    struct holding *h = &w->uses[role - x->set->items]->at[place];
    struct holding some;
    if (has_accepts(l, row->rule) || left.itself || check == CHECK_L32) {
        some = what_is_left(w, &left, place);
        h = &some;
    }
    if (h->n_subjects == 0)
        return;
    const struct check_at at = {check, place == PLACE_WIDE};
    bool by_place = row->severity[place] > row->severity[PLACE_NAMESPACE];
    struct policy_finding like = {.rule = policy_rule_find(STR_C(row->rule)),
                                  .severity = row->severity[place],
                                  .foreign = l->foreign,
                                  .who = left.who};
    if (l->foreign)
        like.object = by_place ? arena_fmt(l->arena, "%s %.*s", rbac_kind_name(h->binding->kind),
                                           STR_F(h->binding->name))
                               : left.who;
    else
        like.pos = by_place ? pos_of_src(l->p, first_subject(w, h)->src)
                            : causes_of(l, role_id(l, role), at).items[0];
    bool new;
    struct policy_finding *f = finding_for(l, &like, &new);
    uint32_t set = x->role_sets[role - x->set->items];
    finding_add_strs(l, &f->atoms,
                     questions_atoms(&l->questions, (struct sets){&set, 1}, at, l->arena));
    if (h->subject_names.n == 0) { /* many checks fire for the same holders */
        h->subject_names = names_of_bits(l, h->subjects);
        h->namespace_names = namespace_names(w, h->namespaces);
    }
    finding_add_sorted(l, &f->subjects, h->subject_names);
    finding_add_place(l, f, place == PLACE_WIDE, h->namespace_names);
    if (!new)
        return;
    f->message = CONCAT(l->arena, f->who, STR(": "), f->rule->title);
    fill_chain(w, h, role, at, f);
    fill_mend(w, h, role, at, f);
}

static void report_place(const struct walk *w, const struct rbac_object *role,
                         enum lint_place place)
{
    const struct answers *answers = &w->l->answers[w->l->x->role_sets[role - w->l->x->set->items]];
    uint64_t fires = answers->fires[place == PLACE_WIDE];
    for (unsigned c = 0; c < N_CHECKS; c++)
        if (check_rows[c].severity[place] == LINT_NONE)
            fires &= ~check_bit((enum check)c);
    fires &= ~checks_hidden(fires);
    for (unsigned c = 0; fires && c < N_CHECKS; c++)
        if (fires & check_bit((enum check)c))
            report(w, role, (enum check)c, place);
}

void lint_cells(struct linter *l)
{
    const struct access *x = l->x;
    struct walk w = {.l = l,
                     .subject_words = access_n_subjects(x->u) / 64 + 1,
                     .namespace_words = x->u->namespaces.n / 64 + 1};
    find_privileged(&w);
    walk_bindings(&w);
    for (size_t i = 0; i < x->set->n; i++)
        for (unsigned place = 0; place < N_PLACES; place++)
            if (w.uses[i] && w.uses[i]->at[place].n_subjects > 0)
                report_place(&w, &x->set->items[i], (enum lint_place)place);
}
