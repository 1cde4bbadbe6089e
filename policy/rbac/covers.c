#include "policy/rbac/covers.h"

struct atom {                                        /* what a rule is broken down to */
    const struct str *group, *resource, *name, *url; /* url, or group and resource */
    const struct str *verb;
};

static bool has_star(struct strs set)
{
    return strs_has(set, STR("*"));
}

static bool star_or(struct strs set, struct str s)
{
    return has_star(set) || strs_has(set, s);
}

/* "a/b" is also covered by a star, a slash and b; what stands behind the first slash is the
 * subresource. */
static bool resource_covered(struct strs set, struct str resource)
{
    struct str before, sub;
    if (star_or(set, resource))
        return true;
    if (!str_split(resource, '/', &before, &sub))
        return false;
    for (size_t i = 0; i < set.n; i++) {
        struct str r = set.items[i];
        if (r.n == sub.n + 2 && r.p[0] == '*' && r.p[1] == '/' && str_ends(r, sub))
            return true;
    }
    return false;
}

bool rbac_url_covers(struct str owner, struct str servant)
{
    if (str_eq(owner, servant))
        return true;
    if (!str_ends(owner, STR("*")))
        return false;
    while (owner.n > 0 && owner.p[owner.n - 1] == '*')
        owner.n--;
    return str_starts(servant, owner);
}

static bool url_covered(struct strs set, struct str url)
{
    for (size_t i = 0; i < set.n; i++)
        if (rbac_url_covers(set.items[i], url))
            return true;
    return false;
}

static bool rule_covers(const struct rbac_rule *owner, const struct atom *atom)
{
    if (!star_or(owner->verbs, *atom->verb))
        return false;
    if (owner->resource_names.n > 0 &&
        !(atom->name && strs_has(owner->resource_names, *atom->name)))
        return false; /* also for a URL, which has no name */
    if (atom->url)
        return url_covered(owner->non_resource_urls, *atom->url);
    return star_or(owner->api_groups, *atom->group) &&
           resource_covered(owner->resources, *atom->resource);
}

static bool rules_cover(struct rbac_rules owner, const struct atom *atom)
{
    for (size_t i = 0; i < owner.n; i++)
        if (rule_covers(&owner.items[i], atom))
            return true;
    return false;
}

/* --- breaking down: visit gives false to stop */

struct walk {
    bool (*visit)(struct walk *w, const struct atom *atom);
    struct rbac_rules owner;
    struct arena *arena;
    struct rbac_rules uncovered;
};

static bool walk_names(struct walk *w, const struct rbac_rule *rule, struct atom atom)
{
    if (rule->resource_names.n == 0)
        return w->visit(w, &atom);
    for (size_t i = 0; i < rule->resource_names.n; i++) {
        atom.name = &rule->resource_names.items[i];
        if (!w->visit(w, &atom))
            return false;
    }
    return true;
}

static bool walk_resources(struct walk *w, const struct rbac_rule *rule)
{
    for (size_t g = 0; g < rule->api_groups.n; g++)
        for (size_t r = 0; r < rule->resources.n; r++)
            for (size_t v = 0; v < rule->verbs.n; v++) {
                struct atom atom = {.group = &rule->api_groups.items[g],
                                    .resource = &rule->resources.items[r],
                                    .verb = &rule->verbs.items[v]};
                if (!walk_names(w, rule, atom))
                    return false;
            }
    return true;
}

static bool walk_urls(struct walk *w, const struct rbac_rule *rule)
{
    for (size_t u = 0; u < rule->non_resource_urls.n; u++)
        for (size_t v = 0; v < rule->verbs.n; v++) {
            struct atom atom = {.url = &rule->non_resource_urls.items[u],
                                .verb = &rule->verbs.items[v]};
            if (!w->visit(w, &atom))
                return false;
        }
    return true;
}

static bool walk_rules(struct walk *w, struct rbac_rules servant)
{
    for (size_t i = 0; i < servant.n; i++)
        if (!walk_resources(w, &servant.items[i]) || !walk_urls(w, &servant.items[i]))
            return false;
    return true;
}

static bool stop_uncovered(struct walk *w, const struct atom *atom)
{
    return rules_cover(w->owner, atom);
}

static struct strs one(const struct str *s)
{
    return (struct strs){s, s ? 1 : 0};
}

static bool keep_uncovered(struct walk *w, const struct atom *atom)
{
    if (!rules_cover(w->owner, atom))
        *ARENA_PUSH(w->arena, &w->uncovered) =
            (struct rbac_rule){.verbs = one(atom->verb),
                               .api_groups = one(atom->group),
                               .resources = one(atom->resource),
                               .resource_names = one(atom->name),
                               .non_resource_urls = one(atom->url)};
    return true;
}

struct rbac_rules rbac_uncovered(struct rbac_rules owner, struct rbac_rules servant,
                                 struct arena *a)
{
    struct walk w = {keep_uncovered, owner, a, {0}};
    walk_rules(&w, servant);
    return w.uncovered;
}

bool rbac_covers(struct rbac_rules owner, struct rbac_rules servant)
{
    struct walk w = {.visit = stop_uncovered, .owner = owner};
    return walk_rules(&w, servant);
}

/* --- compaction */

bool rbac_rule_is_simple(const struct rbac_rule *rule)
{
    return rule->resource_names.n <= 1 && rule->non_resource_urls.n == 0 &&
           rule->api_groups.n == 1 && rule->resources.n == 1;
}

static bool same_thing(const struct rbac_rule *a, const struct rbac_rule *b)
{
    return str_eq(a->api_groups.items[0], b->api_groups.items[0]) &&
           str_eq(a->resources.items[0], b->resources.items[0]) &&
           a->resource_names.n == b->resource_names.n &&
           (a->resource_names.n == 0 ||
            str_eq(a->resource_names.items[0], b->resource_names.items[0]));
}

static void add_verbs(struct rbac_rule *rule, struct strs more, struct arena *a)
{
    struct str *verbs = ARENA_ARRAY(a, rule->verbs.n + more.n, struct str);
    for (size_t i = 0; i < rule->verbs.n; i++)
        verbs[i] = rule->verbs.items[i];
    for (size_t i = 0; i < more.n; i++)
        verbs[rule->verbs.n + i] = more.items[i];
    rule->verbs = (struct strs){verbs, rule->verbs.n + more.n};
}

struct rbac_rules rbac_rules_compact(struct rbac_rules rules, struct arena *a)
{
    struct rbac_rules out = {0};
    for (size_t i = 0; i < rules.n; i++)
        if (!rbac_rule_is_simple(&rules.items[i]))
            *ARENA_PUSH(a, &out) = rules.items[i];
    size_t first = out.n;
    for (size_t i = 0; i < rules.n; i++) {
        size_t k = first;
        if (!rbac_rule_is_simple(&rules.items[i]))
            continue;
        while (k < out.n && !same_thing(&out.items[k], &rules.items[i]))
            k++;
        if (k == out.n)
            *ARENA_PUSH(a, &out) = rules.items[i];
        else
            add_verbs(&out.items[k], rules.items[i].verbs, a);
    }
    return out;
}

/* --- the rules of a user */

static bool applies(const struct rbac_object *binding, const struct rbac_user *user)
{
    for (size_t i = 0; i < binding->n_subjects; i++)
        if (rbac_subject_is(&binding->subjects[i], binding->namespace, user))
            return true;
    return false;
}

static void add_rules(const struct rbac_set *set, const struct rbac_object *binding,
                      struct arena *a, struct rbac_rules *out)
{
    const struct rbac_object *role = rbac_role_of(set, binding);
    for (size_t i = 0; role && i < role->n_rules; i++)
        *ARENA_PUSH(a, out) = role->rules[i];
}

struct rbac_rules rbac_rules_for(const struct rbac_set *set, const struct rbac_user *user,
                                 struct str namespace, struct arena *a)
{
    struct rbac_rules out = {0};
    for (size_t i = 0; i < set->n; i++)
        if (set->items[i].kind == RBAC_CLUSTER_ROLE_BINDING && applies(&set->items[i], user))
            add_rules(set, &set->items[i], a, &out);
    for (size_t i = 0; namespace.n > 0 && i < set->n; i++)
        if (set->items[i].kind == RBAC_ROLE_BINDING && str_eq(set->items[i].namespace, namespace) &&
            applies(&set->items[i], user))
            add_rules(set, &set->items[i], a, &out);
    return out;
}
