/* What Kubernetes binds by itself: no finding of ours. */
#include "policy/lint/lint_inside.h"

static const struct {
    enum rbac_kind kind;
    const char *namespace, *binding;
    enum rbac_subject_kind subject_kind;
    const char *subject_namespace, *subject;
} defaults[] = {
#define DEFAULT(kind, namespace, binding, subject_kind, subject_namespace, subject) \
    {RBAC_##kind, namespace, binding, RBAC_##subject_kind, subject_namespace, subject},
#include "policy/lint/defaults.tbl.h"
#undef DEFAULT
};

bool is_default_subject(const struct rbac_object *binding, const struct rbac_subject *subject)
{
    for (size_t i = 0; i < sizeof(defaults) / sizeof(*defaults); i++)
        if (defaults[i].kind == binding->kind && str_is(binding->name, defaults[i].binding) &&
            str_is(binding->namespace, defaults[i].namespace) &&
            defaults[i].subject_kind == subject->kind &&
            str_is(subject->name, defaults[i].subject) &&
            str_is(subject->namespace, defaults[i].subject_namespace))
            return true;
    return false;
}
