#pragma once
/*
 * A Kubernetes object of another kind than RBAC's, or one that is compared as a whole: canonical
 * JSON with every default that the API server would fill in, so that what is live can be compared
 * member by member. Pure; any thread.
 */
#include "base/buf.h"
#include "base/err.h"

struct manifest {
    struct str kind, name, namespace;
    struct str path; /* of its collection: "/api/v1/namespaces" */
    struct str text; /* JSON */
};
struct manifests {
    struct manifest *items;
    size_t n, cap;
};
/* As YAML, "---" before each. -1: not JSON, which is a bug. */
must_check int manifests_yaml(const struct manifests *m, struct buf *out, struct err *e);
