#pragma once
/*
 * Bindings that other tools keep in objects of their own, as the RBAC objects these tools make of
 * them: rbac-manager's RBACDefinition (rbacmanager.reactiveops.io/v1beta1), Rancher's
 * ProjectRoleTemplateBinding, ClusterRoleTemplateBinding and RoleTemplate
 * (management.cattle.io/v3). What the tools themselves refuse, and what cannot be placed on a site,
 * is named. Pure.
 */
#include "policy/import/policy_import.h"
#include "policy/rbac/selector.h"

enum foreign_where {
    FOREIGN_WIDE,            /* the whole cluster */
    FOREIGN_NAMESPACE,       /* where is its name */
    FOREIGN_SELECTOR,        /* namespaces by label */
    FOREIGN_RANCHER_PROJECT, /* where is "c-abc:p-xyz" */
    FOREIGN_RANCHER_CLUSTER, /* where is "c-abc" */
};
struct foreign_grant {
    struct str object; /* "RBACDefinition access (team-a)" */
    struct str site;   /* only there; absent: wherever it fits */
    struct str name;   /* of the binding that is made */
    enum foreign_where scope;
    struct str where;
    struct selector selector;
    struct str role_kind, role; /* Role or ClusterRole; or a template */
    struct str template;
    struct rbac_subject *subjects;
    size_t n_subjects;
    enum import_reason wrong; /* N_IMPORT_REASONS: nothing */
    struct str detail;
};
struct foreign_template {
    struct str name;
    bool external; /* its rules are those of the ClusterRole of this name */
    struct rbac_rule *rules;
    size_t n_rules;
    struct strs inherits;
};
struct import_foreign {
    struct {
        struct foreign_grant *items;
        size_t n, cap;
    } grants;
    struct {
        struct foreign_template *items;
        size_t n, cap;
    } templates;
};

/* One object or a list of them; objects of other kinds are passed over. What is read are views of
 * text. site: see foreign_grant. */
must_check int import_foreign_read(struct str text, struct str site, struct arena *a,
                                   struct import_foreign *out, struct err *e);
/* Adds to set what the tools make of it on this site. */
void import_foreign_apply(const struct import_foreign *f, const struct import_site *site,
                          struct arena *a, struct rbac_set *set, struct import_findings *findings);
/* Names what fits no site at all. */
void import_foreign_nowhere(const struct import_foreign *f, const struct import_site *sites,
                            size_t n_sites, struct arena *a, struct import_findings *findings);
