/* Resolving requests and break-glass: who asks, for what, where, and whether enough people are
 * there to approve it. */
#include "policy/resolve/resolved.h"

static void check_lead(struct policy *p, const struct word *word, uint32_t team)
{
    if (team == ID_NONE || p->tree->teams.items[team].broken ||
        p->tree->teams.items[team].lead.text.n > 0)
        return;
    struct str name = p->tree->teams.items[team].name.text;
    diag_error(p->d, word->pos, "team '%.*s' has no lead who could approve it", STR_F(name));
    diag_hint(p->d, "teams: {%.*s: {lead: USERNAME, ...}}", STR_F(name));
}

static void resolve_stage(struct policy *p, const struct policy_stage *written, struct stage *out,
                          struct request *request)
{
    out->count = written->count;
    for (size_t i = 0; i < written->by.n; i++) {
        const struct word *word = &written->by.items[i];
        if (str_is(word->text, "lead")) {
            out->lead = true;
            check_lead(p, word, request->team);
            continue;
        }
        uint32_t team = resolve_name(p, "team", word, &p->team_ids, TREE_TEAMS);
        if (team == ID_NONE)
            request->usable = false;
        else
            *ARENA_PUSH(p->arena, &out->teams) = team;
    }
}

/* The people of these stages; when there are more than `enough` it does not matter who they are. */
static void people_of_stages(const struct policy *p, const struct request *request, unsigned stages,
                             size_t enough, struct intern *out)
{
    for (size_t i = 0; i < request->n_stages; i++) {
        const struct stage *stage = &request->stages[i];
        if (!(stages & 1u << i))
            continue;
        if (stage->lead)
            intern_add(out, p->tree->teams.items[request->team].lead.text);
        for (size_t k = 0; k < stage->teams.n && out->n <= enough; k++)
            resolve_people_of(p, stage->teams.items[k], enough + 1, out);
    }
}

static void too_few(struct policy *p, const struct policy_request *written, unsigned stages,
                    size_t needed, size_t there)
{
    size_t last = 0;
    for (size_t i = 0; i < written->approve.n; i++)
        if (stages & 1u << i)
            last = i;
    diag_error(p->d, written->approve.items[last].pos,
               "%zu people have to approve it: there %s %zu", needed, there == 1 ? "is" : "are",
               there);
    diag_hint(p->d, "a person counts once");
}

/* Can there be enough people? One person counts once: by Hall's theorem it is enough that any of
 * the stages together have as many people as they need together. Nobody approves what they ask for
 * themselves. */
static void check_reachable(struct policy *p, const struct policy_request *written,
                            const struct request *request)
{
    struct intern blocked = {.arena = p->arena}, team = {.arena = p->arena};
    for (unsigned stages = 1; stages < 1u << request->n_stages; stages++) {
        struct intern people = {.arena = p->arena};
        size_t needed = 0;
        for (size_t i = 0; i < request->n_stages; i++)
            needed += stages & 1u << i ? (size_t)request->stages[i].count : 0;
        people_of_stages(p, request, stages, needed, &people);
        if (people.n < needed) {
            too_few(p, written, stages, needed, people.n);
            return;
        }
        for (size_t i = 0; people.n == needed && i < people.n; i++)
            intern_add(&blocked, people.items[i]);
    }
    resolve_people_of(p, request->team, blocked.n + 1, &team);
    for (size_t i = 0; i < team.n; i++)
        if (intern_find(&blocked, team.items[i]) == ID_NONE)
            return;
    if (team.n == 0)
        return; /* a warning of its own */
    diag_error(p->d, written->approve.items[0].pos,
               "nobody of team '%.*s' could get it: all of them are needed to approve it",
               STR_F(written->who.text));
    diag_hint(p->d, "nobody approves what they ask for themselves");
}

static void resolve_request(struct policy *p, const struct policy_request *r, struct request *out)
{
    *out = (struct request){.team = ID_NONE, .role = ID_NONE};
    if (r->broken)
        return;
    size_t before = p->d->n_errors;
    out->team = resolve_name(p, "team", &r->who, &p->team_ids, TREE_TEAMS);
    out->role = resolve_name(p, "role", &r->role, &p->role_ids, TREE_ROLES);
    out->usable = out->team != ID_NONE && out->role != ID_NONE;
    resolve_sites_of(p, &r->at, &out->sites);
    out->usable = resolve_spaces_of(p, &r->in, &out->spaces) && out->usable;
    out->stages = ARENA_ARRAY(p->arena, r->approve.n, struct stage);
    out->n_stages = r->approve.n;
    for (size_t i = 0; i < r->approve.n; i++)
        resolve_stage(p, &r->approve.items[i], &out->stages[i], out);
    if (out->role != ID_NONE && !p->tree->roles.items[out->role].broken)
        resolve_place(p, &(struct giving){"a request", r->name.pos, &r->role, &r->in}, out->role);
    if (p->in->directory && out->usable && p->d->n_errors == before && !p->tree->unreadable)
        check_reachable(p, r, out);
}

void resolve_requests(struct policy *p)
{
    size_t n = p->tree->requests.n;
    p->requests = ARENA_ARRAY(p->arena, n, struct request);
    for (size_t i = 0; i < n; i++)
        resolve_request(p, &p->tree->requests.items[i], &p->requests[i]);
}

void resolve_breakglass(struct policy *p)
{
    size_t n = p->tree->breakglass.n;
    p->breakglass = ARENA_ARRAY(p->arena, n, struct breakglass);
    for (size_t i = 0; i < n; i++) {
        const struct policy_breakglass *b = &p->tree->breakglass.items[i];
        struct breakglass *out = &p->breakglass[i];
        *out = (struct breakglass){.team = ID_NONE, .role = ID_NONE};
        if (b->broken)
            continue;
        out->team = resolve_name(p, "team", &b->who, &p->team_ids, TREE_TEAMS);
        out->role = resolve_name(p, "role", &b->role, &p->role_ids, TREE_ROLES);
        out->usable = out->team != ID_NONE && out->role != ID_NONE;
        resolve_sites_of(p, &b->at, &out->sites);
        if (out->role == ID_NONE || p->roles[out->role].cluster ||
            p->tree->roles.items[out->role].broken)
            continue;
        diag_error(p->d, b->role.pos,
                   "break-glass is cluster-wide: role '%.*s' does not say 'cluster: true'",
                   STR_F(b->role.text));
        diag_hint(p->d, "roles: {%.*s-everywhere: {base: %.*s, cluster: true, sensitive: true}}",
                  STR_F(b->role.text), STR_F(b->role.text));
    }
}
