/* All lints over all sites; findings of several sites become one. */
#include "policy/lint/lint.h"

#include <stdlib.h>

#include "policy/lint/lint_inside.h"

/* --- findings */

struct policy_finding *finding_for(struct linter *l, const struct policy_finding *like,
                                   bool *ret_new)
{
    struct str key =
        arena_fmt(l->arena, "%.*s %d %d %u %.*s\t%.*s", STR_F(like->rule->id), (int)like->severity,
                  like->foreign, like->pos.line, STR_F(like->who), STR_F(like->object));
    size_t before = l->keys.n;
    uint32_t id = intern_add(&l->keys, key);
    *ret_new = l->keys.n > before;
    if (!*ret_new)
        return &l->out->items[id]; /* keys and findings are numbered alike */
    struct policy_finding *f = ARENA_PUSH(l->arena, l->out);
    *f = *like;
    return f;
}

struct policy_finding *finding_plain(struct linter *l, const char *rule, struct pos pos,
                                     struct str who)
{
    struct policy_finding like = {.rule = policy_rule_find(STR_C(rule)), .pos = pos, .who = who};
    bool new;
    like.severity = like.rule->severity;
    like.foreign = l->foreign;
    return finding_for(l, &like, &new);
}

static bool same_strs(struct strs a, struct strs b)
{
    bool same = a.n == b.n;
    for (size_t i = 0; i < a.n && same; i++)
        same = str_eq(a.items[i], b.items[i]);
    return same;
}

void finding_add_strs(struct linter *l, struct strs *list, struct strs more)
{
    finding_add_sorted(l, list, strs_sorted(l->arena, more));
}

void finding_add_sorted(struct linter *l, struct strs *list, struct strs more)
{
    if (list->n == 0 || more.n == 0 || same_strs(*list, more)) { /* sites are mostly alike */
        *list = list->n == 0 ? more : *list;
        return;
    }
    struct str *all = ARENA_ARRAY(l->arena, list->n + more.n, struct str);
    size_t n = 0, i = 0, k = 0;
    while (i < list->n || k < more.n) { /* both are sorted */
        int order = i == list->n ? 1 : k == more.n ? -1 : str_cmp(list->items[i], more.items[k]);
        all[n++] = order <= 0 ? list->items[i] : more.items[k];
        i += order <= 0;
        k += order >= 0;
    }
    *list = (struct strs){all, n};
}

void finding_add_place(struct linter *l, struct policy_finding *f, bool wide, struct strs names)
{
    struct policy_finding_place *last = f->n_places ? &f->places[f->n_places - 1] : NULL;
    if (!last || !str_eq(last->site, site_name(l))) {
        struct policy_finding_place *grown =
            ARENA_ARRAY(l->arena, f->n_places + 1, struct policy_finding_place);
        if (f->n_places > 0)
            memcpy(grown, f->places, f->n_places * sizeof(*grown));
        f->places = grown;
        last = &grown[f->n_places++];
        last->site = site_name(l);
    }
    last->cluster_wide = last->cluster_wide || wide;
    finding_add_strs(l, &last->namespaces, names);
}

struct str site_name(const struct linter *l)
{
    return policy_site_at(l->p, l->site->site)->name.text;
}

static int finding_order(const void *a, const void *b)
{
    const struct policy_finding *x = a, *y = b;
    int order = (x->pos.line == 0) - (y->pos.line == 0);
    if (order == 0 && x->pos.line > 0)
        order = strcmp(x->pos.source->name, y->pos.source->name);
    if (order == 0 && x->pos.line != y->pos.line)
        order = x->pos.line < y->pos.line ? -1 : 1;
    if (order == 0 && x->pos.column != y->pos.column)
        order = x->pos.column < y->pos.column ? -1 : 1;
    if (order == 0)
        order = str_cmp(x->object, y->object);
    if (order == 0)
        order = str_cmp(x->rule->id, y->rule->id);
    if (order == 0)
        order = str_cmp(x->who, y->who);
    return order ? order : (int)y->severity - (int)x->severity;
}

/* --- positions */

static bool src_is_of(const struct source *source, struct str name)
{
    struct str whole = STR_C(source->name);
    return str_ends(whole, name) && (whole.n == name.n || whole.p[whole.n - name.n - 1] == '/');
}

/* The first word of the policy on this line that can cause something. */
static void find_column(const struct policy *p, struct pos *pos)
{
    const struct policy_tree *t = p->tree;
    unsigned best = 0;
#define CONSIDER(where) \
    do { \
        if ((where).source == pos->source && (where).line == pos->line && \
            (best == 0 || (where).column < best)) { \
            best = (where).column; \
            pos->length = (where).length; \
        } \
    } while (0)
    for (size_t i = 0; i < t->roles.n; i++) {
        const struct policy_role *r = &t->roles.items[i];
        for (size_t k = 0; k < r->can.n; k++)
            CONSIDER(r->can.items[k].pos);
        if (best == 0)
            CONSIDER(r->base.pos);
    }
    for (size_t i = 0; i < t->grants.n; i++)
        CONSIDER(t->grants.items[i].pos);
    for (size_t i = 0; i < t->requests.n; i++)
        CONSIDER(t->requests.items[i].name.pos);
    for (size_t i = 0; i < t->breakglass.n; i++)
        CONSIDER(t->breakglass.items[i].name.pos);
    for (size_t i = 0; i < t->ci.n; i++)
        CONSIDER(t->ci.items[i].name.pos);
#undef CONSIDER
    pos->column = best ? best : 1;
}

struct pos pos_of_src(const struct policy *p, struct str src)
{
    struct str first = STR_NONE, rest = src;
    struct pos pos = {0};
    int64_t line = 0;
    size_t colon = 0;
    str_next(&rest, ' ', &first);
    for (size_t i = 0; i < first.n; i++)
        if (first.p[i] == ':')
            colon = i;
    if (colon == 0 || !str_to_i64(str_from_to(first, colon + 1, first.n), &line))
        return pos;
    for (size_t i = 0; i < p->tree->n_sources && !pos.source; i++)
        if (src_is_of(p->tree->sources[i], str_from_to(first, 0, colon)))
            pos = (struct pos){p->tree->sources[i], (unsigned)line, 0, 0};
    if (pos.source)
        find_column(p, &pos);
    return pos;
}

/* --- a site */

bool is_privileged(const struct policy_namespace *ns)
{
    return str_starts(ns->name, STR("kube-")) || str_starts(ns->name, STR("lotse-")) ||
           str_is(pairs_get(&ns->labels, STR("pod-security.kubernetes.io/enforce")),
                  "privileged") ||
           str_is(pairs_get(&ns->labels, STR("lotse.io/privileged")), "true");
}

static void look_at(struct linter *l, const struct access *x, bool foreign)
{
    l->x = x;
    l->foreign = foreign;
    questions_make(&l->questions, x, l->cluster, l->arena);
    l->answers = ARENA_ARRAY(l->arena, x->n, struct answers);
    for (uint32_t i = 0; i < x->n; i++)
        questions_answer(&l->questions, i, &l->answers[i]);
    name_subjects(l);
    lint_cells(l);
    lint_pairs(l);
    lint_inert(l);
}

static bool lint_site(struct linter *l, const struct policy_lint_site *site)
{
    l->site = site;
    l->cluster = policy_cluster_of(l->p, site->site);
    look_at(l, site->planned, false);
    lint_selectors(l);
    lint_redundant(l);
    if (!site->live)
        return true;
    lint_live(l);
    if (!lint_binder(l))
        return false;
    const struct access *foreign = lint_foreign_access(l);
    if (foreign)
        look_at(l, foreign, true);
    l->foreign = false;
    return foreign != NULL;
}

int policy_lint(const struct policy_lint_input *in, struct arena *a, struct policy_findings *ret,
                struct err *e)
{
    struct linter l = {.in = in,
                       .p = in->policy,
                       .arena = a,
                       .out = ret,
                       .e = e,
                       .keys = {.arena = a},
                       .borne = {.arena = a}};
    *ret = (struct policy_findings){0};
    accepts_begin(&l);
    size_t n_denies = 0;
    for (size_t i = 0; i < l.p->tree->roles.n; i++)
        n_denies += l.p->tree->roles.items[i].deny.n;
    l.useful_denies = ARENA_ARRAY(a, n_denies, bool);
    l.covers = ARENA_ARRAY(a, l.p->tree->grants.n, struct grant_cover);
    lint_text(&l);
    lint_people(&l);
    lint_authn(&l);
    for (size_t i = 0; i < in->n_sites; i++)
        if (!lint_site(&l, &in->sites[i]))
            return -1;
    l.site = NULL;
    lint_redundant_end(&l);
    lint_accepts(&l);
    ret->n_accepted = l.borne.n;
    if (ret->n > 1)
        qsort(ret->items, ret->n, sizeof(*ret->items), finding_order);
    return 0;
}
