#pragma once
/*
 * An editor for kubeconfig files. Foreign entries, comments and the order of things stay byte for
 * byte as they are: lines of ours are cut out and put in, then the result is read again and
 * compared. Pure: text in, text out. Any thread.
 *
 * Ours are: clusters and contexts that carry the extension `lotse` of this gateway and profile, and
 * users that call lotse-login for them.
 */
#include "base/err.h"
#include "base/yaml.h"

struct kubeconfig_site {
    struct str name; /* of cluster and context */
    struct str user;
    struct str server, audience, certificate_authority_data;
};
struct kubeconfig_plan {
    struct str issuer, client_id, profile,
        ca_file; /* client_id, profile, ca_file: absent when they are the default */
    struct str command;
    const struct kubeconfig_site *sites;
    size_t n_sites;
};
/* -1: the text is no kubeconfig we can edit safely, or a name is taken by an entry that is not
 * ours; e says which. */
must_check int kubeconfig_merge(struct str text, const struct kubeconfig_plan *plan,
                                struct arena *a, struct buf *out, struct err *e);

/* --- kubeconfig_tree.c: trees of base/yaml.h */
bool tree_eq(const struct yaml *a, const struct yaml *b); /* order of maps does not matter */
bool tree_has(const struct yaml *whole,
              const struct yaml *part); /* every member of part stands in whole with its value */
struct str tree_str(const struct yaml *map, const char *key); /* STR_NONE when absent or no text */
const struct yaml *tree_named(const struct yaml *list,
                              struct str name);                    /* the item with that `name` */
void tree_emit(struct buf *out, const struct yaml *y, int indent); /* block style */
void tree_scalar(struct buf *out, struct str text); /* plain where that is safe, else quoted */
must_check int tree_read(struct str text, struct arena *a, const struct yaml **ret, struct err *e);

/* --- kubeconfig_entry.c */
enum kubeconfig_kind { KUBECONFIG_CLUSTER, KUBECONFIG_CONTEXT, KUBECONFIG_USER, KUBECONFIG_KINDS };
extern const char *const kubeconfig_lists[KUBECONFIG_KINDS]; /* clusters, contexts, users */
struct str kubeconfig_entry_name(enum kubeconfig_kind kind, const struct kubeconfig_site *site);
/* "- name: ..." and what belongs to it, each line indented; before: the entry it replaces, whose
 * personal settings stay. */
void kubeconfig_entry_write(struct buf *out, enum kubeconfig_kind kind,
                            const struct kubeconfig_plan *plan, const struct kubeconfig_site *site,
                            const struct yaml *before);
bool kubeconfig_entry_is_ours(enum kubeconfig_kind kind, const struct kubeconfig_plan *plan,
                              const struct yaml *entry);

/* --- kubeconfig_file.c */
/* $KUBECONFIG's first file that exists, else its last; else ~/.kube/config. */
must_check int kubeconfig_path(const char *option, char *const *environment, struct buf *ret,
                               struct err *e);
/* Merges under <file>.lock, keeps what was there as <file>.lotse-backup, replaces atomically.
 * *ret_changed. */
must_check int kubeconfig_update(const char *path, const struct kubeconfig_plan *plan,
                                 struct arena *a, bool *ret_changed, struct err *e);
