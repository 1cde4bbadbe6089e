/*
 * L55: who may label or create a namespace so that it falls into a space of their own. Creating is
 * cluster-wide; labelling is cluster-wide or, by a RoleBinding, of the one namespace it is in. A
 * space by exact names takes in nothing new; one by label or by a pattern does.
 */
#include "policy/lint/lint_inside.h"

struct selectors {
    struct linter *l;
    struct ids *spaces; /* by subject group of the universe: the spaces it is bound in */
};

static void add_space(struct selectors *s, struct str group, const struct ids *spaces)
{
    uint32_t id =
        intern_find(&s->l->x->u->subject_groups, CONCAT(s->l->arena, STR(RBAC_PREFIX), group));
    for (size_t i = 0; id != ID_NONE && i < spaces->n; i++)
        *ARENA_PUSH(s->l->arena, &s->spaces[id]) = spaces->items[i];
}

static void add_boxed(struct selectors *s, const struct ids *spaces, uint32_t role)
{
    for (size_t i = 0; i < spaces->n; i++) {
        const struct ids one = {&spaces->items[i], 1, 1};
        add_space(s, jit_group(s->l->p, spaces->items[i], role, s->l->arena), &one);
    }
}

static void index_spaces(struct selectors *s)
{
    const struct policy *p = s->l->p;
    for (size_t i = 0; i < p->tree->grants.n; i++) {
        const struct grant *g = &p->grants[i];
        if (!g->usable || !(g->sites & site_bit(s->l->site->site)))
            continue;
        if (p->tree->grants.items[i].until.ms != TIME_NONE)
            add_boxed(s, &g->spaces, g->role);
        else
            add_space(s, team_group(p, g->team, s->l->arena), &g->spaces);
    }
    for (size_t i = 0; p->requests && i < p->tree->requests.n; i++)
        if (p->requests[i].usable && p->requests[i].sites & site_bit(s->l->site->site))
            add_boxed(s, &p->requests[i].spaces, p->requests[i].role);
    for (size_t i = 0; p->ci && i < p->tree->ci.n; i++)
        if (p->ci[i].usable && p->ci[i].group.n > 0)
            add_space(s, p->ci[i].group, &p->ci[i].spaces);
}

/* --- what the subject may do to namespaces */

static bool may(const struct linter *l, uint32_t subject, uint32_t namespace, const char *verb,
                struct str name)
{
    struct rbac_question q = {.resource = STR("namespaces"), .name = name};
    uint32_t class = universe_class(l->x->u, &q);
    return permset_has(l->x, access_cell(l->x, subject, namespace), class,
                       universe_verb(l->x->u, STR_C(verb)));
}

static bool excluded(const struct policy_space *space, struct str name)
{
    for (size_t i = 0; i < space->not.n; i++)
        if (glob_matches(space->not.items[i].text, name))
            return true;
    return false;
}

static bool has_namespace(const struct linter *l, uint32_t space, struct str name)
{
    const struct ids *all = &l->p->spaces[space].namespaces[l->site->site];
    uint32_t wanted = intern_find(&l->p->sites[l->site->site].namespaces, name);
    for (size_t i = 0; i < all->n; i++)
        if (all->items[i] == wanted)
            return true;
    return false;
}

static bool by_pattern(const struct policy_space *space)
{
    for (size_t i = 0; i < space->names.n; i++)
        if (str_has(space->names.items[i].text, '*'))
            return true;
    return false;
}

/* May this namespace be labelled into the space? Names, where the space has some, stay what they
 * are. */
static bool can_join(const struct linter *l, uint32_t space, struct str name)
{
    const struct policy_space *written = &l->p->tree->spaces.items[space];
    bool named = written->names.n == 0;
    for (size_t i = 0; i < written->names.n; i++)
        named = named || glob_matches(written->names.items[i].text, name);
    return written->label.n > 0 && named && !excluded(written, name) &&
           !has_namespace(l, space, name);
}

static void report(struct linter *l, uint32_t subject, uint32_t space, const char *how,
                   struct str namespace)
{
    const struct policy_space *written = &l->p->tree->spaces.items[space];
    struct str who = l->subject_names[subject];
    const struct acceptable what = {"L55", who, who, namespace};
    if (accepted(l, &what))
        return;
    struct policy_finding *f = finding_plain(l, "L55", written->name.pos, who);
    struct str atom = CONCAT(l->arena, STR_C(how), STR(" /namespaces"));
    finding_add_strs(l, &f->subjects, (struct strs){&who, 1});
    finding_add_strs(l, &f->atoms, (struct strs){&atom, 1});
    finding_add_place(l, f, namespace.n == 0, (struct strs){&namespace, namespace.n > 0});
    f->message = arena_fmt(l->arena, "%.*s: can %s a namespace into space %.*s, which it holds",
                           STR_F(who), str_is(atom, "create /namespaces") ? "create" : "label",
                           STR_F(written->name.text));
    f->mend = CONCAT(l->arena, STR("take \""), atom, STR("\" away from it, or choose space "),
                     written->name.text, STR(" by exact `names`"));
}

/* The verb by which the labels of a namespace may be changed; NULL: by none. */
static const char *labels_by(const struct linter *l, uint32_t subject, uint32_t namespace,
                             struct str name)
{
    if (may(l, subject, namespace, "patch", name))
        return "patch";
    return may(l, subject, namespace, "update", name) ? "update" : NULL;
}

static void look_cluster_wide(struct selectors *s, uint32_t subject, const char *labels)
{
    struct linter *l = s->l;
    const struct ids *spaces = &s->spaces[subject];
    bool creates = may(l, subject, 0, "create", STR_NONE);
    for (size_t i = 0; i < spaces->n; i++) {
        const struct policy_space *space = &l->p->tree->spaces.items[spaces->items[i]];
        if (!(l->p->spaces[spaces->items[i]].sites & site_bit(l->site->site)))
            continue;
        if (labels && space->label.n > 0)
            report(l, subject, spaces->items[i], labels, STR_NONE);
        else if (creates && (space->label.n > 0 || by_pattern(space)))
            report(l, subject, spaces->items[i], "create", STR_NONE);
    }
}

static void look_at_subject(struct selectors *s, uint32_t subject)
{
    struct linter *l = s->l;
    const struct ids *spaces = &s->spaces[subject];
    const char *labels = labels_by(l, subject, 0, STR_NONE);
    look_cluster_wide(s, subject, labels);
    for (uint32_t c = l->x->first_cell[subject]; c < l->x->first_cell[subject + 1] && !labels;
         c++) {
        uint32_t namespace = (uint32_t)l->x->cells[c].key;
        struct str name = l->x->u->namespaces.items[namespace];
        const char *how = namespace ? labels_by(l, subject, namespace, name) : NULL;
        for (size_t i = 0; how && i < spaces->n; i++)
            if (can_join(l, spaces->items[i], name))
                report(l, subject, spaces->items[i], how, name);
    }
}

static bool set_writes(const struct access *x, uint32_t set, const struct target *t)
{
    static const struct str verbs[] = {{"create", 6}, {"patch", 5}, {"update", 6}};
    for (uint32_t k = 0; k <= t->n_names; k++)
        for (size_t v = 0; v < sizeof(verbs) / sizeof(*verbs); v++)
            if (permset_has(x, set, t->first + k, universe_verb(x->u, verbs[v])))
                return true;
    return false;
}

/* The cells of big companies are many, those with rights on namespaces few or none. */
static bool anybody_may(const struct linter *l)
{
    const struct access *x = l->x;
    struct rbac_question q = {.resource = STR("namespaces")};
    uint32_t class = universe_class(x->u, &q);
    const struct target *t = NULL;
    for (size_t i = 0; i < x->u->n && !t; i++)
        if (class >= x->u->items[i].first && class <= x->u->items[i].first + x->u->items[i].n_names)
            t = &x->u->items[i];
    bool *writes = ARENA_ARRAY(l->arena, x->n, bool);
    for (uint32_t set = 0; set < x->n && t; set++)
        writes[set] = set_writes(x, set, t);
    for (size_t i = 0; i < x->n_cells; i++)
        if (writes[x->cells[i].value])
            return true;
    return false;
}

void lint_selectors(struct linter *l)
{
    const struct universe *u = l->x->u;
    struct selectors s = {.l = l};
    if (!anybody_may(l))
        return;
    s.spaces = ARENA_ARRAY(l->arena, u->subject_groups.n, struct ids);
    index_spaces(&s);
    for (uint32_t i = 0; i < u->subject_groups.n; i++)
        if (s.spaces[i].n > 0)
            look_at_subject(&s, i);
}
