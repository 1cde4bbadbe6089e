#pragma once
/* Inside of the emitter: how an admission policy is put together. Only policy_vap*.c and
 * policy_emit_vap.c include this. */
#include "base/json.h"
#include "policy/emit/policy_emit_vap.h"
#include "policy/resolve/resolved.h"

#define VAP_TEXT_MAX ((size_t)4 << 20)

struct vap_guard {
    const char *name;
    const char *operations; /* JSON list */
    const char *group, *resources;
};
struct vap_cel {
    const char *name; /* of a variable; of a condition; of a validation: what is wrong */
    struct str expression;
};
struct vap_body {
    const struct vap_cel *conditions, *variables, *validations;
    size_t n_conditions, n_variables, n_validations;
};

struct vap_draft {
    struct arena *arena;
    struct manifests *manifests;
    const struct vap_guard *guard;
    struct json_out json;
};

#define CEL(text)    {(text), sizeof(text) - 1}
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* ["a", "b"] as CEL */
void vap_list(struct buf *out, struct strs items);
/* The policy and its binding. */
void vap_add(struct vap_draft *d, const struct vap_guard *g, const struct vap_body *body);
/* lotse-binder-limits: what the binder may write, beyond what RBAC can say. */
void vap_add_binder(struct vap_draft *d, const struct policy *p, size_t site,
                    const struct policy_owners *owners);
