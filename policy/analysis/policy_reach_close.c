/* The closure: a queue of what is held where, and the ways that open up with it. Breadth first, so
 * that the first way found is a shortest one. */
#include "policy/analysis/policy_reach_inside.h"

#include "policy/rbac/service_account.h"

static struct row *row_of(struct closure *c, uint32_t namespace)
{
    struct row *row = c->rows[namespace];
    if (row)
        return row;
    row = ARENA_NEW(c->a, struct row);
    memset(row->holder, 0xff, sizeof(row->holder));
    c->rows[namespace] = row;
    *ARENA_PUSH(c->a, &c->namespaces) = namespace;
    return row;
}

static void add_hold(struct closure *c, const struct hold *h)
{
    struct row *row = row_of(c, h->namespace);
    for (size_t i = 0; i < row->holds.n; i++)
        if (c->holds.items[row->holds.items[i]].set == h->set)
            return;
    if (h->set == 0)
        return;
    *ARENA_PUSH(c->a, &row->holds) = (uint32_t)c->holds.n;
    *ARENA_PUSH(c->a, &c->holds) = *h;
    c->everything = c->everything || (h->namespace == 0 && h->set == c->r->everything);
}

static void give_set(struct closure *c, uint32_t namespace, uint32_t set, uint32_t step)
{
    const struct hold h = {namespace, set, ID_NONE, step, ID_NONE};
    add_hold(c, &h);
}

static void add_cells(struct closure *c, uint32_t subject, uint32_t step, uint32_t start)
{
    const struct access *x = c->r->x;
    if (subject == ID_NONE || c->in[subject])
        return;
    c->in[subject] = true;
    for (uint32_t i = x->first_cell[subject]; i < x->first_cell[subject + 1]; i++) {
        const struct hold h = {(uint32_t)x->cells[i].key, x->cells[i].value, subject, step, start};
        add_hold(c, &h);
    }
}

/* With the groups that each service account has. */
static void add_subject(struct closure *c, uint32_t subject, uint32_t step, uint32_t start)
{
    const struct universe *u = c->r->x->u;
    uint32_t accounts = (uint32_t)(u->subject_groups.n + u->subject_users.n);
    add_cells(c, subject, step, start);
    add_cells(c, c->r->authenticated, step, start);
    if (subject == ID_NONE || subject < accounts)
        return;
    struct str user = u->subject_accounts.items[subject - accounts], namespace = STR_NONE, name;
    add_cells(c, c->r->all_accounts, step, start);
    user = str_from_to(user, sizeof(SERVICE_ACCOUNT_PREFIX) - 1, user.n);
    str_split(user, ':', &namespace, &name);
    add_cells(
        c, intern_find(&u->subject_groups, CONCAT(c->a, STR("system:serviceaccounts:"), namespace)),
        step, start);
}

/* --- what a way gives */

static void give_accounts(struct closure *c, uint32_t namespace, uint32_t step)
{
    const struct reach *r = c->r;
    const struct ids *accounts = &r->accounts[namespace];
    for (size_t i = 0; i < accounts->n; i++)
        add_subject(c, accounts->items[i], step, ID_NONE);
    add_cells(c, r->all_accounts, step, ID_NONE);
    if (namespace != 0 && r->account_groups)
        add_cells(
            c,
            intern_find(&r->x->u->subject_groups, CONCAT(c->a, STR("system:serviceaccounts:"),
                                                         r->x->u->namespaces.items[namespace])),
            step, ID_NONE);
    add_cells(c, r->authenticated, step, ID_NONE);
    give_set(c, namespace, r->reads, step);
    /* the controllers' own accounts live in kube-system: together they may do anything */
    if (namespace == 0 || namespace == r->control_plane)
        give_set(c, 0, r->everything, step);
}

static void give_account_named(struct closure *c, uint32_t namespace, struct str name,
                               uint32_t step)
{
    const struct universe *u = c->r->x->u;
    uint32_t first = (uint32_t)(u->subject_groups.n + u->subject_users.n);
    const struct ids *accounts = &c->r->accounts[namespace];
    for (size_t i = 0; i < accounts->n; i++) {
        struct str user = u->subject_accounts.items[accounts->items[i] - first];
        struct str tail = CONCAT(c->a, STR(":"), name);
        if (str_ends(user, tail))
            add_subject(c, accounts->items[i], step, ID_NONE);
    }
    add_cells(c, c->r->authenticated, step, ID_NONE);
    add_cells(c, c->r->all_accounts, step, ID_NONE);
}

static void give_role(struct closure *c, uint32_t namespace, struct str name, uint32_t step)
{
    const struct access *x = c->r->x;
    const struct rbac_set *set = access_set(x);
    struct str in = x->u->namespaces.items[namespace];
    bool cluster_roles = !str_is(STR_C(reach_edges[c->steps.items[step].edge].name), "bind_role");
    for (size_t i = 0; i < set->n; i++) {
        const struct rbac_object *o = &set->items[i];
        bool fits = cluster_roles
                        ? o->kind == RBAC_CLUSTER_ROLE
                        : o->kind == RBAC_ROLE && (namespace == 0 || str_eq(o->namespace, in));
        if (fits && str_eq(o->name, name))
            give_set(c, namespace, x->role_sets[i], step);
    }
}

static void give_named(struct closure *c, uint32_t namespace, struct strs names, uint32_t step)
{
    const struct universe *u = c->r->x->u;
    enum reach_gain gain = reach_edges[c->steps.items[step].edge].gain;
    for (size_t i = 0; i < names.n; i++) {
        struct str name = names.items[i];
        uint32_t user = intern_find(&u->subject_users, name);
        if (gain == GAIN_ROLE_NAMED)
            give_role(c, namespace, name, step);
        else if (gain == GAIN_ACCOUNT_NAMED)
            give_account_named(c, namespace, name, step);
        else if (gain == GAIN_USER_NAMED && user != ID_NONE)
            add_subject(c, (uint32_t)u->subject_groups.n + user, step, ID_NONE);
        else if (gain == GAIN_GROUP_NAMED && str_is(name, "system:masters"))
            give_set(c, 0, c->r->everything, step);
        else if (gain == GAIN_GROUP_NAMED)
            add_subject(c, intern_find(&u->subject_groups, name), step, ID_NONE);
    }
}

/* Any name at all: any role can be cluster-admin, any user or group the control plane's. */
static void give_any_name(struct closure *c, uint32_t namespace, uint32_t step)
{
    switch (reach_edges[c->steps.items[step].edge].gain) {
    case GAIN_ACCOUNT_NAMED: give_accounts(c, namespace, step); break;
    case GAIN_ROLE_NAMED: give_set(c, namespace, c->r->everything, step); break;
    case GAIN_USER_NAMED:
    case GAIN_GROUP_NAMED:
    case GAIN_ACCOUNTS:
    case GAIN_NAMESPACE:
    case GAIN_READS:
    case GAIN_PRIVILEGED:
    case GAIN_ALL: give_set(c, 0, c->r->everything, step); break;
    }
}

bool reach_names(const struct closure *c, const struct hold *h, uint32_t need, struct strs *ret)
{
    const struct universe *u = c->r->x->u;
    const struct need *n = &c->r->needs[need];
    const struct permission_mask *mask = h->namespace == 0 ? &n->full : &n->inside;
    const uint64_t *words = reach_words(c->r, h->set);
    struct {
        struct str *items;
        size_t n, cap;
    } names = {0};
    for (size_t i = 0; i < mask->n; i++) {
        struct rbac_question q;
        if (!(words[mask->at[i]] & mask->bits[i]))
            continue;
        uint32_t class = mask->at[i] / (uint32_t)u->words;
        enum question_kind kind = universe_question(u, c->a, class, 0, &q);
        if (kind != QUESTION_UNREAL && intern_find(&u->names, q.name) == ID_NONE)
            return false; /* the class of all names that nobody spells */
        *ARENA_PUSH(c->a, &names) = q.name;
    }
    *ret = (struct strs){names.items, names.n};
    return true;
}

static bool is_named(enum reach_gain gain)
{
    return gain == GAIN_ACCOUNT_NAMED || gain == GAIN_USER_NAMED || gain == GAIN_GROUP_NAMED ||
           gain == GAIN_ROLE_NAMED;
}

/* Each hold that meets the first need counts, not only the first one: it may name others. */
static void give_by_names(struct closure *c, uint32_t namespace, uint32_t step)
{
    uint32_t need = c->r->edge_need[c->steps.items[step].edge][0];
    for (uint32_t i = 0; i < c->holds.n; i++) {
        const struct hold h = c->holds.items[i];
        uint64_t needs = h.namespace == 0 ? c->r->full[h.set] : c->r->inside[h.set];
        struct strs names;
        if ((h.namespace != 0 && h.namespace != namespace) || !(needs >> need & 1))
            continue;
        c->steps.items[step].inputs[0] = i;
        size_t n = c->holds.n;
        if (reach_names(c, &h, need, &names))
            give_named(c, namespace, names, step);
        else
            give_any_name(c, namespace, step);
        if (c->holds.n > n) { /* what comes from another hold is a step of its own */
            struct step next = c->steps.items[step];
            *ARENA_PUSH(c->a, &c->steps) = next;
            step = (uint32_t)c->steps.n - 1;
        }
    }
}

static void give(struct closure *c, uint32_t namespace, uint32_t step)
{
    switch (reach_edges[c->steps.items[step].edge].gain) {
    case GAIN_ACCOUNTS: give_accounts(c, namespace, step); break;
    case GAIN_ACCOUNT_NAMED:
    case GAIN_USER_NAMED:
    case GAIN_GROUP_NAMED:
    case GAIN_ROLE_NAMED: give_by_names(c, namespace, step); break;
    case GAIN_NAMESPACE: give_set(c, namespace, c->r->everything, step); break;
    case GAIN_READS: give_set(c, namespace, c->r->reads, step); break;
    case GAIN_PRIVILEGED:
        if (c->r->privileged[namespace])
            give_set(c, 0, c->r->everything, step);
        break;
    case GAIN_ALL: give_set(c, 0, c->r->everything, step); break;
    }
}

/* --- the queue */

static void fire(struct closure *c, uint32_t edge, uint32_t namespace)
{
    const struct row *wide = c->rows[0], *here = c->rows[namespace];
    struct step s = {edge, namespace, {ID_NONE, ID_NONE, ID_NONE}};
    for (size_t k = 0; k < REACH_NEEDS_MAX; k++) {
        uint32_t need = c->r->edge_need[edge][k];
        if (need == ID_NONE)
            break;
        s.inputs[k] = here->holder[need];
        if (s.inputs[k] == ID_NONE && wide)
            s.inputs[k] = wide->holder[need];
    }
    *ARENA_PUSH(c->a, &c->steps) = s;
    give(c, namespace, (uint32_t)c->steps.n - 1);
}

/* The ways that need any of `fresh`, when all of their needs are met in the namespace. */
static void try_edges(struct closure *c, uint32_t namespace, uint64_t fresh)
{
    struct row *row = c->rows[namespace];
    uint64_t have = row->needs | (c->rows[0] ? c->rows[0]->needs : 0);
    uint64_t done = row->fired | (c->rows[0] ? c->rows[0]->fired : 0);
    for (uint32_t e = 0; e < reach_n_edges && !c->everything; e++) {
        uint64_t needs = c->r->edge_needs[e], bit = (uint64_t)1 << e;
        if (!(needs & fresh) || (needs & ~have) || (!is_named(reach_edges[e].gain) && done & bit))
            continue;
        row->fired |= bit;
        fire(c, e, namespace);
    }
}

static void take(struct closure *c, uint32_t index)
{
    const struct hold h = c->holds.items[index];
    struct row *row = c->rows[h.namespace];
    uint64_t needs = h.namespace == 0 ? c->r->full[h.set] : c->r->inside[h.set];
    for (uint64_t left = needs & ~row->needs; left; left &= left - 1)
        row->holder[__builtin_ctzll(left)] = index;
    row->needs |= needs;
    if (!needs)
        return;
    try_edges(c, h.namespace, needs);
    for (size_t i = 0; h.namespace == 0 && i < c->namespaces.n; i++)
        if (c->namespaces.items[i] != 0)
            try_edges(c, c->namespaces.items[i], needs);
}

void reach_close(struct closure *c, const uint32_t *subjects, size_t n)
{
    c->rows = ARENA_ARRAY(c->a, c->r->x->u->namespaces.n, struct row *);
    c->in = ARENA_ARRAY(c->a, access_n_subjects(c->r->x->u) + 1, bool);
    for (size_t i = 0; i < n; i++)
        add_cells(c, subjects[i], ID_NONE, subjects[i]);
    for (size_t i = 0; i < n; i++)
        add_subject(c, subjects[i], ID_NONE, subjects[i]);
    for (uint32_t i = 0; i < c->holds.n && !c->everything; i++)
        take(c, i);
}
