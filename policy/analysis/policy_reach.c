/* The ways of one site: needs as masks, and which permission set meets which. */
#include "policy/analysis/policy_reach_inside.h"

#include "policy/rbac/service_account.h"

#define INSTALLED "! "
#define CLUSTER   "^ "
const struct reach_edge reach_edges[] = {
#define EDGE(name, needs, gain, why, source) {#name, needs, why, source, GAIN_##gain},
#include "policy/analysis/reach_edges.tbl.h"
#undef EDGE
};
const size_t reach_n_edges = sizeof(reach_edges) / sizeof(*reach_edges);
_Static_assert(sizeof(reach_edges) / sizeof(*reach_edges) <= 64, "struct row has a bit for each");

/* --- needs */

static struct strs split(struct arena *a, struct str text, char separator)
{
    struct {
        struct str *items;
        size_t n, cap;
    } out = {0};
    struct str item;
    while (str_next(&text, separator, &item))
        *ARENA_PUSH(a, &out) = str_trim(item);
    return (struct strs){out.items, out.n};
}

/* "verbs targets [names a,b]" */
static void paint_alternative(const struct reach *r, struct str text, uint64_t *words)
{
    struct str verbs = STR_NONE, targets = STR_NONE, names = STR_NONE, rest = str_trim(text);
    bool installed = str_starts(rest, STR(INSTALLED));
    if (installed)
        rest = str_from_to(rest, sizeof(INSTALLED) - 1, rest.n);
    str_next(&rest, ' ', &verbs);
    str_next(&rest, ' ', &targets);
    if (str_starts(rest, STR("names ")))
        names = str_from_to(rest, sizeof("names ") - 1, rest.n);
    struct strs all = split(r->a, targets, ',');
    for (size_t i = 0; i < all.n; i++) {
        struct permission_pattern p = {.verbs = split(r->a, verbs, ','),
                                       .names = split(r->a, names, ','),
                                       .known_only = installed};
        str_split(all.items[i], '/', &p.group, &p.resource);
        str_split(p.resource, '/', &p.resource, &p.subresource);
        mask_paint(r->x->u, &p, words);
    }
}

static void make_need(struct reach *r, struct str text, struct need *need)
{
    size_t n = mask_words(r->x->u);
    bool cluster = str_starts(text, STR(CLUSTER));
    uint64_t *words = ARENA_ARRAY(r->a, n, uint64_t);
    uint64_t *inside = cluster ? ARENA_ARRAY(r->a, n, uint64_t) : mask_namespaced(r->x->u, r->a);
    struct str alternative;
    if (cluster)
        text = str_from_to(text, sizeof(CLUSTER) - 1, text.n);
    need->text = text;
    while (str_next(&text, '|', &alternative))
        paint_alternative(r, alternative, words);
    for (size_t i = 0; i < n; i++)
        inside[i] &= words[i];
    need->full = mask_of(r->a, words, n);
    need->inside = mask_of(r->a, inside, n);
}

static void make_needs(struct reach *r)
{
    struct intern texts = {.arena = r->a};
    r->needs = ARENA_ARRAY(r->a, 64, struct need);
    r->edge_needs = ARENA_ARRAY(r->a, reach_n_edges, uint64_t);
    r->edge_need = arena_array(r->a, reach_n_edges, sizeof(*r->edge_need));
    for (size_t e = 0; e < reach_n_edges; e++) {
        struct str rest = STR_C(reach_edges[e].needs), text;
        size_t k = 0;
        for (; str_next(&rest, ';', &text) && k < REACH_NEEDS_MAX; k++) {
            uint32_t id = intern_add(&texts, str_trim(text));
            if (id == r->n_needs && id < 64)
                make_need(r, str_trim(text), &r->needs[r->n_needs++]);
            r->edge_needs[e] |= (uint64_t)1 << (id & 63);
            r->edge_need[e][k] = id;
        }
        for (; k < REACH_NEEDS_MAX; k++)
            r->edge_need[e][k] = ID_NONE;
    }
}

/* --- permission sets */

const uint64_t *reach_words(const struct reach *r, uint32_t set)
{
    return set == r->everything ? r->everything_words
           : set == r->reads    ? r->reads_words
                                : r->x->items[set].w;
}

static void make_sets(struct reach *r)
{
    static const struct str verbs[] = {{"get", 3}, {"list", 4}, {"watch", 5}};
    static const struct str read[] = {{"secrets", 7}, {"configmaps", 10}};
    size_t n_words = mask_words(r->x->u), n = r->x->n + 2;
    r->everything = (uint32_t)r->x->n;
    r->reads = (uint32_t)r->x->n + 1;
    r->everything_words = ARENA_ARRAY(r->a, n_words, uint64_t);
    r->reads_words = ARENA_ARRAY(r->a, n_words, uint64_t);
    mask_paint_all(r->x->u, r->everything_words);
    for (size_t i = 0; i < 2; i++) {
        const struct permission_pattern p = {.verbs = {verbs, 3}, .resource = read[i]};
        mask_paint(r->x->u, &p, r->reads_words);
    }
    r->full = ARENA_ARRAY(r->a, n, uint64_t);
    r->inside = ARENA_ARRAY(r->a, n, uint64_t);
    for (uint32_t set = 1; set < n; set++)
        for (size_t k = 0; k < r->n_needs; k++) {
            const uint64_t *words = reach_words(r, set);
            uint64_t bit = (uint64_t)1 << k;
            r->full[set] |= mask_meets(&r->needs[k].full, words) ? bit : 0;
            r->inside[set] |= mask_meets(&r->needs[k].inside, words) ? bit : 0;
        }
}

/* --- service accounts */

static void index_accounts(struct reach *r)
{
    const struct universe *u = r->x->u;
    uint32_t first = (uint32_t)(u->subject_groups.n + u->subject_users.n);
    r->accounts = ARENA_ARRAY(r->a, u->namespaces.n, struct ids);
    for (uint32_t i = 0; i < u->subject_accounts.n; i++) {
        struct str rest = u->subject_accounts.items[i], namespace = STR_NONE;
        rest = str_from_to(rest, sizeof(SERVICE_ACCOUNT_PREFIX) - 1, rest.n);
        str_split(rest, ':', &namespace, &rest);
        uint32_t id = intern_find(&u->namespaces, namespace);
        *ARENA_PUSH(r->a, &r->accounts[0]) = first + i;
        if (id != ID_NONE && id != 0)
            *ARENA_PUSH(r->a, &r->accounts[id]) = first + i;
    }
    r->authenticated = intern_find(&u->subject_groups, STR("system:authenticated"));
    r->all_accounts = intern_find(&u->subject_groups, STR("system:serviceaccounts"));
    for (size_t i = 0; i < u->subject_groups.n && !r->account_groups; i++)
        r->account_groups = str_starts(u->subject_groups.items[i], STR("system:serviceaccounts:"));
    r->control_plane = intern_find(&u->namespaces, STR("kube-system"));
    r->privileged = ARENA_ARRAY(r->a, u->namespaces.n, bool);
    for (size_t i = 0; r->cluster && i < r->cluster->n_namespaces; i++) {
        const struct policy_namespace *n = &r->cluster->namespaces[i];
        uint32_t id = intern_find(&u->namespaces, n->name);
        struct str level = pairs_get(&n->labels, STR("pod-security.kubernetes.io/enforce"));
        if (id != ID_NONE)
            r->privileged[id] = str_is(level, "privileged");
    }
}

const struct reach *reach_new(struct arena *a, const struct access *x,
                              const struct policy_cluster *cluster)
{
    struct reach *r = ARENA_NEW(a, struct reach);
    *r = (struct reach){.a = a, .x = x, .cluster = cluster};
    make_needs(r);
    make_sets(r);
    index_accounts(r);
    return r;
}

/* --- asking */

static bool covers(const uint64_t *have, const uint64_t *want, const uint64_t *only, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (want[i] & (only ? only[i] : UINT64_MAX) & ~have[i])
            return false;
    return true;
}

struct wanted {
    const struct closure *c;
    const uint64_t *words, *only;
    size_t n_words;
};

/* Holds that together cover what is wanted in a namespace: one alone if there is such a one, the
 * earliest. False: not covered. */
static bool covered_by(const struct wanted *w, uint32_t namespace, struct ids *ret)
{
    const struct closure *c = w->c;
    struct ids found = {0};
    uint64_t *left = ARENA_ARRAY(c->a, w->n_words, uint64_t);
    for (size_t i = 0; i < w->n_words; i++)
        left[i] = w->words[i] & (w->only ? w->only[i] : UINT64_MAX);
    for (uint32_t i = 0; i < c->holds.n; i++) {
        const struct hold *h = &c->holds.items[i];
        if (h->namespace != 0 && h->namespace != namespace)
            continue;
        const uint64_t *have = reach_words(c->r, h->set);
        bool helps = false;
        if (covers(have, w->words, w->only, w->n_words)) {
            *ret = (struct ids){0};
            *ARENA_PUSH(c->a, ret) = i;
            return true;
        }
        for (size_t k = 0; k < w->n_words; k++) {
            helps = helps || (left[k] & have[k]);
            left[k] &= ~have[k];
        }
        if (helps)
            *ARENA_PUSH(c->a, &found) = i;
    }
    for (size_t k = 0; k < w->n_words; k++)
        if (left[k])
            return false;
    *ret = found;
    return found.n > 0;
}

static const uint64_t *goal_words(const struct reach *r, const struct reach_goal *goal)
{
    const struct rbac_set *set = access_set(r->x);
    if (goal->role.n == 0)
        return r->everything_words;
    for (size_t i = 0; i < set->n; i++)
        if (set->items[i].kind == RBAC_CLUSTER_ROLE && str_eq(set->items[i].name, goal->role))
            return r->x->role_sets[i] ? r->x->items[r->x->role_sets[i]].w : NULL;
    return NULL; /* no such role, or one that allows nothing: it cannot be reached */
}

static bool is_place(const struct reach_goal *goal, struct str namespace)
{
    return !goal->namespaces ||
           strs_has((struct strs){goal->namespaces, goal->n_namespaces}, namespace);
}

static void look(const struct closure *c, const struct reach_goal *goal, struct reach_answer *out)
{
    const struct reach *r = c->r;
    struct ids best = {0}, found;
    size_t n_best = SIZE_MAX;
    struct wanted w = {c, goal_words(r, goal), NULL, mask_words(r->x->u)};
    if (!w.words)
        return;
    const uint64_t *inside = mask_namespaced(r->x->u, c->a);
    w.only = goal->cluster_wide || goal->role.n == 0 ? NULL : inside;
    bool empty = true;
    for (size_t i = 0; i < w.n_words; i++)
        empty = empty && !(w.words[i] & (w.only ? w.only[i] : UINT64_MAX));
    if (empty)
        return;
    for (size_t i = 0; i < c->namespaces.n; i++) {
        uint32_t namespace = c->namespaces.items[i];
        struct str name = r->x->u->namespaces.items[namespace];
        if (namespace != 0 && (!w.only || !is_place(goal, name)))
            continue;
        if (!covered_by(&w, namespace, &found))
            continue;
        size_t n = reach_steps(c, &found).n;
        if (n < n_best) {
            best = found;
            n_best = n;
            out->where = name;
        }
    }
    out->reached = best.n > 0;
    if (!out->reached)
        return;
    struct ids starts = reach_starts(c, &best);
    out->steps = reach_steps(c, &best);
    reach_first(c, &best, out);
    out->starts = starts.items;
    out->n_starts = starts.n;
}

struct reach_answer reach_ask(const struct reach *r, const uint32_t *subjects, size_t n,
                              const struct reach_goal *goal, struct arena *a)
{
    struct closure c = {.r = r, .a = a};
    struct reach_answer out = {.subject = ID_NONE};
    reach_close(&c, subjects, n);
    if (goal) {
        look(&c, goal, &out);
        return out;
    }
    out.steps = reach_gains(&c);
    out.reached = out.steps.n > 0;
    return out;
}
