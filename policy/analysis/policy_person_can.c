#include "policy/analysis/policy_person_can.h"

#include <stdlib.h>

#include "base/clock.h"
#include "policy/analysis/policy_person_diff.h"
#include "policy/analysis/policy_words.h"
#include "policy/resolve/resolved.h"

#define REASONS_MAX 8

struct gather {
    const struct policy_at *at;
    struct access_profiles *profiles;
    struct access_profile who;
    struct str username;
};
struct texts {
    struct str *items;
    size_t n, cap;
};

static struct access_profile profile_of(const struct policy_at *at, const struct access *x,
                                        struct str username)
{
    struct policy_people p = {.at = *at, .access = x};
    struct strs groups = policy_person_groups(at->policy, username);
    p.everybody = access_subject_id(x, RBAC_GROUP, STR("system:authenticated"));
    return policy_people_imagine(&p, username, groups.items, groups.n);
}

/* --- places */

static bool same_names(struct strs a, struct strs b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (!str_eq(a.items[i], b.items[i]))
            return false;
    return true;
}

static struct strs names_of_space(const struct policy_at *at, size_t space)
{
    const struct ids *ids = &at->policy->spaces[space].namespaces[at->site];
    const struct policy_cluster *cluster = at->policy->sites[at->site].cluster;
    struct str *names = ARENA_ARRAY(at->arena, ids->n, struct str);
    for (size_t i = 0; i < ids->n; i++)
        names[i] = cluster->namespaces[ids->items[i]].name;
    if (ids->n > 1)
        qsort(names, ids->n, sizeof(*names), str_order);
    return (struct strs){names, ids->n};
}

static struct str place_of(const struct policy_at *at, struct strs namespaces)
{
    auto_buf text = BUF_INIT(65536);
    if (namespaces.items[0].n == 0)
        return STR("the whole cluster");
    if (namespaces.n == 1)
        return namespaces.items[0];
    for (size_t i = 0; i < at->policy->tree->spaces.n; i++)
        if (same_names(names_of_space(at, i), namespaces))
            return arena_fmt(at->arena, "space %.*s (%zu namespaces)",
                             STR_F(at->policy->tree->spaces.items[i].name.text), namespaces.n);
    buf_fmt(&text, "%zu namespaces (", namespaces.n);
    policy_list(&text, namespaces, 6);
    buf_char(&text, ')');
    return arena_str(at->arena, buf_str(&text));
}

/* --- reasons */

static void add_text(struct arena *a, struct texts *out, struct str text)
{
    if (out->n < REASONS_MAX && !strs_has((struct strs){out->items, out->n}, text))
        *ARENA_PUSH(a, out) = text;
}

static struct str role_word(const struct rbac_object *role)
{
    struct str prefix = STR(RBAC_PREFIX);
    return str_starts(role->name, prefix) ? str_from_to(role->name, prefix.n, role->name.n)
                                          : role->name;
}

static void add_reason(struct gather *g, const struct access_origin *o, struct texts *out)
{
    struct arena *a = g->at->arena;
    uint32_t *teams = NULL;
    size_t n =
        o->subject->kind == RBAC_GROUP ? policy_teams_of_group(g->at, o->subject->name, &teams) : 0;
    for (size_t i = 0; i < n; i++) {
        struct str through = policy_membership(g->at, g->username, teams[i]);
        if (through.n)
            add_text(a, out,
                     arena_fmt(a, "%.*s -> team %.*s: role %.*s%s%.*s%s", STR_F(through),
                               STR_F(g->at->policy->tree->teams.items[teams[i]].name.text),
                               STR_F(role_word(o->role)), o->subject->src.n ? " (" : "",
                               STR_F(o->subject->src), o->subject->src.n ? ")" : ""));
    }
    if (n == 0)
        add_text(a, out,
                 arena_fmt(a, "%s %.*s: %s %.*s%s%.*s -> %.*s",
                           rbac_subject_kind_name(o->subject->kind), STR_F(o->subject->name),
                           rbac_kind_name(o->binding->kind), STR_F(o->binding->namespace),
                           o->binding->namespace.n ? "/" : "", STR_F(o->binding->name),
                           STR_F(o->role->name)));
}

static struct strs reasons_of(struct gather *g, const struct access_delta *delta)
{
    struct texts out = {0};
    struct access_origins origins =
        access_profiles_origins(g->profiles, (struct access_profile){0}, g->who, delta, true);
    for (size_t i = 0; i < origins.n; i++)
        add_reason(g, &origins.items[i], &out);
    return (struct strs){out.items, out.n};
}

/* --- what is held */

static int held_order(const void *a, const void *b)
{
    const struct policy_held *x = a, *y = b;
    bool wide_x = x->namespaces.items[0].n == 0, wide_y = y->namespaces.items[0].n == 0;
    if (wide_x != wide_y)
        return wide_x ? -1 : 1;
    if (x->namespaces.n != y->namespaces.n)
        return x->namespaces.n > y->namespaces.n ? -1 : 1;
    return str_cmp(x->namespaces.items[0], y->namespaces.items[0]);
}

struct policy_held_list policy_person_held(const struct policy_at *at, const struct access *x,
                                           struct str username)
{
    struct gather g = {at, access_profiles_new(x, x, at->arena), profile_of(at, x, username),
                       username};
    const struct access_deltas *all = access_profiles_held(g.profiles, g.who);
    struct policy_held_list out = {0};
    bool *done = ARENA_ARRAY(at->arena, all->n, bool);
    for (size_t i = 0; i < all->n; i++) {
        struct str *names = ARENA_ARRAY(at->arena, all->n, struct str);
        size_t n = 0;
        for (size_t k = i; k < all->n && !done[i]; k++) {
            if (all->items[k].gained != all->items[i].gained)
                continue;
            done[k] = k != i;
            names[n++] = access_profiles_namespace(g.profiles, all->items[k].namespace);
        }
        struct access_lines lines = access_profiles_lines(g.profiles, all->items[i].gained);
        if (n == 0 || lines.n == 0)
            continue;
        struct strs namespaces = {names, n};
        *ARENA_PUSH(at->arena, &out) = (struct policy_held){
            place_of(at, namespaces), namespaces, policy_words(lines.items, lines.n, at->arena),
            lines, reasons_of(&g, &all->items[i])};
    }
    if (out.n > 1)
        qsort(out.items, out.n, sizeof(*out.items), held_order);
    return out;
}

size_t policy_person_requests(const struct policy_at *at, struct str username,
                              uint32_t **ret_requests)
{
    const struct policy *p = at->policy;
    struct ids out = {0};
    for (uint32_t i = 0; i < p->tree->requests.n; i++) {
        const struct request *r = &p->requests[i];
        if (r->usable && r->sites & site_bit(at->site) &&
            policy_membership(at, username, r->team).n)
            *ARENA_PUSH(at->arena, &out) = i;
    }
    *ret_requests = out.items;
    return out.n;
}

/* --- one question */

static bool carries(const struct policy_at *at, struct str username, const struct rbac_user *user,
                    const struct policy_holder *h, struct str *ret_through)
{
    const struct rbac_reason *r = &h->holder.reason;
    if (h->kind == HOLDER_REQUEST || h->kind == HOLDER_BREAKGLASS ||
        !rbac_subject_is(r->subject, r->binding->namespace, user))
        return false;
    *ret_through = h->team == ID_NONE ? STR_NONE : policy_membership(at, username, h->team);
    return h->team == ID_NONE || ret_through->n > 0;
}

bool policy_person_may(const struct policy_at *at, const struct access *x, struct str username,
                       const struct rbac_question *q, struct policy_answer *ret)
{
    struct rbac_user user = policy_user(at, username);
    struct policy_holders holders = policy_who_can(at, x, q);
    for (size_t i = 0; i < holders.n; i++)
        if (carries(at, username, &user, &holders.items[i], &ret->through)) {
            ret->holder = holders.items[i];
            return true;
        }
    return false;
}
