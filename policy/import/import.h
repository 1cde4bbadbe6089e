#pragma once
/* Inside of the import. Only policy/import includes this. */
#include "policy/import/policy_import.h"

/* --- what a role allows, in one form, so that equal roles are the same bytes (import_forms.c) */
__extension__ typedef unsigned __int128 import_verbs; /* bit per id in importer.verbs; 0 is "*" */
#define IMPORT_VERBS_MAX 120
#define URL_GROUP        (ID_NONE - 1)

struct form_line { /* one resource of one group, one set of names */
    uint32_t group, resource, names, zero;
    import_verbs verbs;
};
struct form {
    struct form_line *items;
    size_t n;
};
enum sayable { SAYABLE_UNKNOWN, SAYABLE, UNSAYABLE };
struct form_state { /* by id of a form */
    enum sayable sayable;
    enum import_reason reason;
    struct str what;
    uint32_t without_urls; /* ID_NONE: not asked yet */
};

struct import_source { /* an object a role came from */
    const struct rbac_object *object;
    uint32_t site;
};
struct import_sources {
    struct import_source *items;
    size_t n, cap;
};
struct import_role { /* of the policy */
    struct str name;
    uint32_t form;           /* ID_NONE: as the ClusterRole below */
    struct str cluster_role; /* base: k8s/<this> */
    bool wide;               /* cluster: true */
    uint32_t base;           /* another role; or base_cluster_role, or neither */
    struct str base_cluster_role;
    struct form rest, deny; /* what `can` adds, and what is taken away from the base */
    struct import_sources sources;
    size_t n_uses;
};
struct import_roles {
    struct import_role *items;
    size_t n, cap;
};
struct import_team {
    struct str raw, name, from;
};
struct import_fact { /* one group in one binding */
    uint32_t team, role, place;
    const struct rbac_object *binding;
};
struct import_facts {
    struct import_fact *items;
    size_t n, cap;
};
struct import_ids {
    uint32_t *items;
    size_t n, cap;
};

struct import_object_role { /* of a role object: ids in roles; ID_NONE: cannot be said */
    bool asked;
    uint32_t role;
    enum import_reason reason;
    struct str detail;
};
struct import_site_state {
    struct intern role_names;           /* "ClusterRole x", "Role ns/x" */
    uint32_t *role_objects;             /* by id: index of the object */
    uint32_t *forms;                    /* by object: form, ID_NONE: not asked yet */
    struct import_object_role *choices; /* by object * 2 + wide */
    struct intern namespaces;
    uint32_t first_place;
    struct rbac_set taken;      /* the bindings as they were, of the subjects that were taken */
    struct intern same_forms;   /* not used for names: forms of ClusterRoles that every site has */
    uint32_t *by_form, n_forms; /* by form: index of such a ClusterRole + 1 */
};

struct import_grant {
    uint32_t team, role;
    uint64_t sites; /* all: no `at` */
    struct import_ids spaces;
    const struct rbac_object *binding; /* the first behind it */
    size_t n_bindings;
};
struct import_grants {
    struct import_grant *items;
    size_t n, cap;
};
struct import_space {
    struct str name, definition; /* as YAML, without braces */
    struct str_pairs label;      /* one or two */
    struct strs names, except;
    struct import_ids extent; /* places on all sites, sorted */
    uint32_t *n_at;           /* by site */
    uint32_t team;            /* the only one using it; ID_NONE: several */
    bool used;
};
struct import_spaces {
    struct import_space *items;
    size_t n, cap;
};
struct known;
struct import_builtin { /* what Kubernetes has on every site */
    const char *name;
    uint32_t *forms; /* by site; NULL: not everywhere */
};
#define N_IMPORT_BUILTIN 4

struct importer {
    struct arena *arena;
    const struct import_input *in;
    struct import_result *out;
    size_t n_sites;
    uint64_t all_sites;
    struct import_site_state *sites;
    struct intern words, verbs, forms;
    struct intern names; /* sets of object names by their joined text; 0: any */
    struct strs *name_sets;
    size_t n_name_sets, cap_name_sets;
    struct form_state *form_states;
    size_t n_form_states, cap_form_states;
    bool too_many_verbs;
    const struct known *known;

    struct intern groups; /* raw names; the id is the team's */
    struct import_team *teams;
    struct import_builtin builtin[N_IMPORT_BUILTIN];
    struct intern role_keys;
    struct import_roles roles;
    struct import_facts facts;
    size_t n_places; /* a namespace of a site; behind them one per site for cluster-wide */
    uint8_t *place_site;
    struct import_spaces spaces;
    struct import_grants grants;
};

/* --- import_forms.c */
uint32_t form_of_rules(struct importer *im, const struct rbac_object *role);
struct form form_get(const struct importer *im, uint32_t id);
uint32_t form_without_urls(struct importer *im, uint32_t id);
/* Does a cover what b says, line by line? */
bool form_covers(const struct importer *im, const struct form *a, const struct form *b);
/* What of a is not in b. */
struct form form_minus(struct importer *im, const struct form *a, const struct form *b);
struct form form_union(struct importer *im, const struct form *a, const struct form *b);
static inline bool verbs_have(import_verbs set, uint32_t id)
{
    return set >> id & 1;
}
/* The id of a form that was made of others. */
uint32_t form_add(struct importer *im, const struct form *form);
bool form_has_star(const struct importer *im, const struct form *form);
/* --- import_say.c: can the language say it? */
bool form_sayable(struct importer *im, uint32_t id, struct form_state *ret);
/* --- import_roles.c */
void roles_index(struct importer *im, uint32_t site);
/* The role of the policy for a role object; ID_NONE with reason. */
struct import_object_role role_choose(struct importer *im, uint32_t site, uint32_t object,
                                      bool wide);
/* The form that a ClusterRole has on each site; NULL when a site has none of this name. */
uint32_t *role_forms(struct importer *im, struct str cluster_role);
void roles_finish(struct importer *im); /* names, bases, notes */
/* --- import_bases.c */
/* Can it be said on top of view, edit, admin or cluster-admin? */
bool base_makes_sayable(struct importer *im, uint32_t form);
void bases_find(struct importer *im);
/* --- import_facts.c */
void facts_read(struct importer *im);
/* --- import_teams.c */
void teams_name(struct importer *im);
struct str teams_ldap_base(const struct importer *im); /* STR_NONE: no directory */
/* --- import_spaces.c, import_space_define.c */
void spaces_make(struct importer *im);
void spaces_name(struct importer *im);
/* --- import_names.c */
/* A policy name made of any text; never empty. */
struct str name_from(struct arena *a, struct str raw, const char *when_empty);
/* The name itself, or with -2, -3 ... behind it. */
struct str name_unique(struct arena *a, struct intern *taken, struct str name);
bool name_is_safe(struct str s); /* printable: can stand in a quoted text */
void put_yaml(struct buf *out, struct str s);
/* The same in a comment: nothing in it can end the line. */
void put_comment(struct buf *out, struct str s);
struct str object_name(struct arena *a, const struct rbac_object *o);
/* --- import_text.c */
void text_write(struct importer *im, struct buf *out);
/* --- import_prove.c */
must_check int import_prove(struct importer *im, struct err *e);
/* --- policy_import.c */
void found(struct importer *im, const struct import_finding *finding);
static inline bool has_site(uint64_t sites, size_t site)
{
    return sites >> site & 1;
}
