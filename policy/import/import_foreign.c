#include "policy/import/import_foreign.h"

#define TEMPLATES_MAX 500 /* handler_base.go: rolesCircularHardLimit */

struct applying {
    const struct import_foreign *f;
    const struct import_site *site;
    struct arena *arena;
    struct rbac_set *set;
    struct import_findings *findings;
};

static void leave(const struct applying *x, const struct foreign_grant *g,
                  enum import_reason reason, struct str detail)
{
    struct import_finding *finding = ARENA_PUSH(x->arena, x->findings);
    *finding = (struct import_finding){.reason = reason,
                                       .site = x->site ? x->site->name : g->site,
                                       .object = g->object,
                                       .detail = detail};
}

/* --- where */

static bool is_wide(const struct foreign_grant *g)
{
    return g->scope == FOREIGN_WIDE || g->scope == FOREIGN_RANCHER_CLUSTER;
}

static bool holds(const struct foreign_grant *g, const struct policy_namespace *ns)
{
    struct str cluster, project;
    switch (g->scope) {
    case FOREIGN_NAMESPACE: return str_eq(ns->name, g->where);
    case FOREIGN_SELECTOR: return selector_matches(&g->selector, &ns->labels);
    case FOREIGN_RANCHER_PROJECT: return ns->project.n && str_eq(ns->project, g->where);
    case FOREIGN_RANCHER_CLUSTER:
        return str_split(ns->project, ':', &cluster, &project) && str_eq(cluster, g->where);
    case FOREIGN_WIDE: break;
    }
    return true;
}

static bool fits(const struct foreign_grant *g, const struct import_site *site)
{
    if (g->site.n && !str_eq(g->site, site->name))
        return false;
    if (g->scope == FOREIGN_WIDE || g->scope == FOREIGN_SELECTOR)
        return true;
    for (size_t i = 0; i < site->cluster->n_namespaces; i++)
        if (holds(g, &site->cluster->namespaces[i]))
            return true;
    return false;
}

/* --- Rancher's templates */

static const struct foreign_template *template_find(const struct import_foreign *f, struct str name)
{
    for (size_t i = 0; i < f->templates.n; i++)
        if (str_eq(f->templates.items[i].name, name))
            return &f->templates.items[i];
    return NULL;
}

static bool has_cluster_role(const struct applying *x, struct str name)
{
    for (size_t i = 0; i < x->set->n; i++)
        if (x->set->items[i].kind == RBAC_CLUSTER_ROLE && str_eq(x->set->items[i].name, name))
            return true;
    return false;
}

/* The template and all that it inherits from, each once: every one is bound on its own. What is
 * missing, or STR_NONE. */
static struct str templates_of(const struct applying *x, struct str name, struct intern *out)
{
    intern_add(out, name);
    for (size_t i = 0; i < out->n && i < TEMPLATES_MAX; i++) {
        const struct foreign_template *t = template_find(x->f, out->items[i]);
        if (!t)
            return out->items[i];
        for (size_t k = 0; k < t->inherits.n; k++)
            intern_add(out, t->inherits.items[k]);
    }
    return out->n <= TEMPLATES_MAX ? STR_NONE : out->items[TEMPLATES_MAX];
}

/* The ClusterRole that Rancher makes of a template; the one that is there already counts. */
static void add_cluster_role(const struct applying *x, const struct foreign_template *t)
{
    if (t->external || has_cluster_role(x, t->name))
        return;
    struct rbac_object *o = ARENA_PUSH(x->arena, x->set);
    *o = (struct rbac_object){
        .kind = RBAC_CLUSTER_ROLE, .name = t->name, .rules = t->rules, .n_rules = t->n_rules};
}

/* --- bindings */

static void add_binding(const struct applying *x, const struct foreign_grant *g, struct str role,
                        struct str namespace)
{
    struct rbac_object *o = ARENA_PUSH(x->arena, x->set);
    *o = (struct rbac_object){.kind = namespace.n ? RBAC_ROLE_BINDING : RBAC_CLUSTER_ROLE_BINDING,
                              .name = g->name,
                              .namespace = namespace,
                              .role_kind = g->role_kind,
                              .role_name = role,
                              .subjects = g->subjects,
                              .n_subjects = g->n_subjects};
}

static void add_bindings(const struct applying *x, const struct foreign_grant *g, struct str role)
{
    if (is_wide(g)) {
        add_binding(x, g, role, STR_NONE);
        return;
    }
    for (size_t i = 0; i < x->site->cluster->n_namespaces; i++)
        if (holds(g, &x->site->cluster->namespaces[i]))
            add_binding(x, g, role, x->site->cluster->namespaces[i].name);
}

static void apply_templates(const struct applying *x, const struct foreign_grant *g)
{
    struct intern names = {.arena = x->arena};
    struct str missing = templates_of(x, g->template, &names);
    if (missing.n && !(names.n == 1 && has_cluster_role(x, g->template))) {
        leave(x, g, IMPORT_FOREIGN_TEMPLATE, missing);
        return;
    }
    for (size_t i = 0; i < names.n; i++) {
        const struct foreign_template *t = template_find(x->f, names.items[i]);
        if (t)
            add_cluster_role(x, t);
        add_bindings(x, g, names.items[i]);
    }
}

void import_foreign_apply(const struct import_foreign *f, const struct import_site *site,
                          struct arena *a, struct rbac_set *set, struct import_findings *findings)
{
    const struct applying x = {f, site, a, set, findings};
    for (size_t i = 0; i < f->grants.n; i++) {
        const struct foreign_grant *g = &f->grants.items[i];
        if (g->wrong != N_IMPORT_REASONS || !fits(g, site))
            continue;
        if (g->template.n)
            apply_templates(&x, g);
        else
            add_bindings(&x, g, g->role);
    }
}

void import_foreign_nowhere(const struct import_foreign *f, const struct import_site *sites,
                            size_t n_sites, struct arena *a, struct import_findings *findings)
{
    const struct applying x = {f, NULL, a, NULL, findings};
    for (size_t i = 0; i < f->grants.n; i++) {
        const struct foreign_grant *g = &f->grants.items[i];
        bool fitting = false;
        for (size_t k = 0; k < n_sites; k++)
            fitting = fitting || fits(g, &sites[k]);
        bool rancher = g->scope == FOREIGN_RANCHER_PROJECT || g->scope == FOREIGN_RANCHER_CLUSTER;
        if (g->wrong != N_IMPORT_REASONS)
            leave(&x, g, g->wrong, g->detail);
        else if (!fitting)
            leave(&x, g, rancher ? IMPORT_FOREIGN_CLUSTER : IMPORT_NO_NAMESPACE, g->where);
    }
}
