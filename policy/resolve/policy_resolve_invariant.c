/* Resolving never, always and accept: their subjects, permissions and places. */
#include "policy/resolve/resolved.h"

/* --- "any except ci, root, team shop" */

enum { KIND_TEAM, KIND_ROLE, KIND_CI, N_KINDS };
static const char *const kind_names[N_KINDS] = {"team", "role", "ci"};

struct except {
    struct policy *p;
    const struct intern *ids[N_KINDS];
    struct ids *out[N_KINDS];
};

static void not_excepted(struct except *x, const struct word *word)
{
    struct intern all = {.arena = x->p->arena};
    intern_add(&all, STR("ci"));
    for (size_t kind = 0; kind < N_KINDS; kind++)
        for (size_t i = 0; i < x->ids[kind]->n; i++)
            intern_add(&all, x->ids[kind]->items[i]);
    if (!(x->p->tree->unreadable & (TREE_TEAMS | TREE_ROLES | TREE_CI)))
        resolve_unknown(x->p, "team, role or ci entry", word, &all);
}

static void resolve_except(struct except *x, const struct word *word)
{
    struct str kind = STR_NONE, name = word->text;
    size_t found = 0, last = 0;
    bool with_kind = str_split(word->text, ' ', &kind, &name);
    name = str_trim(name);
    uint32_t ids[N_KINDS];
    for (size_t i = 0; i < N_KINDS; i++) {
        bool asked = !with_kind || str_is(kind, kind_names[i]);
        ids[i] = asked ? intern_find(x->ids[i], name) : ID_NONE;
        found += ids[i] != ID_NONE;
        last = ids[i] != ID_NONE ? i : last;
    }
    if (found == 1) {
        *ARENA_PUSH(x->p->arena, x->out[last]) = ids[last];
        return;
    }
    if (found == 0) {
        not_excepted(x, word);
        return;
    }
    diag_error(x->p->d, word->pos, "'%.*s' is the name of several things", STR_F(name));
    diag_hint(x->p->d, "write \"%s %.*s\", or another of team, role, ci", kind_names[last],
              STR_F(name));
}

static void resolve_who(struct policy *p, const struct policy_who *who, struct invariant *out)
{
    struct except x = {
        p,
        {&p->team_ids, &p->role_ids, &p->ci_ids},
        {&out->except_teams, &out->except_roles, &out->except_ci},
    };
    for (size_t i = 0; i < who->except.n; i++) {
        if (str_is(who->except.items[i].text, "ci"))
            out->except_all_ci = true;
        else
            resolve_except(&x, &who->except.items[i]);
    }
    if (who->kind == WHO_TEAM)
        out->team = resolve_name(p, "team", &who->name, &p->team_ids, TREE_TEAMS);
    if (who->kind == WHO_PERSON)
        resolve_person(p, "person", &who->name, false);
}

/* --- `in` */

static void resolve_namespace(struct policy *p, const struct word *word, struct place *out)
{
    struct word site_word = *word, namespace = *word;
    str_split(word->text, ':', &site_word.text, &namespace.text);
    uint32_t site = resolve_name(p, "site", &site_word, &p->site_ids, TREE_SITES);
    if (site == ID_NONE || !p->sites[site].cluster)
        return;
    uint32_t id = intern_find(&p->sites[site].namespaces, namespace.text);
    if (id == ID_NONE) {
        resolve_unknown(p, "namespace", &namespace, &p->sites[site].namespaces);
        return;
    }
    *ARENA_PUSH(p->arena, &out->namespaces) = site;
    *ARENA_PUSH(p->arena, &out->namespaces) = id;
}

static void unknown_place(struct policy *p, const struct word *word)
{
    struct intern all = {.arena = p->arena};
    for (size_t i = 0; i < p->space_ids.n; i++)
        intern_add(&all, p->space_ids.items[i]);
    for (size_t i = 0; i < p->site_ids.n; i++)
        intern_add(&all, p->site_ids.items[i]);
    if (!(p->tree->unreadable & (TREE_SPACES | TREE_SITES)))
        resolve_unknown(p, "space or site", word, &all);
}

static void resolve_in(struct policy *p, const struct policy_invariant *i, const struct word *word,
                       struct place *out, uint64_t *sites)
{
    if (str_has(word->text, '=')) {
        *sites |= resolve_site_label(p, word);
        return;
    }
    if (str_has(word->text, ':')) {
        resolve_namespace(p, word, out);
        return;
    }
    if (str_is(word->text, "own")) {
        out->own = true;
        if (i->who.kind != WHO_TEAM && i->who.kind != WHO_EACH_TEAM)
            diag_error(p->d, word->pos, "'own' is where a team has grants: who is no team");
        return;
    }
    uint32_t space = intern_find(&p->space_ids, word->text);
    uint32_t site = intern_find(&p->site_ids, word->text);
    if (space != ID_NONE && site != ID_NONE)
        diag_error(p->d, word->pos, "'%.*s' is a space and a site: one needs another name",
                   STR_F(word->text));
    else if (space != ID_NONE)
        *ARENA_PUSH(p->arena, &out->spaces) = space;
    else if (site != ID_NONE)
        *sites |= site_bit(site);
    else
        unknown_place(p, word);
}

static void resolve_places(struct policy *p, const struct policy_invariant *i, struct place *out)
{
    static const struct words everywhere = {0};
    uint64_t sites = 0;
    for (size_t k = 0; k < i->in.n; k++)
        resolve_in(p, i, &i->in.items[k], out, &sites);
    resolve_sites_of(p, &everywhere, &out->sites);
    if (sites)
        out->sites = sites;
}

/* --- what */

static void resolve_duties(struct policy *p, const struct policy_invariant *i,
                           struct invariant *out)
{
    out->duty_space = ARENA_ARRAY(p->arena, i->can.n, uint32_t);
    out->duty_request = ARENA_ARRAY(p->arena, i->can.n, uint32_t);
    for (size_t k = 0; k < i->can.n; k++) {
        const struct policy_duty *duty = &i->can.items[k];
        out->duty_space[k] = out->duty_request[k] = ID_NONE;
        resolve_permissions(p, &duty->permission, false);
        if (duty->in.text.n > 0)
            out->duty_space[k] = resolve_name(p, "space", &duty->in, &p->space_ids, TREE_SPACES);
        if (duty->approve.text.n > 0)
            out->duty_request[k] =
                resolve_name(p, "request", &duty->approve, &p->request_ids, TREE_REQUESTS);
    }
}

void resolve_invariants(struct policy *p)
{
    size_t n = p->tree->invariants.n;
    p->invariants = ARENA_ARRAY(p->arena, n, struct invariant);
    for (size_t i = 0; i < n; i++) {
        const struct policy_invariant *written = &p->tree->invariants.items[i];
        struct invariant *out = &p->invariants[i];
        *out = (struct invariant){.team = ID_NONE, .reach = ID_NONE};
        if (written->broken)
            continue;
        size_t before = p->d->n_errors;
        resolve_who(p, &written->who, out);
        resolve_places(p, written, &out->place);
        resolve_duties(p, written, out);
        if (written->reach.text.n > 0)
            out->reach = resolve_name(p, "role", &written->reach, &p->role_ids, TREE_ROLES);
        resolve_permissions(p, &written->except, false);
        out->usable = p->d->n_errors == before;
    }
}

/* --- accept */

static void resolve_bearer(struct policy *p, const struct word *who)
{
    const struct {
        const char *kind;
        const struct intern *ids;
        unsigned section;
    } kinds[] = {{"team", &p->team_ids, TREE_TEAMS},
                 {"role", &p->role_ids, TREE_ROLES},
                 {"space", &p->space_ids, TREE_SPACES},
                 {"request", &p->request_ids, TREE_REQUESTS},
                 {"ci", &p->ci_ids, TREE_CI}};
    struct str kind, name;
    if (!str_split(who->text, ' ', &kind, &name))
        return;
    struct word word = {str_trim(name), who->pos};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (str_is(kind, kinds[i].kind))
            resolve_name(p, kinds[i].kind, &word, kinds[i].ids, kinds[i].section);
}

void resolve_accepts(struct policy *p)
{
    for (size_t i = 0; i < p->tree->accepts.n; i++) {
        const struct policy_accept *accept = &p->tree->accepts.items[i];
        struct ids spaces = {0};
        if (accept->broken)
            continue;
        resolve_bearer(p, &accept->who);
        (void)resolve_spaces_of(p, &accept->in, &spaces);
        resolve_person(p, "person", &accept->by, true);
        if (p->in->now_ms > 0 && accept->until.ms <= p->in->now_ms)
            diag_warn(p->d, accept->until.pos, "%.*s is no longer accepted: the time is over",
                      STR_F(accept->id.text));
    }
}
