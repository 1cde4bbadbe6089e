#include "policy/rbac/service_account.h"

#include "policy/rbac/selector.h"

#define NAMESPACE_MAX 63

struct str service_account_user(struct arena *a, struct str namespace, struct str name)
{
    return CONCAT(a, STR(SERVICE_ACCOUNT_PREFIX), namespace, STR(":"), name);
}

bool service_account_is(struct str user, struct str namespace, struct str name)
{
    size_t prefix = sizeof(SERVICE_ACCOUNT_PREFIX) - 1;
    if (user.n != prefix + namespace.n + 1 + name.n ||
        !str_starts(user, STR(SERVICE_ACCOUNT_PREFIX)))
        return false;
    return str_starts(str_from_to(user, prefix, user.n), namespace) &&
           user.p[prefix + namespace.n] == ':' && str_ends(user, name);
}

bool service_account_split(struct str user, struct str *ret_namespace, struct str *ret_name)
{
    struct str namespace, name;
    if (!str_starts(user, STR(SERVICE_ACCOUNT_PREFIX)))
        return false;
    struct str rest = str_from_to(user, sizeof(SERVICE_ACCOUNT_PREFIX) - 1, user.n);
    if (!str_split(rest, ':', &namespace, &name) || namespace.n > NAMESPACE_MAX ||
        str_has(namespace, '.') || !is_subdomain(namespace) || !is_subdomain(name))
        return false;
    *ret_namespace = namespace;
    *ret_name = name;
    return true;
}

struct strs service_account_groups(struct arena *a, struct str namespace)
{
    struct str *groups = ARENA_ARRAY(a, 3, struct str);
    groups[0] = STR("system:serviceaccounts");
    groups[1] = CONCAT(a, STR("system:serviceaccounts:"), namespace);
    groups[2] = STR("system:authenticated");
    return (struct strs){groups, 3};
}
