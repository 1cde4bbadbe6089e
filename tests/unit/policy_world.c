#include "tests/unit/policy_world.h"

#include "base/clock.h"
#include "tests/unit/unit.h"

#define VEC(type) \
    struct { \
        type *items; \
        size_t n, cap; \
    }
struct site {
    struct str name;
    VEC(struct policy_resource) resources;
    VEC(struct policy_namespace) namespaces;
    VEC(struct rbac_object) roles;
};
struct world {
    struct arena *a;
    VEC(struct site) sites;
    VEC(struct policy_group) groups;
    VEC(struct policy_person) people;
    bool *chosen; /* the sites that the lines are about */
    int64_t now_ms;
};

static struct str word(struct str *rest)
{
    struct str s = STR_NONE;
    *rest = str_trim(*rest);
    str_next(rest, ' ', &s);
    return s;
}

static struct strs split(struct arena *a, struct str text, char separator)
{
    VEC(struct str) out = {0};
    struct str item;
    while (str_next(&text, separator, &item))
        if (item.n > 0)
            *ARENA_PUSH(a, &out) = item;
    return (struct strs){out.items, out.n};
}

static void do_resource(struct world *w, struct site *site, struct str rest)
{
    struct str path = word(&rest), scope = word(&rest);
    struct policy_resource *r = ARENA_PUSH(w->a, &site->resources);
    r->version = STR("v1");
    str_split(path, '/', &r->group, &path);
    r->resource = path;
    str_split(path, '/', &r->resource, &r->subresource);
    r->namespaced = str_is(scope, "namespaced");
    r->verbs = split(w->a, word(&rest), ',');
}

static void do_namespace(struct world *w, struct site *site, struct str rest)
{
    struct policy_namespace *ns = ARENA_PUSH(w->a, &site->namespaces);
    ns->name = word(&rest);
    for (struct str label = word(&rest); label.n > 0; label = word(&rest)) {
        struct str_pair *pair = ARENA_PUSH(w->a, &ns->labels);
        str_split(label, '=', &pair->key, &pair->value);
    }
}

static void do_clusterrole(struct world *w, struct site *site, struct str rest)
{
    struct str name = word(&rest), verbs = word(&rest);
    struct rbac_object *role = NULL;
    for (size_t i = 0; i < site->roles.n; i++)
        if (str_eq(site->roles.items[i].name, name))
            role = &site->roles.items[i];
    if (!role) {
        role = ARENA_PUSH(w->a, &site->roles);
        *role = (struct rbac_object){.kind = RBAC_CLUSTER_ROLE, .name = name};
        role->rules = ARENA_ARRAY(w->a, 100, struct rbac_rule);
    }
    struct strs targets = split(w->a, word(&rest), ',');
    struct strs names = split(w->a, word(&rest), ',');
    for (size_t i = 0; i < targets.n; i++) {
        struct str *parts = ARENA_ARRAY(w->a, 2, struct str);
        struct rbac_rule *rule = &role->rules[role->n_rules++];
        *rule = (struct rbac_rule){.verbs = split(w->a, verbs, ','), .resource_names = names};
        if (str_starts(targets.items[i], STR("url:"))) {
            parts[0] = str_from_to(targets.items[i], 4, targets.items[i].n);
            rule->non_resource_urls = (struct strs){parts, 1};
            continue;
        }
        str_split(targets.items[i], '/', &parts[0], &parts[1]);
        rule->api_groups = (struct strs){parts, 1};
        rule->resources = (struct strs){parts + 1, 1};
    }
}

static void do_site_line(struct world *w, struct str what, struct str rest)
{
    for (size_t i = 0; i < w->sites.n; i++) {
        if (!w->chosen[i])
            continue;
        if (str_is(what, "resource"))
            do_resource(w, &w->sites.items[i], rest);
        else if (str_is(what, "namespace"))
            do_namespace(w, &w->sites.items[i], rest);
        else if (str_is(what, "clusterrole"))
            do_clusterrole(w, &w->sites.items[i], rest);
        else
            fail_msg("world: %.*s", STR_F(what));
    }
}

static void choose_sites(struct world *w, struct str rest)
{
    w->chosen = ARENA_ARRAY(w->a, 100, bool);
    for (struct str name = word(&rest); name.n > 0; name = word(&rest)) {
        size_t i = 0;
        while (i < w->sites.n && !str_eq(w->sites.items[i].name, name))
            i++;
        if (i == w->sites.n)
            ARENA_PUSH(w->a, &w->sites)->name = name;
        w->chosen[i] = true;
    }
}

static void do_line(struct world *w, struct str rest)
{
    struct str what = word(&rest);
    if (what.n == 0 || what.p[0] == '#')
        return;
    if (str_is(what, "group")) {
        struct str name = STR_NONE, id = str_trim(rest), value;
        str_split(id, ',', &name, &value);
        *ARENA_PUSH(w->a, &w->groups) = (struct policy_group){id, name};
    } else if (str_is(what, "person")) {
        struct str name = word(&rest);
        *ARENA_PUSH(w->a, &w->people) = (struct policy_person){name, split(w->a, rest, ' ')};
    } else if (str_is(what, "site")) {
        choose_sites(w, rest);
    } else if (str_is(what, "now")) {
        assert_true(time_parse(word(&rest), &w->now_ms));
    } else {
        do_site_line(w, what, rest);
    }
}

void world_read(struct arena *a, struct str text, struct policy_input *out)
{
    struct world w = {.a = a};
    struct str line;
    text = arena_str(a, text);
    while (str_next(&text, '\n', &line))
        do_line(&w, line);
    struct policy_directory *directory = ARENA_NEW(a, struct policy_directory);
    *directory =
        (struct policy_directory){w.people.items, w.people.n, w.groups.items, w.groups.n, 0};
    struct policy_cluster *clusters = ARENA_ARRAY(a, w.sites.n, struct policy_cluster);
    for (size_t i = 0; i < w.sites.n; i++) {
        const struct site *s = &w.sites.items[i];
        clusters[i] = (struct policy_cluster){s->name,
                                              {s->resources.items, s->resources.n},
                                              s->namespaces.items,
                                              s->namespaces.n,
                                              s->roles.items,
                                              s->roles.n,
                                              false};
    }
    *out = (struct policy_input){w.groups.n + w.people.n ? directory : NULL, clusters, w.sites.n,
                                 w.now_ms};
}
