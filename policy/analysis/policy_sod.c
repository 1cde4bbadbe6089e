/* Separation of duties, by person: for each thing the most direct way to it, and whoever has a way
 * to all of them. */
#include "policy/analysis/policy_sod.h"

#include <stdlib.h>

#include "policy/analysis/policy_prove_inside.h"

struct sod {
    struct prover v;
    const struct sod_duty *duties;
    size_t n;
    const struct invariant *inv;            /* NULL: asked for by itself, everywhere */
    const struct policy_invariant *written; /* beside it */
    struct sod_has **of_team;               /* by duty, team: how a member has it */
    struct sod_has *of_anybody;             /* by duty: what every token has */
    struct sod_findings out;
};

/* --- how a team has a permission */

static const char *const route_words[] = {
    [SOD_NONE] = "",
    [SOD_HELD] = "held through",
    [SOD_TIME_BOXED] = "held for a time through",
    [SOD_REQUEST] = "may ask for it through",
    [SOD_BREAKGLASS] = "by break-glass through",
    [SOD_LEAD] = "approves as lead of",
    [SOD_APPROVER] = "approves as member of",
};

static enum sod_route route_of(enum carrier_kind kind)
{
    switch (kind) {
    case CARRY_TEAM:
    case CARRY_CI: return SOD_HELD;
    case CARRY_GRANT: return SOD_TIME_BOXED;
    case CARRY_REQUEST: return SOD_REQUEST;
    case CARRY_BREAKGLASS: return SOD_BREAKGLASS;
    }
    return SOD_NONE;
}

static void offer(struct sod_has *have, enum sod_route route, uint32_t team, struct str text)
{
    if (have->route == SOD_NONE || route < have->route)
        *have = (struct sod_has){route, team, text};
}

static struct str team_name(const struct sod *s, uint32_t team)
{
    return s->v.p->tree->teams.items[team].name.text;
}

/* A duty on one site: as an invariant that holds in its space. */
struct duty_site {
    size_t site;
    struct permission_mask full, inside;
    struct spot spot;
};

static bool duty_at(const struct sod *s, size_t duty, size_t site, struct duty_site *ret)
{
    const struct sod_duty *d = &s->duties[duty];
    static const struct invariant everywhere = {.place.sites = UINT64_MAX};
    if (!s->v.sites[site].x)
        return false;
    *ret = (struct duty_site){.site = site};
    ret->spot = prove_spot_of(&s->v, site, s->inv ? s->inv : &everywhere, ID_NONE, d->space);
    if (ret->spot.nowhere)
        return false;
    ret->spot.asked = d->duty;
    ret->full = prove_mask(&s->v, site, d->duty, s->written);
    ret->inside = prove_inside(&s->v, site, &ret->full);
    return true;
}

/* The example of the first cell where the subject has it. */
static const struct prove_example *has_duty(const struct sod *s, const struct duty_site *d,
                                            uint32_t subject)
{
    const struct access *x = s->v.sites[d->site].x;
    for (size_t i = x->first_cell[subject]; i < x->first_cell[subject + 1]; i++) {
        const struct cell_at cell = {(uint32_t)d->site, subject, (uint32_t)x->cells[i].key};
        bool wide = cell.namespace == 0 && d->spot.everywhere;
        if ((cell.namespace == 0 || prove_spot_has(&d->spot, cell.namespace)) &&
            mask_meets(wide ? &d->full : &d->inside, x->items[x->cells[i].value].w))
            return prove_example(&s->v, &cell, wide ? &d->full : &d->inside, &d->spot);
    }
    return NULL;
}

static struct str has_text(const struct sod *s, enum sod_route route, struct str whom,
                           const struct prove_example *e)
{
    struct arena *a = s->v.a;
    const struct rbac_object *o = e->reason.binding;
    struct str src = e->reason.subject->src.n ? e->reason.subject->src : o->src;
    return CONCAT(a, STR_C(route_words[route]), STR(" "), whom, STR(": "),
                  s->v.p->tree->sites.items[e->site].name.text, STR(", "),
                  prove_question_text(&e->question, a), STR(", "),
                  prove_subject_text(e->reason.subject, a), STR(" in "),
                  STR_C(rbac_kind_name(o->kind)), STR(" "), o->name, src.n ? STR(" (") : STR_NONE,
                  src, src.n ? STR(")") : STR_NONE);
}

static void names_in(const struct sod *s, size_t site, uint32_t namespace, struct ids *out)
{
    const struct prove_site *at = &s->v.sites[site];
    const struct access *x = at->x;
    const struct target_list *bindings = &x->bindings[namespace];
    for (size_t i = 0; i < bindings->n; i++) {
        const struct rbac_object *o = &x->set->items[bindings->items[i]];
        for (size_t k = 0; k < o->n_subjects; k++) {
            uint32_t subject = access_coded(x->u, x->subjects[bindings->items[i]][k]);
            uint32_t name = subject < x->u->subject_groups.n
                                ? carriers_find(&at->carriers, x->u->subject_groups.items[subject])
                                : ID_NONE;
            if (name != ID_NONE)
                *ARENA_PUSH(s->v.a, out) = name;
        }
    }
}

/* Names whose cells there can count: all of them, or those bound cluster-wide and in the few
 * namespaces it is about. */
static struct ids names_at(const struct sod *s, const struct duty_site *d)
{
    struct ids out = {0};
    if (d->spot.everywhere) {
        for (uint32_t i = 0; i < s->v.sites[d->site].carriers.n; i++)
            *ARENA_PUSH(s->v.a, &out) = i;
        return out;
    }
    names_in(s, d->site, 0, &out);
    for (size_t i = 0; i < d->spot.inside.n; i++)
        names_in(s, d->site, d->spot.inside.items[i], &out);
    prove_sort(&out);
    return out;
}

static void teams_of_site(struct sod *s, size_t duty, const struct duty_site *d)
{
    const struct prove_site *site = &s->v.sites[d->site];
    struct ids names = names_at(s, d);
    for (size_t n = 0; n < names.n; n++) {
        uint32_t name = names.items[n];
        uint32_t subject = prove_group(site, carriers_name(&site->carriers, name));
        const struct prove_example *e = subject == ID_NONE ? NULL : has_duty(s, d, subject);
        const struct carrier_list *list = &site->carriers.lists[name];
        for (size_t i = 0; e && i < list->n; i++) {
            const struct carrier *c = &list->items[i];
            if (c->team == ID_NONE)
                continue;
            enum sod_route route = route_of(c->kind);
            struct sod_has *have = &s->of_team[duty][c->team];
            if (have->route != SOD_NONE && have->route <= route)
                continue;
            struct str whom = CONCAT(s->v.a, STR("team "), team_name(s, c->team));
            offer(have, route, c->team, has_text(s, route, whom, e));
        }
    }
    const struct prove_example *e =
        site->everybody == ID_NONE ? NULL : has_duty(s, d, site->everybody);
    if (e)
        offer(&s->of_anybody[duty], SOD_HELD, ID_NONE, has_text(s, SOD_HELD, STR("everybody"), e));
}

/* --- approvals */

static void teams_that_approve(struct sod *s, size_t duty)
{
    const struct policy *p = s->v.p;
    const struct request *r = &p->requests[s->duties[duty].request];
    struct str name = p->tree->requests.items[s->duties[duty].request].name.text;
    struct str src = src_of(s->v.a, &p->tree->requests.items[s->duties[duty].request].name.pos);
    for (size_t i = 0; i < r->n_stages; i++)
        for (size_t k = 0; k < r->stages[i].teams.n; k++) {
            uint32_t team = r->stages[i].teams.items[k];
            offer(&s->of_team[duty][team], SOD_APPROVER, team,
                  CONCAT(s->v.a, STR("approves "), name, STR(" as member of team "),
                         team_name(s, team), STR(" ("), src, STR(")")));
        }
}

static bool leads(const struct policy *p, const struct request *r, struct str username)
{
    for (size_t i = 0; i < r->n_stages; i++)
        if (r->stages[i].lead && str_eq(p->tree->teams.items[r->team].lead.text, username))
            return true;
    return false;
}

/* --- a person */

static struct sod_has own_name(const struct sod *s, size_t duty, struct str username)
{
    struct sod_has have = {.team = ID_NONE};
    struct str user = CONCAT(s->v.a, STR(RBAC_PREFIX), username);
    for (size_t site = 0; site < s->v.p->tree->sites.n; site++) {
        const struct prove_site *at = &s->v.sites[site];
        struct duty_site d;
        uint32_t id = at->x ? intern_find(&at->x->u->subject_users, user) : ID_NONE;
        if (id == ID_NONE || !duty_at(s, duty, site, &d))
            continue;
        const struct prove_example *e = has_duty(s, &d, (uint32_t)at->x->u->subject_groups.n + id);
        if (e)
            offer(&have, SOD_HELD, ID_NONE, has_text(s, SOD_HELD, STR("the own name"), e));
    }
    return have;
}

static struct sod_has person_has(const struct sod *s, size_t duty, struct str username,
                                 const struct ids *teams)
{
    const struct policy *p = s->v.p;
    struct sod_has have = s->of_anybody[duty];
    if (s->duties[duty].request != ID_NONE) {
        uint32_t id = s->duties[duty].request;
        const struct request *r = &p->requests[id];
        if (leads(p, r, username))
            offer(&have, SOD_LEAD, r->team,
                  CONCAT(s->v.a, STR("approves "), p->tree->requests.items[id].name.text,
                         STR(" as lead of team "), team_name(s, r->team), STR(" ("),
                         src_of(s->v.a, &p->tree->requests.items[id].name.pos), STR(")")));
    } else {
        struct sod_has mine = own_name(s, duty, username);
        if (mine.route != SOD_NONE)
            offer(&have, mine.route, mine.team, mine.text);
    }
    for (size_t i = 0; i < teams->n; i++) {
        const struct sod_has *of = &s->of_team[duty][teams->items[i]];
        if (of->route != SOD_NONE)
            offer(&have, of->route, of->team, of->text);
    }
    return have;
}

static void ask_person(struct sod *s, struct str username)
{
    struct ids teams = prove_person_teams(&s->v, username, true);
    struct sod_has *has = ARENA_ARRAY(s->v.a, s->n, struct sod_has);
    for (size_t i = 0; i < s->n; i++) {
        has[i] = person_has(s, i, username, &teams);
        if (has[i].route == SOD_NONE)
            return;
    }
    struct str *names = ARENA_ARRAY(s->v.a, teams.n + 1, struct str);
    for (size_t i = 0; i < teams.n; i++)
        names[i] = team_name(s, teams.items[i]);
    *ARENA_PUSH(s->v.a, &s->out) = (struct sod_finding){username, {names, teams.n}, has};
}

/* Everybody who is named anywhere, sorted: the directory, `add`, leads; without a directory also
 * the users that bindings name, for they may be in any team. */
static struct strs everybody(const struct prover *v)
{
    const struct policy *p = v->p;
    struct {
        struct str *items;
        size_t n, cap;
    } all = {0};
    for (size_t i = 0; p->in->directory && i < p->in->directory->n_people; i++)
        *ARENA_PUSH(v->a, &all) = p->in->directory->people[i].username;
    for (size_t i = 0; i < p->named.n; i++)
        *ARENA_PUSH(v->a, &all) = p->named.items[i];
    for (size_t i = 0; i < p->tree->teams.n; i++)
        if (p->tree->teams.items[i].lead.text.n > 0)
            *ARENA_PUSH(v->a, &all) = p->tree->teams.items[i].lead.text;
    for (size_t site = 0; !p->in->directory && v->sites && site < p->tree->sites.n; site++) {
        const struct access *x = v->sites[site].x;
        struct str prefix = STR(RBAC_PREFIX);
        for (size_t i = 0; x && i < x->u->subject_users.n; i++) {
            struct str user = x->u->subject_users.items[i];
            if (user.n > prefix.n && str_starts(user, prefix))
                *ARENA_PUSH(v->a, &all) = str_from_to(user, prefix.n, user.n);
        }
    }
    return strs_sorted(v->a, (struct strs){all.items, all.n});
}

/* How many these are. */
static size_t n_everybody(const struct prover *v)
{
    const struct policy *p = v->p;
    struct intern others = {.arena = v->a};
    for (size_t i = 0; i < p->named.n; i++)
        if (intern_find(&p->people, p->named.items[i]) == ID_NONE)
            intern_add(&others, p->named.items[i]);
    for (size_t i = 0; i < p->tree->teams.n; i++) {
        struct str lead = p->tree->teams.items[i].lead.text;
        if (lead.n > 0 && intern_find(&p->people, lead) == ID_NONE)
            intern_add(&others, lead);
    }
    return p->people.n + others.n;
}

/* The duty that the fewest teams have; SIZE_MAX: every token has all of them. */
static size_t rarest(const struct sod *s)
{
    size_t best = SIZE_MAX, n_best = SIZE_MAX;
    for (size_t i = 0; i < s->n; i++) {
        size_t n = 0;
        for (size_t team = 0; team < s->v.p->tree->teams.n; team++)
            n += s->of_team[i][team].route != SOD_NONE;
        if (s->of_anybody[i].route != SOD_NONE || n >= n_best)
            continue;
        best = i;
        n_best = n;
    }
    return best;
}

struct people {
    struct str *items;
    size_t n, cap;
};

static void add_members(const struct prover *v, uint32_t team, struct people *out)
{
    const struct policy *p = v->p;
    const struct ids *people = &p->teams[team].people;
    const struct policy_adds *adds = &p->tree->teams.items[team].add;
    for (size_t i = 0; i < people->n; i++)
        *ARENA_PUSH(v->a, out) = p->in->directory->people[people->items[i]].username;
    for (size_t i = 0; i < adds->n; i++)
        *ARENA_PUSH(v->a, out) = adds->items[i].person.text;
}

/* Whom a binding names by the own name. */
static void add_bound(const struct prover *v, size_t site, struct people *out)
{
    const struct access *x = v->sites[site].x;
    for (size_t i = 0; x && i < x->u->subject_users.n; i++) {
        struct str user = x->u->subject_users.items[i];
        if (!str_starts(user, STR(RBAC_PREFIX)))
            continue;
        user = str_from_to(user, sizeof(RBAC_PREFIX) - 1, user.n);
        if (intern_find(&v->p->people, user) != ID_NONE ||
            intern_find(&v->p->named, user) != ID_NONE)
            *ARENA_PUSH(v->a, out) = user;
    }
}

/* Everybody who can have all of it, and maybe some who cannot: who has the rarest duty. */
static struct strs suspects(const struct sod *s)
{
    const struct prover *v = &s->v;
    const struct policy *p = v->p;
    size_t duty = rarest(s);
    struct people out = {0};
    if (!p->in->directory || duty == SIZE_MAX)
        return everybody(v);
    for (uint32_t team = 0; team < p->tree->teams.n; team++) {
        if (s->of_team[duty][team].route != SOD_NONE)
            add_members(v, team, &out);
        if (p->tree->teams.items[team].lead.text.n > 0) /* leads approve, or are only named there */
            *ARENA_PUSH(v->a, &out) = p->tree->teams.items[team].lead.text;
    }
    for (size_t site = 0; site < p->tree->sites.n; site++)
        add_bound(v, site, &out);
    return strs_sorted(v->a, (struct strs){out.items, out.n});
}

/* --- without a directory: somebody whom nothing names, in the fewest teams that have all of it.
 * Only teams that take people from the directory take them; whoever an `add` names is asked by
 * name. */

struct cover {     /* the fewest teams for a subset of the things */
    uint32_t n;    /* one more than teams; 0: not to be had */
    uint32_t team; /* the last of them */
    uint32_t rest; /* the subset that the others have */
};

static uint32_t things_of(const struct sod *s, uint32_t team)
{
    uint32_t things = 0;
    for (size_t i = 0; i < s->n; i++)
        if (s->of_team[i][team].route != SOD_NONE)
            things |= (uint32_t)1 << i;
    return things;
}

/* With one more team, from each subset; the first of equals stays. */
static void cover_with(struct cover *covers, uint32_t all, uint32_t team, uint32_t things)
{
    for (uint32_t k = all + 1; k > 0; k--) {
        uint32_t have = k - 1, both = have | things;
        if (covers[have].n == 0 || both == have)
            continue;
        if (covers[both].n == 0 || covers[have].n + 1 < covers[both].n)
            covers[both] = (struct cover){covers[have].n + 1, team, have};
    }
}

static void ask_possible(struct sod *s)
{
    const struct policy *p = s->v.p;
    const uint32_t all = ((uint32_t)1 << s->n) - 1;
    struct cover *covers = ARENA_ARRAY(s->v.a, (size_t)all + 1, struct cover);
    bool *seen = ARENA_ARRAY(s->v.a, (size_t)all + 1, bool);
    struct sod_has *has = ARENA_ARRAY(s->v.a, s->n, struct sod_has);
    struct str *names = ARENA_ARRAY(s->v.a, s->n + 1, struct str);
    uint32_t anybodys = 0;
    size_t n_teams = 0;
    s->out.n_people++;
    for (size_t i = 0; i < s->n; i++) {
        has[i] = s->of_anybody[i];
        anybodys |= has[i].route != SOD_NONE ? (uint32_t)1 << i : 0;
    }
    covers[anybodys].n = 1;
    for (uint32_t team = 0; team < p->tree->teams.n; team++) {
        uint32_t things = things_of(s, team);
        if (p->tree->teams.items[team].from.n > 0 && !seen[things])
            cover_with(covers, all, team, things);
        seen[things] = seen[things] || p->tree->teams.items[team].from.n > 0;
    }
    if (covers[all].n == 0)
        return;
    for (uint32_t at = all; at != anybodys; at = covers[at].rest) {
        uint32_t team = covers[at].team;
        names[n_teams++] = team_name(s, team);
        for (size_t i = 0; i < s->n; i++) {
            const struct sod_has *of = &s->of_team[i][team];
            if (of->route != SOD_NONE)
                offer(&has[i], of->route, of->team, of->text);
        }
    }
    struct strs sorted = strs_sorted(s->v.a, (struct strs){names, n_teams});
    *ARENA_PUSH(s->v.a, &s->out) = (struct sod_finding){STR_NONE, sorted, has};
}

static struct sod_findings run(struct sod s)
{
    const struct prover *v = &s.v;
    const struct sod_duty *duties = s.duties;
    size_t n_teams = v->p->tree->teams.n, n = s.n;
    s.of_team = ARENA_ARRAY(v->a, n, struct sod_has *);
    s.of_anybody = ARENA_ARRAY(v->a, n, struct sod_has);
    for (size_t i = 0; i < n; i++) {
        s.of_team[i] = ARENA_ARRAY(v->a, n_teams, struct sod_has);
        for (size_t site = 0; site < v->p->tree->sites.n; site++) {
            struct duty_site d;
            if (duties[i].request == ID_NONE && duty_at(&s, i, site, &d))
                teams_of_site(&s, i, &d);
        }
        if (duties[i].request != ID_NONE)
            teams_that_approve(&s, i);
    }
    struct strs people = suspects(&s);
    s.out.n_people = v->p->in->directory ? n_everybody(v) : people.n;
    for (size_t i = 0; i < people.n; i++)
        ask_person(&s, people.items[i]);
    if (!v->p->in->directory && s.out.n == 0)
        ask_possible(&s);
    return s.out;
}

struct sod_findings policy_sod(const struct policy_proving *in, const struct sod_duty *duties,
                               size_t n)
{
    struct prover v = {.in = in, .p = in->policy, .a = in->arena};
    prove_sites_make(&v);
    return run((struct sod){.v = v, .duties = duties, .n = n});
}

/* --- as an invariant */

void prove_one_person(struct prover *v, uint32_t id, struct prove_result *r)
{
    const struct policy_invariant *written = r->invariant;
    const struct invariant *inv = &v->p->invariants[id];
    size_t n = written->can.n;
    struct sod_duty *duties = ARENA_ARRAY(v->a, n, struct sod_duty);
    for (size_t i = 0; i < n; i++)
        duties[i] =
            (struct sod_duty){&written->can.items[i], inv->duty_space[i], inv->duty_request[i]};
    struct sod_findings found =
        run((struct sod){.v = *v, .duties = duties, .n = n, .inv = inv, .written = written});
    struct prove_person *people = ARENA_ARRAY(v->a, found.n, struct prove_person);
    for (size_t i = 0; i < found.n; i++) {
        struct str *routes = ARENA_ARRAY(v->a, n, struct str);
        for (size_t k = 0; k < n; k++)
            routes[k] = found.items[i].has[k].text;
        people[i] = (struct prove_person){found.items[i].person, found.items[i].teams, {routes, n}};
    }
    for (size_t site = 0; site < v->p->tree->sites.n; site++)
        if (v->sites[site].x)
            r->sites |= site_bit(site);
    r->people = people;
    r->n_people = r->n_broken = found.n;
    r->n_asked = found.n_people;
    prove_assume(v, r,
                 v->p->in->directory
                     ? STR("people are in the teams that the directory and `add` give them, "
                           "at any date")
                     : STR("no directory: a person may be in any teams that take people"));
}

/* --- approving one's own request */

static void self_of(const struct prover *v, uint32_t id, struct str username,
                    const struct ids *teams, struct sod_selves *out)
{
    const struct policy *p = v->p;
    const struct request *r = &p->requests[id];
    const struct policy_request *written = &p->tree->requests.items[id];
    struct str src = src_of(v->a, &written->name.pos);
    bool asks = false;
    for (size_t i = 0; i < teams->n; i++)
        asks = asks || teams->items[i] == r->team;
    for (size_t i = 0; asks && i < r->n_stages; i++) {
        if (r->stages[i].lead && str_eq(p->tree->teams.items[r->team].lead.text, username)) {
            *ARENA_PUSH(v->a, out) = (struct sod_self){
                username, id, SOD_LEAD,
                CONCAT(v->a, STR("is lead of team "), p->tree->teams.items[r->team].name.text,
                       STR(" ("), src, STR(")"))};
            return;
        }
        for (size_t k = 0; k < r->stages[i].teams.n; k++)
            for (size_t t = 0; t < teams->n; t++)
                if (teams->items[t] == r->stages[i].teams.items[k]) {
                    *ARENA_PUSH(v->a, out) =
                        (struct sod_self){username, id, SOD_APPROVER,
                                          CONCAT(v->a, STR("is in team "),
                                                 p->tree->teams.items[teams->items[t]].name.text,
                                                 STR(" ("), src, STR(")"))};
                    return;
                }
    }
}

struct sod_selves policy_self_approvals(const struct policy_proving *in)
{
    struct prover v = {.in = in, .p = in->policy, .a = in->arena};
    struct sod_selves out = {0};
    struct strs people = everybody(&v);
    for (uint32_t id = 0; v.p->requests && id < v.p->tree->requests.n; id++)
        for (size_t i = 0; v.p->requests[id].usable && i < people.n; i++) {
            struct ids teams = prove_person_teams(&v, people.items[i], true);
            self_of(&v, id, people.items[i], &teams, &out);
        }
    return out;
}
