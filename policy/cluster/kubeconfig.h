#pragma once
/*
 * kubeconfig files (client-go tools/clientcmd): clusters, users, contexts. What a machine without a
 * person can use: client certificates and tokens; a user that logs in by a program (exec) or by a
 * password is named and refused when it is asked for. Several files are one configuration; of two
 * entries with one name the first counts, as with kubectl.
 */
#include "base/secret.h"
#include "base/words.h"
#include "base/yaml.h"

struct kube_named {
    struct str name;
    const struct yaml *value;
    struct str folder; /* relative file names start here */
};
struct kube_list {
    struct kube_named *items;
    size_t n, cap;
};
struct kubeconfig {
    struct kube_list clusters, users, contexts;
    struct str current_context;
};
/* All that is needed to talk to one API server. PEM texts are in the arena; so is the token: the
 * process is short-lived. */
struct kube_access {
    struct str server; /* https://host:port, no slash at the end */
    struct str ca_pem; /* absent: the system's authorities */
    struct str cert_pem, key_pem, token;
};

/* Adds one file. -1: unreadable or not a kubeconfig; with file:line:column. */
must_check int kubeconfig_read(struct kubeconfig *k, const char *path, struct arena *a,
                               struct err *e);
/* -1: no such context (the nearest is named), or something in it cannot be used. */
must_check int kubeconfig_access(const struct kubeconfig *k, struct str context, struct arena *a,
                                 struct kube_access *ret, struct err *e);
bool kubeconfig_has_context(const struct kubeconfig *k, struct str context);
