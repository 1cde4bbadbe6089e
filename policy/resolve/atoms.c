/*
 * Permissions of a role as atoms (one resource of one group, one set of names, a set of verbs): the
 * form in which `deny` is a subtraction, and from which the canonical rules are built.
 */
#include <stdlib.h>

#include "policy/resolve/resolved.h"

static const struct {
    struct str name;
    bool standard;
} verb_rows[] = {
#define VERB(name, standard) {{name, sizeof(name) - 1}, standard},
#include "policy/rbac/verbs.tbl.h"
#undef VERB
};

void verbs_add(struct policy *p, struct verbs *set, struct str verb)
{
    if (str_is(verb, "*")) {
        set->all = true;
        return;
    }
    size_t before = p->verbs.n;
    uint32_t id = intern_add(&p->verbs, verb);
    if (id < VERBS_MAX)
        set->w[id / 64] |= (uint64_t)1 << (id % 64);
    else if (id == VERBS_MAX && p->verbs.n > before) /* said once */
        diag_error(p->d, (struct pos){.source = p->tree->sources[0]},
                   "the ClusterRoles and the policy name more than %d different verbs", VERBS_MAX);
}

bool verbs_empty(const struct verbs *set)
{
    return !set->all && set->w[0] == 0 && set->w[1] == 0;
}

static void verbs_add_standard(struct policy *p, struct verbs *set)
{
    for (size_t i = 0; i < sizeof(verb_rows) / sizeof(*verb_rows); i++)
        if (verb_rows[i].standard)
            verbs_add(p, set, verb_rows[i].name);
}

struct str src_of(struct arena *a, const struct pos *pos)
{
    struct str name = STR_C(pos->source ? pos->source->name : "");
    for (size_t i = name.n; i > 0; i--)
        if (name.p[i - 1] == '/') { /* the same text for the same policy, wherever it lies */
            name = str_from_to(name, i, name.n);
            break;
        }
    char digits[12];
    size_t at = sizeof(digits);
    for (unsigned line = pos->line; at == sizeof(digits) || line > 0; line /= 10)
        digits[--at] = (char)('0' + line % 10);
    return CONCAT(a, name, STR(":"), (struct str){digits + at, sizeof(digits) - at});
}

void atoms_of_rules(struct policy *p, const struct rbac_object *role, struct str src,
                    struct role_rules *out)
{
    for (size_t i = 0; i < role->n_rules; i++) {
        const struct rbac_rule *rule = &role->rules[i];
        struct atom atom = {.names = strs_sorted(p->arena, rule->resource_names), .src = src};
        for (size_t v = 0; v < rule->verbs.n; v++)
            verbs_add(p, &atom.verbs, rule->verbs.items[v]);
        for (size_t g = 0; g < rule->api_groups.n; g++)
            for (size_t r = 0; r < rule->resources.n; r++) {
                atom.group = rule->api_groups.items[g];
                atom.resource = rule->resources.items[r];
                *ARENA_PUSH(p->arena, &out->atoms) = atom;
            }
        if (rule->non_resource_urls.n > 0)
            *ARENA_PUSH(p->arena, &out->urls) = (struct rbac_rule){
                .verbs = rule->verbs, .non_resource_urls = rule->non_resource_urls, .src = src};
    }
}

void atoms_of_permission(struct policy *p, const struct policy_permission *permission,
                         struct role_rules *out)
{
    struct atom atom = {.src = src_of(p->arena, &permission->pos)};
    for (size_t i = 0; i < permission->verbs.n; i++) {
        if (str_is(permission->verbs.items[i].text, "*"))
            verbs_add_standard(
                p, &atom.verbs); /* never a literal *: that would grow with Kubernetes */
        else
            verbs_add(p, &atom.verbs, permission->verbs.items[i].text);
    }
    struct str *names = ARENA_ARRAY(p->arena, permission->names.n, struct str);
    for (size_t i = 0; i < permission->names.n; i++)
        names[i] = permission->names.items[i].text;
    atom.names = strs_sorted(p->arena, (struct strs){names, permission->names.n});
    for (size_t i = 0; i < permission->n_targets; i++) {
        const struct policy_target *t = &permission->targets[i];
        atom.group = t->group;
        atom.resource = t->resource;
        if (t->subresource.n > 0)
            atom.resource = CONCAT(p->arena, t->resource, STR("/"), t->subresource);
        *ARENA_PUSH(p->arena, &out->atoms) = atom;
    }
}

/* --- deny */

static bool is_star(struct str s)
{
    return s.n == 1 && s.p[0] == '*';
}

static bool has_star(const struct atom *atom)
{
    return is_star(atom->group) || str_starts(atom->resource, STR("*")) || atom->verbs.all;
}

/* Does a group/resource pattern hold a resource, as an RBAC rule would? */
static bool pattern_holds(struct str group, struct str resource, struct str of_group,
                          struct str of_resource)
{
    struct str name, sub;
    if (!is_star(group) && !str_eq(group, of_group))
        return false;
    if (is_star(resource) || str_eq(resource, of_resource))
        return true;
    return str_starts(resource, STR("*/")) && str_split(of_resource, '/', &name, &sub) &&
           str_eq(sub, str_from_to(resource, 2, resource.n));
}

static void expand_atom(struct policy *p, const struct policy_cluster *cluster,
                        const struct atom *atom, struct atoms *out)
{
    for (size_t i = 0; i < cluster->resources.n; i++) {
        const struct policy_resource *r = &cluster->resources.items[i];
        struct atom one = *atom;
        one.group = r->group;
        one.resource = r->resource;
        if (r->subresource.n > 0)
            one.resource = CONCAT(p->arena, r->resource, STR("/"), r->subresource);
        if (!pattern_holds(atom->group, atom->resource, one.group, one.resource))
            continue;
        if (atom->verbs.all) {
            one.verbs = (struct verbs){0};
            for (size_t v = 0; v < r->verbs.n; v++)
                verbs_add(p, &one.verbs, r->verbs.items[v]);
        }
        if (!verbs_empty(&one.verbs))
            *ARENA_PUSH(p->arena, out) = one;
    }
}

void atoms_expand(struct policy *p, const struct policy_cluster *cluster, struct role_rules *rules)
{
    struct atoms out = {0};
    for (size_t i = 0; i < rules->atoms.n; i++) {
        if (has_star(&rules->atoms.items[i]))
            expand_atom(p, cluster, &rules->atoms.items[i], &out);
        else
            *ARENA_PUSH(p->arena, &out) = rules->atoms.items[i];
    }
    rules->atoms = out;
}

/* names minus denied, for a rule that lists names */
static struct strs names_without(struct policy *p, struct strs names, const struct words *denied)
{
    struct str *left = ARENA_ARRAY(p->arena, names.n, struct str);
    size_t n = 0;
    for (size_t i = 0; i < names.n; i++) {
        bool drop = false;
        for (size_t k = 0; k < denied->n; k++)
            drop = drop || str_eq(names.items[i], denied->items[k].text);
        if (!drop)
            left[n++] = names.items[i];
    }
    return (struct strs){left, n};
}

static struct verbs verbs_of(struct policy *p, const struct policy_permission *permission)
{
    struct verbs set = {0};
    for (size_t i = 0; i < permission->verbs.n; i++)
        verbs_add(p, &set, permission->verbs.items[i].text);
    return set;
}

static bool deny_covers(const struct policy_permission *deny, const struct atom *atom)
{
    for (size_t i = 0; i < deny->n_targets; i++) {
        const struct policy_target *t = &deny->targets[i];
        struct str sub = t->subresource, resource = atom->resource, own = STR_NONE;
        if (sub.n == 0) {
            if (pattern_holds(t->group, t->resource, atom->group, atom->resource))
                return true;
            continue;
        }
        if ((!is_star(t->group) && !str_eq(t->group, atom->group)) ||
            !str_split(resource, '/', &resource, &own))
            continue;
        if (str_eq(own, sub) && (is_star(t->resource) || str_eq(resource, t->resource)))
            return true;
    }
    return false;
}

/* What of the atom's verbs is denied, and what stays. */
static struct verbs verbs_split(struct verbs *verbs, const struct verbs *denied)
{
    struct verbs cut = *verbs;
    for (size_t w = 0; w < VERBS_MAX / 64; w++) {
        uint64_t mask = denied->all ? UINT64_MAX : denied->w[w];
        cut.w[w] &= mask;
        verbs->w[w] &= ~mask;
    }
    cut.all = verbs->all && denied->all;
    verbs->all = verbs->all && !denied->all;
    return cut;
}

void atoms_deny(struct policy *p, const struct policy_permission *deny, struct role_rules *rules)
{
    struct verbs denied = verbs_of(p, deny);
    struct atoms out = {0};
    for (size_t i = 0; i < rules->atoms.n; i++) {
        struct atom atom = rules->atoms.items[i];
        if (!deny_covers(deny, &atom)) {
            *ARENA_PUSH(p->arena, &out) = atom;
            continue;
        }
        struct verbs cut = verbs_split(&atom.verbs, &denied);
        if (!verbs_empty(&atom.verbs))
            *ARENA_PUSH(p->arena, &out) = atom;
        if (verbs_empty(&cut) || deny->names.n == 0)
            continue;
        if (atom.names.n == 0) { /* RBAC cannot say "all but these names" */
            diag_error(p->d, deny->pos,
                       "only some names of '%.*s/%.*s' are denied, but the role allows every name",
                       STR_F(atom.group), STR_F(atom.resource));
            diag_hint(p->d, "allow the wanted names in 'can', or deny the whole resource");
            return;
        }
        atom.verbs = cut;
        atom.names = names_without(p, atom.names, &deny->names);
        if (atom.names.n > 0)
            *ARENA_PUSH(p->arena, &out) = atom;
    }
    rules->atoms = out;
}
