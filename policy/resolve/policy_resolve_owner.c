/*
 * What a team's own file may say. Its sections were checked when it was read; here what it gives:
 * only the roles, and only in the spaces, that the including file lists.
 */
#include "policy/resolve/resolved.h"

struct owners {
    struct policy *p;
    const struct source *source; /* asked last: what stands in one file stands together */
    const struct policy_include *owner;
};

static const struct policy_include *find_owner(const struct policy *p, const struct source *source)
{
    for (size_t i = 0; i < p->tree->includes.n; i++) {
        const struct policy_include *include = &p->tree->includes.items[i];
        if (include->source == source && include->team.text.n > 0)
            return include;
    }
    return NULL;
}

static const struct policy_include *owner_of(struct owners *o, const struct source *source)
{
    if (o->source != source)
        o->owner = find_owner(o->p, source);
    o->source = source;
    return o->owner;
}

static bool words_have(const struct words *words, struct str text)
{
    for (size_t i = 0; i < words->n; i++)
        if (str_eq(words->items[i].text, text))
            return true;
    return false;
}

static void not_theirs(struct policy *p, const struct policy_include *owner,
                       const struct word *word, const char *what)
{
    diag_error(p->d, word->pos, "%s '%.*s' is not team '%.*s''s to give", what, STR_F(word->text),
               STR_F(owner->team.text));
    diag_hint(p->d, "%s:%u includes this file, and lists what it may give", owner->pos.source->name,
              owner->pos.line);
}

static void check_giving(struct owners *o, const struct giving *g)
{
    struct policy *p = o->p;
    const struct policy_include *owner = owner_of(o, g->pos.source);
    if (!owner)
        return;
    uint32_t role = intern_find(&p->role_ids, g->role->text);
    if (role != ID_NONE && !words_have(&owner->roles, g->role->text))
        not_theirs(p, owner, g->role, "role");
    else if (role != ID_NONE && p->roles[role].cluster)
        diag_error(p->d, g->role->pos,
                   "role '%.*s' holds cluster-wide: only the platform's files can give it",
                   STR_F(g->role->text));
    for (size_t i = 0; i < g->in->n; i++)
        if (intern_find(&p->space_ids, g->in->items[i].text) != ID_NONE &&
            !words_have(&owner->spaces, g->in->items[i].text))
            not_theirs(p, owner, &g->in->items[i], "space");
}

/* --- machines: an account of a namespace that is not theirs would be written over, and a new
 * issuer is somebody whom the API servers believe */

static bool holds_namespace(const struct policy *p, uint32_t space, size_t site, struct str name)
{
    const struct policy_space *written = &p->tree->spaces.items[space];
    uint32_t id = intern_find(&p->sites[site].namespaces, name);
    const struct ids *ids = &p->spaces[space].namespaces[site];
    for (size_t i = 0; id != ID_NONE && i < ids->n; i++)
        if (ids->items[i] == id)
            return true;
    if (id != ID_NONE)
        return false;
    bool named = written->names.n == 0; /* it may carry the labels when it comes */
    for (size_t i = 0; i < written->names.n; i++)
        named = named || glob_matches(written->names.items[i].text, name);
    for (size_t i = 0; i < written->not.n; i++)
        named = named && !glob_matches(written->not.items[i].text, name);
    return named;
}

static void check_account(struct policy *p, const struct policy_include *owner,
                          const struct policy_ci *written, const struct ci *ci)
{
    for (size_t site = 0; site < p->tree->sites.n; site++) {
        bool theirs = !(ci->sites & site_bit(site));
        for (size_t i = 0; !theirs && i < owner->spaces.n; i++) {
            uint32_t space = intern_find(&p->space_ids, owner->spaces.items[i].text);
            theirs = space == ID_NONE || (p->spaces[space].sites & site_bit(site) &&
                                          holds_namespace(p, space, site, ci->sa_namespace));
        }
        if (theirs)
            continue;
        diag_error(p->d, written->sa.pos,
                   "namespace '%.*s' is not in a space of team '%.*s' on site '%.*s'",
                   STR_F(ci->sa_namespace), STR_F(owner->team.text),
                   STR_F(p->tree->sites.items[site].name.text));
        diag_hint(p->d, "the account is written there: the platform's files can name it");
        return;
    }
}

static void check_issuer(struct owners *o, const struct policy_include *owner,
                         const struct policy_ci *written)
{
    const struct policy_tree *t = o->p->tree;
    for (size_t i = 0; i < t->ci.n; i++)
        if (str_eq(t->ci.items[i].issuer.text, written->issuer.text) &&
            !find_owner(o->p, t->ci.items[i].name.pos.source))
            return;
    diag_error(o->p->d, written->issuer.pos, "the platform's files name no ci with this issuer");
    diag_hint(o->p->d, "whom the API servers believe, team '%.*s' does not decide",
              STR_F(owner->team.text));
}

static void check_machine(struct owners *o, size_t i)
{
    const struct policy_ci *written = &o->p->tree->ci.items[i];
    const struct policy_include *owner = owner_of(o, written->name.pos.source);
    if (!owner)
        return;
    if (o->p->ci[i].sa_name.n > 0)
        check_account(o->p, owner, written, &o->p->ci[i]);
    if (written->issuer.text.n > 0)
        check_issuer(o, owner, written);
}

static void resolve_include(struct policy *p, const struct policy_include *include)
{
    struct ids spaces = {0};
    if (include->broken || include->team.text.n == 0)
        return;
    resolve_name(p, "team", &include->team, &p->team_ids, TREE_TEAMS);
    (void)resolve_spaces_of(p, &include->spaces, &spaces);
    for (size_t i = 0; i < include->roles.n; i++)
        resolve_name(p, "role", &include->roles.items[i], &p->role_ids, TREE_ROLES);
}

void resolve_owners(struct policy *p)
{
    const struct policy_tree *t = p->tree;
    struct owners owners = {.p = p};
    if (t->includes.n == 0)
        return;
    for (size_t i = 0; i < t->includes.n; i++)
        resolve_include(p, &t->includes.items[i]);
    for (size_t i = 0; i < t->grants.n; i++) {
        const struct policy_grant *g = &t->grants.items[i];
        if (!g->broken)
            check_giving(&owners, &(struct giving){"a grant", g->pos, &g->role, &g->in});
    }
    for (size_t i = 0; i < t->requests.n; i++) {
        const struct policy_request *r = &t->requests.items[i];
        if (!r->broken)
            check_giving(&owners, &(struct giving){"a request", r->name.pos, &r->role, &r->in});
    }
    for (size_t i = 0; i < t->ci.n; i++) {
        const struct policy_ci *ci = &t->ci.items[i];
        if (ci->broken)
            continue;
        check_giving(&owners, &(struct giving){"a ci entry", ci->name.pos, &ci->role, &ci->in});
        check_machine(&owners, i);
    }
}
