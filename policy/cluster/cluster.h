#pragma once
/*
 * What is known of one site's cluster: namespaces, discovery and every RBAC object; from its API
 * server, or from saved files. Everything lives in the caller's arena.
 */
#include "policy/cluster/api.h"
#include "policy/rbac/discovery.h"

struct cluster {
    struct str site;
    struct arena *arena;        /* of everything below; set by whoever makes it, like site */
    struct rbac_set objects;    /* every Role, ClusterRole, RoleBinding, ClusterRoleBinding */
    struct policy_cluster data; /* for policy_resolve; set by cluster_finish */
    struct {
        struct policy_namespace *items;
        size_t n, cap;
    } namespaces; /* those that are not being deleted */
    struct {
        struct policy_resource *items;
        size_t n, cap;
    } resources;
    struct {
        struct str *items;
        size_t n, cap;
    } files;            /* that it was read from; none when live */
    bool bindings_only; /* what policy_cluster says */
};

must_check int cluster_read_api(struct cluster *c, struct api *api, struct err *e);
/* Namespaces and RoleBindings alone (data.bindings_only): all that an account with the least rights
 * may read. */
must_check int cluster_read_bindings(struct cluster *c, struct api *api, struct err *e);
/* The view for policy_resolve, once everything was read by cluster_read_json. */
must_check int cluster_finish(struct cluster *c, struct err *e);
/* FOLDER/SITE/x.json, FOLDER/x-SITE.json, and FOLDER/x.json that carries no site's name (what is no
 * Kubernetes object is passed over there: a saved directory, a package.json). sites: all
 * of them. */
must_check int cluster_read_folder(struct cluster *c, struct str folder, struct strs sites,
                                   struct err *e);
/* The folders below FOLDER that can be the name of a site, sorted. */
must_check int cluster_folder_sites(struct str folder, struct arena *a, struct strs *ret,
                                    struct err *e);
/* FOLDER/SITE/{namespaces,rbac,discovery}.json: what cluster_read_folder reads, without what nobody
 * needs. */
must_check int cluster_save(const struct cluster *c, struct str folder, struct err *e);
size_t cluster_n_bindings(const struct cluster *c);

/* --- cluster_json.c */
/* Namespaces, RBAC objects, aggregated discovery (APIGroupDiscoveryList, v2), and lists of them;
 * other kinds are passed over. What has no kind at all is an error, unless others_too. text must
 * stay as long as the arena: what was read are views of it. */
must_check int cluster_read_json(struct cluster *c, struct str text, bool others_too,
                                 struct err *e);
void cluster_write_namespaces(const struct cluster *c, struct buf *out);
void cluster_write_discovery(const struct cluster *c, struct buf *out);
void cluster_write_rbac(const struct cluster *c, struct buf *out);
