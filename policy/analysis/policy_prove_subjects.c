/* Who is behind a subject of a binding: how each of our groups gets into a token, which subjects a
 * member of a team can carry, and which belong to Kubernetes itself. */
#include "policy/analysis/policy_prove_inside.h"
#include "policy/rbac/service_account.h"

/* --- carriers */

struct filling {
    const struct policy *p;
    struct arena *a;
    size_t site;
    struct carriers *out;
};

static void carry(struct filling *f, struct str name, struct carrier c)
{
    struct carriers *out = f->out;
    size_t n_teams = f->p->tree->teams.n;
    uint32_t id = (uint32_t)n_teams + intern_add(&out->others, name);
    out->n = n_teams + out->others.n;
    if (id == out->cap) { /* a name is new: ids are given in turn */
        size_t cap = out->cap * 2;
        struct carrier_list *lists = ARENA_ARRAY(f->a, cap, struct carrier_list);
        memcpy(lists, out->lists, id * sizeof(*lists));
        out->lists = lists;
        out->cap = cap;
    }
    *ARENA_PUSH(f->a, &out->lists[id]) = c;
    if (c.team == ID_NONE)
        return;
    struct ids *mine = &out->of_team[c.team];
    if (mine->n == 0 || mine->items[mine->n - 1] != id)
        *ARENA_PUSH(f->a, mine) = id;
}

static struct str prefixed(const struct filling *f, struct str name)
{
    return CONCAT(f->a, STR(RBAC_PREFIX), name);
}

static void carry_minted(struct filling *f, const struct ids *spaces, uint32_t role,
                         struct carrier c)
{
    const struct policy *p = f->p;
    if (p->roles[role].cluster)
        carry(f, prefixed(f, jit_group(p, ID_NONE, role, f->a)), c);
    for (size_t i = 0; !p->roles[role].cluster && i < spaces->n; i++)
        if (p->spaces[spaces->items[i]].sites & site_bit(f->site))
            carry(f, prefixed(f, jit_group(p, spaces->items[i], role, f->a)), c);
}

static void carry_ci(struct filling *f, uint32_t id)
{
    const struct ci *ci = &f->p->ci[id];
    if (ci->group.n > 0)
        carry(f, prefixed(f, ci->group), (struct carrier){CARRY_CI, ID_NONE, id});
    if (ci->sa_name.n > 0)
        carry(f, service_account_user(f->a, ci->sa_namespace, ci->sa_name),
              (struct carrier){CARRY_CI, ID_NONE, id});
}

static void carry_requests(struct filling *f)
{
    const struct policy *p = f->p;
    for (uint32_t i = 0; i < p->tree->requests.n; i++) {
        const struct request *r = &p->requests[i];
        if (r->usable && r->sites & site_bit(f->site))
            carry_minted(f, &r->spaces, r->role, (struct carrier){CARRY_REQUEST, r->team, i});
    }
    for (uint32_t i = 0; i < p->tree->breakglass.n; i++) {
        const struct breakglass *b = &p->breakglass[i];
        if (b->usable && b->sites & site_bit(f->site))
            carry(f, CONCAT(f->a, STR(RBAC_PREFIX "bg:"), p->tree->roles.items[b->role].name.text),
                  (struct carrier){CARRY_BREAKGLASS, b->team, i});
    }
}

/* Each team its own group: in one go, for there are many. */
static void carry_teams(struct filling *f)
{
    const struct policy *p = f->p;
    struct carriers *out = f->out;
    size_t n = p->tree->teams.n;
    struct carrier *carriers = ARENA_ARRAY(f->a, n, struct carrier);
    uint32_t *ids = ARENA_ARRAY(f->a, n, uint32_t);
    out->of_team = ARENA_ARRAY(f->a, n, struct ids);
    out->n = n;
    out->cap = n + 64;
    out->lists = ARENA_ARRAY(f->a, out->cap, struct carrier_list);
    for (uint32_t i = 0; i < n; i++) {
        ids[i] = i;
        carriers[i] = (struct carrier){CARRY_TEAM, i, i};
        out->lists[i] = (struct carrier_list){&carriers[i], 1, 1};
        out->of_team[i] = (struct ids){&ids[i], 1, 1};
    }
}

void carriers_make(const struct policy *p, size_t site, struct arena *a, struct carriers *out)
{
    struct filling f = {p, a, site, out};
    const struct policy_tree *t = p->tree;
    *out = (struct carriers){.policy = p, .others = {.arena = a}};
    carry_teams(&f);
    for (uint32_t i = 0; i < t->grants.n; i++) {
        const struct grant *g = &p->grants[i];
        if (g->usable && g->timed && g->sites & site_bit(site))
            carry_minted(&f, &g->spaces, g->role, (struct carrier){CARRY_GRANT, g->team, i});
    }
    carry_requests(&f);
    for (uint32_t i = 0; i < t->ci.n; i++)
        if (p->ci[i].usable)
            carry_ci(&f, i);
}

uint32_t carriers_find(const struct carriers *c, struct str group)
{
    struct str prefix = STR(RBAC_PREFIX "team:");
    if (str_starts(group, prefix))
        return intern_find(&c->policy->team_ids, str_from_to(group, prefix.n, group.n));
    uint32_t id = intern_find(&c->others, group);
    return id == ID_NONE ? ID_NONE : (uint32_t)c->policy->tree->teams.n + id;
}

struct str carriers_name(const struct carriers *c, uint32_t name)
{
    size_t n_teams = c->policy->tree->teams.n;
    return name < n_teams ? c->policy->team_groups[name] : c->others.items[name - n_teams];
}

const struct carrier_list *carriers_of(const struct carriers *c, struct str group)
{
    static const struct carrier_list nobody = {0};
    uint32_t id = carriers_find(c, group);
    return id == ID_NONE ? &nobody : &c->lists[id];
}

/* --- subjects of the universe */

struct rbac_subject prove_subject(const struct universe *u, uint32_t subject)
{
    struct rbac_subject s = {.kind = RBAC_GROUP};
    if (subject < u->subject_groups.n) {
        s.name = u->subject_groups.items[subject];
        return s;
    }
    subject -= (uint32_t)u->subject_groups.n;
    if (subject < u->subject_users.n) {
        s.kind = RBAC_USER;
        s.name = u->subject_users.items[subject];
        return s;
    }
    struct str user = u->subject_accounts.items[subject - u->subject_users.n], rest;
    size_t prefix = sizeof("system:serviceaccount:") - 1;
    s.kind = RBAC_SERVICE_ACCOUNT;
    rest = str_from_to(user, prefix, user.n);
    str_split(rest, ':', &s.namespace, &s.name);
    return s;
}

struct str prove_subject_text(const struct rbac_subject *s, struct arena *a)
{
    bool inside = s->kind == RBAC_SERVICE_ACCOUNT;
    return CONCAT(a, STR_C(rbac_subject_kind_name(s->kind)), STR(" "),
                  inside ? s->namespace : STR_NONE, inside ? STR("/") : STR_NONE, s->name);
}

uint32_t prove_group(const struct prove_site *s, struct str group)
{
    return intern_find(&s->x->u->subject_groups, group);
}

/* What the API server makes itself at each start (bootstrappolicy): its label, a name of its own,
 * and subjects that only the control plane has. */
bool prove_is_control_plane(const struct rbac_object *binding, const struct rbac_subject *s)
{
    static const struct str of_everybody[] = {{"system:authenticated", 20},
                                              {"system:unauthenticated", 22},
                                              {"system:anonymous", 16},
                                              {"system:serviceaccounts", 22}};
    const struct strs everybody = {of_everybody, sizeof(of_everybody) / sizeof(*of_everybody)};
    if (!str_is(pairs_get(&binding->labels, STR("kubernetes.io/bootstrapping")), "rbac-defaults") ||
        !(str_starts(binding->name, STR("system:")) || str_is(binding->name, "cluster-admin")))
        return false;
    if (s->kind == RBAC_SERVICE_ACCOUNT)
        return str_is(s->namespace.n ? s->namespace : binding->namespace, "kube-system");
    return str_starts(s->name, STR("system:")) && !strs_has(everybody, s->name) &&
           !str_starts(s->name, STR("system:serviceaccounts:"));
}

/* A subject is Kubernetes' own when all of its bindings are. */
static void find_control_plane(struct prover *v, struct prove_site *s)
{
    uint32_t n = access_n_subjects(s->x->u);
    const struct rbac_set *set = access_set(s->x);
    bool *other = ARENA_ARRAY(v->a, n + 1, bool);
    s->control_plane = ARENA_ARRAY(v->a, n + 1, bool);
    for (size_t i = 0; i < set->n; i++) {
        const struct rbac_object *o = &set->items[i];
        bool labelled = o->labels.n > 0 && !rbac_is_managed(o);
        for (size_t k = 0; labelled && k < o->n_subjects; k++) {
            uint32_t id = access_coded(s->x->u, s->x->subjects[i][k]);
            if (id != ID_NONE && prove_is_control_plane(o, &o->subjects[k]))
                s->control_plane[id] = true;
        }
    }
    for (size_t i = 0; i < set->n; i++) {
        const struct rbac_object *o = &set->items[i];
        for (size_t k = 0; k < o->n_subjects && !rbac_is_managed(o); k++) {
            uint32_t id = access_coded(s->x->u, s->x->subjects[i][k]);
            if (id != ID_NONE && !prove_is_control_plane(o, &o->subjects[k]))
                other[id] = true;
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        s->control_plane[i] = s->control_plane[i] && !other[i];
        s->n_control_plane += s->control_plane[i];
    }
}

static void make_site(struct prover *v, size_t site)
{
    struct prove_site *s = &v->sites[site];
    s->x = v->in->accesses[site];
    s->cluster = v->p->sites[site].cluster;
    if (!s->x || !s->cluster) {
        s->x = NULL;
        return;
    }
    const struct universe *u = s->x->u;
    carriers_make(v->p, site, v->a, &s->carriers);
    s->namespaced = mask_namespaced(u, v->a);
    s->namespace_of = ARENA_ARRAY(v->a, s->cluster->n_namespaces + 1, uint32_t);
    for (size_t i = 0; i < s->cluster->n_namespaces; i++)
        s->namespace_of[i] = intern_find(&u->namespaces, s->cluster->namespaces[i].name);
    s->everybody = prove_group(s, STR("system:authenticated"));
    s->team_subject = ARENA_ARRAY(v->a, v->p->tree->teams.n, uint32_t);
    for (size_t i = 0; i < v->p->tree->teams.n; i++)
        s->team_subject[i] = prove_group(s, v->p->team_groups[i]);
    find_control_plane(v, s);
    v->out.n_control_plane += s->n_control_plane;
}

void prove_sites_make(struct prover *v)
{
    size_t n = v->p->tree->sites.n;
    v->sites = ARENA_ARRAY(v->a, n + 1, struct prove_site);
    for (size_t i = 0; i < n; i++)
        make_site(v, i);
}

/* --- the subjects of a team, of a person */

static bool is_person(const struct rbac_subject *s)
{
    return s->kind == RBAC_USER && str_starts(s->name, STR(RBAC_PREFIX));
}

static bool has_id(const struct ids *ids, uint32_t id)
{
    for (size_t i = 0; i < ids->n; i++)
        if (ids->items[i] == id)
            return true;
    return false;
}

struct ids prove_team_subjects(const struct prover *v, size_t site, uint32_t team)
{
    const struct prove_site *s = &v->sites[site];
    const struct universe *u = s->x->u;
    const struct ids *names = &s->carriers.of_team[team];
    struct ids out = {0};
    for (size_t i = 0; i < names->n; i++) {
        uint32_t id = prove_group(s, carriers_name(&s->carriers, names->items[i]));
        if (id != ID_NONE && !has_id(&out, id))
            *ARENA_PUSH(v->a, &out) = id;
    }
    for (uint32_t i = 0; i < u->subject_users.n; i++) {
        uint32_t id = (uint32_t)u->subject_groups.n + i;
        struct rbac_subject user = prove_subject(u, id);
        if (!is_person(&user))
            continue;
        struct str name = str_from_to(user.name, sizeof(RBAC_PREFIX) - 1, user.name.n);
        struct ids teams = prove_person_teams(v, name, true);
        if (has_id(&teams, team))
            *ARENA_PUSH(v->a, &out) = id;
    }
    return out;
}

static bool can_join(const struct policy *p, uint32_t team, struct str username)
{
    const struct policy_team *t = &p->tree->teams.items[team];
    for (size_t i = 0; i < t->drop.n; i++)
        if (str_eq(t->drop.items[i].text, username))
            return false;
    return t->from.n > 0;
}

/* At any date. */
static bool is_added(const struct policy *p, uint32_t team, struct str username)
{
    const struct policy_team *t = &p->tree->teams.items[team];
    for (size_t i = 0; i < t->add.n; i++)
        if (str_eq(t->add.items[i].person.text, username))
            return true;
    return false;
}

static bool is_dropped(const struct policy *p, uint32_t team, struct str username)
{
    const struct policy_team *t = &p->tree->teams.items[team];
    for (size_t i = 0; i < t->drop.n; i++)
        if (str_eq(t->drop.items[i].text, username))
            return true;
    return false;
}

/* Besides what the directory says of today. */
static bool may_be_in(const struct policy *p, uint32_t team, struct str username)
{
    return !is_dropped(p, team, username) &&
           (is_added(p, team, username) || (!p->in->directory && can_join(p, team, username)));
}

/* any_date: also what `add` gives only for a time, and without a directory every team that takes
 * its people from there. Otherwise what holds at all dates, or at the prover's moment. */
struct ids prove_person_teams(const struct prover *v, struct str username, bool any_date)
{
    const struct policy *p = v->p;
    struct ids out = {0};
    struct snapshot_subject subject = {.username = username};
    struct membership m = {0};
    uint32_t id = intern_find(&p->people, username);
    if (p->in->directory && id != ID_NONE) {
        subject.group_ids = p->in->directory->people[id].group_ids.items;
        subject.n_group_ids = p->in->directory->people[id].group_ids.n;
    }
    const bool moment = v->moment && !any_date; /* else only an `add` for good is left */
    const struct policy_at at = {p, 0, moment ? v->in->now_ms : INT64_MAX, v->a};
    if (!members_of_person(&at, &subject, &m))
        return out;
    uint32_t named = intern_find(&p->named, username);
    bool added = named != ID_NONE && p->adds_of_person[named].n > 0;
    if (!any_date || (!added && p->in->directory))
        return m.teams;
    for (uint32_t team = 0; team < p->tree->teams.n; team++)
        if (has_id(&m.teams, team) || may_be_in(p, team, username))
            *ARENA_PUSH(v->a, &out) = team;
    return out;
}
