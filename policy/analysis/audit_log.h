#pragma once
/*
 * What an API server's audit log (audit.k8s.io/v1, JSON lines) says was used: for each request that
 * RBAC allowed, which binding allowed it to whom. The API server names the binding itself, in the
 * annotation authorization.k8s.io/reason, so nothing is evaluated again. Equal uses are counted,
 * not kept, so a log of any length fits; one line at a time. Pure; one thread.
 */
#include "policy/rbac/rbac.h"

#define AUDIT_LINE_MAX  ((size_t)8 << 20)
#define AUDIT_NAMES_MAX 16

struct audit_use {
    enum rbac_kind binding_kind;
    struct str binding_namespace, binding;
    struct str role_kind, role;
    struct rbac_subject subject;
    struct rbac_question question; /* without a name */
    struct str names[AUDIT_NAMES_MAX];
    size_t n_names; /* AUDIT_NAMES_MAX: perhaps more */
    uint64_t n;
    int64_t last_ms;
};
struct audit_log {
    struct arena *arena; /* its ceiling is that of the log */
    struct arena scratch;
    struct intern keys;
    struct {
        struct audit_use *items;
        size_t n, cap;
    } uses;
    uint64_t n_lines, n_allowed; /* n_allowed: by RBAC, as uses say */
    uint64_t n_other; /* allowed otherwise: system:masters, webhooks, the node authorizer */
    uint64_t n_denied;
    uint64_t n_stages;  /* of requests that have another line, or failed before they were decided */
    uint64_t n_foreign; /* lines that are no events */
    bool truncated;     /* the last line ends in the middle */
    int64_t first_ms, last_ms; /* INT64_MAX, INT64_MIN: no event */
};
void audit_log_init(struct audit_log *log, struct arena *a);
void audit_log_fini(struct audit_log *log);
/* One line without its end. is_last: nothing, not even a line end, follows it. -1: the arena's
 * ceiling. */
must_check int audit_log_line(struct audit_log *log, struct str line, bool is_last, struct err *e);
/* RBAC: allowed by RoleBinding "name/ns" of ClusterRole "x" to Group "g". False: another text.
 * Binding, role and subject of the use are set, in the arena. */
bool audit_reason_parse(struct str reason, struct arena *a, struct audit_use *ret);
