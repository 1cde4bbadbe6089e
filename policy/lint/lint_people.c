/* Teams and the directory: empty teams, tokens that grow too large, people who approve themselves.
 */
#include "policy/lint/lint_inside.h"

#define GROUPS_MAX 50 /* a header of a few KB: kubernetes/kubectl#961 */
#define TOKEN_MAX  4096

static struct policy_finding *say(struct linter *l, const char *rule, struct pos pos,
                                  struct str who)
{
    const struct acceptable what = {rule, who, STR_NONE, STR_NONE};
    if (accepted(l, &what))
        return NULL;
    return finding_plain(l, rule, pos, who);
}

/* --- L48 */

static bool has_people(const struct linter *l, size_t team)
{
    const struct policy_team *written = &l->p->tree->teams.items[team];
    if (l->p->teams[team].people.n > 0)
        return true;
    for (size_t i = 0; i < written->add.n; i++)
        if (written->add.items[i].until.ms == TIME_NONE ||
            written->add.items[i].until.ms > l->in->now_ms)
            return true;
    return false;
}

static void empty_teams(struct linter *l)
{
    for (size_t i = 0; i < l->p->tree->teams.n; i++) {
        const struct policy_team *team = &l->p->tree->teams.items[i];
        if (has_people(l, i))
            continue;
        struct str who = CONCAT(l->arena, STR("team "), team->name.text);
        struct policy_finding *f = say(l, "L48", team->name.pos, who);
        if (!f)
            continue;
        f->message = CONCAT(l->arena, who, STR(": nobody is in it"));
        f->mend = STR("look at its groups in the directory, or remove the team");
    }
}

static void shrunk(struct linter *l)
{
    struct policy_lock now;
    struct err why = {0};
    const struct policy_tree *t = l->p->tree;
    if (!l->in->last)
        return;
    policy_lock_make(l->p, l->in->now_ms, l->arena, &now);
    if (policy_drop_guard(l->in->last, &now, t->ldap.drop_guard, &why) == 0)
        return;
    struct policy_finding *f = say(l, "L48", t->ldap.pos, STR("directory"));
    if (!f)
        return;
    f->message = CONCAT(l->arena, STR("directory: "), arena_str(l->arena, STR_C(why.text)));
    f->mend = STR("look at the directory; `apply` refuses until then");
}

/* --- L51: everybody, with everything they may ask for granted at once */

struct budget {
    size_t n_groups, n_bytes; /* of the claim, as JSON */
};

static void count_group(struct budget *b, struct str name)
{
    b->n_groups++;
    b->n_bytes += name.n + 3; /* quotes and comma */
}

/* What the requests and break-glass entries of a team may add on one site. */
static void count_asked(const struct linter *l, uint32_t team, size_t site, struct budget *b)
{
    const struct policy *p = l->p;
    for (size_t i = 0; p->requests && i < p->tree->requests.n; i++) {
        const struct request *r = &p->requests[i];
        if (!r->usable || r->team != team || !(r->sites & site_bit(site)))
            continue;
        for (size_t k = 0; k < r->spaces.n; k++)
            count_group(b, jit_group(p, r->spaces.items[k], r->role, l->arena));
        if (r->spaces.n == 0)
            count_group(b, jit_group(p, ID_NONE, r->role, l->arena));
    }
    for (size_t i = 0; p->breakglass && i < p->tree->breakglass.n; i++) {
        const struct breakglass *g = &p->breakglass[i];
        if (g->usable && g->team == team && (g->sites & site_bit(site)))
            count_group(b, CONCAT(l->arena, STR("bg:"), p->tree->roles.items[g->role].name.text));
    }
}

/* Time-boxed grants count as running: the worst moment is meant. */
static void count_team(const struct linter *l, uint32_t team, size_t site, struct budget *b)
{
    const struct policy *p = l->p;
    const struct ids *grants = &p->grants_of_team[team];
    count_group(b, team_group(p, team, l->arena));
    for (size_t i = 0; i < grants->n; i++) {
        const struct grant *g = &p->grants[grants->items[i]];
        if (!g->timed || !(g->sites & site_bit(site)))
            continue;
        for (size_t k = 0; k < g->spaces.n; k++)
            count_group(b, jit_group(p, g->spaces.items[k], g->role, l->arena));
        if (g->spaces.n == 0)
            count_group(b, jit_group(p, ID_NONE, g->role, l->arena));
    }
    count_asked(l, team, site, b);
}

static void too_many_groups(struct linter *l)
{
    const struct policy *p = l->p;
    size_t n_sites = p->tree->sites.n, worst = 0;
    struct budget *budgets = ARENA_ARRAY(l->arena, p->tree->teams.n * n_sites, struct budget);
    for (uint32_t t = 0; t < p->tree->teams.n; t++)
        for (size_t s = 0; s < n_sites; s++)
            count_team(l, t, s, &budgets[t * n_sites + s]);
    struct budget most = {0};
    for (size_t i = 0; i < p->in->directory->n_people; i++) {
        const struct policy_person *person = &p->in->directory->people[i];
        const struct policy_at at = {p, 0, l->in->now_ms, l->arena};
        const struct snapshot_subject subject = {person->username, person->group_ids.items,
                                                 person->group_ids.n, STR_NONE, l->in->now_ms};
        struct membership m = {0};
        if (!members_of_person(&at, &subject, &m))
            continue;
        for (size_t s = 0; s < n_sites; s++) {
            struct budget sum = {0};
            for (size_t k = 0; k < m.teams.n; k++) {
                sum.n_groups += budgets[m.teams.items[k] * n_sites + s].n_groups;
                sum.n_bytes += budgets[m.teams.items[k] * n_sites + s].n_bytes;
            }
            if (sum.n_bytes > most.n_bytes || sum.n_groups > most.n_groups) {
                most = sum;
                worst = i;
            }
        }
    }
    if (most.n_groups <= GROUPS_MAX && most.n_bytes <= TOKEN_MAX)
        return;
    struct str who = CONCAT(l->arena, STR("person "), p->in->directory->people[worst].username);
    struct policy_finding *f = say(l, "L51", p->tree->ldap.pos, who);
    if (!f)
        return;
    f->message = arena_fmt(l->arena,
                           "%.*s: %zu groups and %zu bytes of them in a token when everything "
                           "that may be asked for is granted; at most %d and %d",
                           STR_F(who), most.n_groups, most.n_bytes, GROUPS_MAX, TOKEN_MAX);
    f->mend = STR("fewer teams per person, or requests over fewer spaces");
}

/* --- L58 */

static void self_approval(struct linter *l, size_t id, struct str person, struct str why)
{
    const struct policy_request *request = &l->p->tree->requests.items[id];
    struct str who = CONCAT(l->arena, STR("request "), request->name.text);
    const struct acceptable what = {"L58", who, person, STR_NONE};
    if (accepted(l, &what))
        return;
    struct policy_finding *f = finding_plain(l, "L58", request->name.pos, who);
    finding_add_strs(l, &f->subjects, (struct strs){&person, 1});
    finding_add_strs(l, &f->chain, (struct strs){&why, 1});
    f->message = CONCAT(l->arena, who, STR(": can be approved by somebody who may ask for it"));
    f->mend = STR("name approvers who are not in the team that asks");
}

static bool is_member(const struct policy_members *members, struct str person)
{
    for (size_t i = 0; i < members->n; i++)
        if (str_eq(members->items[i].username, person))
            return true;
    return false;
}

/* Who is in both: everybody when it is one team, also when nobody is known to be in it. */
static void both_teams(struct linter *l, size_t id, uint32_t asks, uint32_t approves)
{
    const struct policy_tree *t = l->p->tree;
    struct str name = CONCAT(l->arena, STR("team "), t->teams.items[approves].name.text);
    struct str why = CONCAT(l->arena, STR("asks, and approves as one of "), name);
    if (asks == approves) {
        self_approval(l, id, name, why);
        return;
    }
    struct policy_members a = policy_team_members(l->p, asks, l->in->now_ms, l->arena),
                          b = policy_team_members(l->p, approves, l->in->now_ms, l->arena);
    for (size_t i = 0, k = 0; i < a.n && k < b.n;) { /* both are sorted */
        int order = str_cmp(a.items[i].username, b.items[k].username);
        if (order == 0)
            self_approval(l, id, CONCAT(l->arena, STR("person "), a.items[i].username), why);
        i += order <= 0;
        k += order >= 0;
    }
}

static void self_approvals(struct linter *l)
{
    const struct policy_tree *t = l->p->tree;
    for (size_t i = 0; i < t->requests.n; i++) {
        const struct request *r = &l->p->requests[i];
        if (!r->usable)
            continue;
        const struct policy_team *team = &t->teams.items[r->team];
        for (size_t s = 0; s < r->n_stages; s++) {
            struct policy_members members = {0};
            if (r->stages[s].lead && team->lead.text.n > 0)
                members = policy_team_members(l->p, r->team, l->in->now_ms, l->arena);
            if (is_member(&members, team->lead.text))
                self_approval(l, i, CONCAT(l->arena, STR("person "), team->lead.text),
                              STR("asks, and approves as lead of the own team"));
            for (size_t k = 0; k < r->stages[s].teams.n; k++)
                both_teams(l, i, r->team, r->stages[s].teams.items[k]);
        }
    }
}

void lint_people(struct linter *l)
{
    if (l->p->requests && l->p->tree->requests.n > 0)
        self_approvals(l);
    if (!l->p->in->directory)
        return;
    empty_teams(l);
    shrunk(l);
    too_many_groups(l);
}
