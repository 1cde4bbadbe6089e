#include "policy/rbac/impersonation.h"

#include "policy/rbac/decision.h"
#include "policy/rbac/request_query.h"
#include "policy/rbac/service_account.h"

#define AUTHENTICATION_GROUP "authentication.k8s.io"

static void add(struct rbac_questions *out, struct rbac_question q, struct arena *a)
{
    q.verb = STR("impersonate");
    *ARENA_PUSH(a, out) = q;
}

struct rbac_questions impersonation_questions(const struct impersonation *wanted, struct arena *a)
{
    struct rbac_questions out = {0};
    struct str namespace, name;
    if (service_account_split(wanted->user, &namespace, &name))
        add(&out,
            (struct rbac_question){
                .resource = STR("serviceaccounts"), .namespace = namespace, .name = name},
            a);
    else if (wanted->user.n > 0)
        add(&out, (struct rbac_question){.resource = STR("users"), .name = wanted->user}, a);
    for (size_t i = 0; i < wanted->groups.n; i++)
        add(&out,
            (struct rbac_question){.resource = STR("groups"), .name = wanted->groups.items[i]}, a);
    for (size_t i = 0; i < wanted->extra.n; i++)
        add(&out,
            (struct rbac_question){.api_group = STR(AUTHENTICATION_GROUP),
                                   .resource = STR("userextras"),
                                   .subresource = wanted->extra.items[i].key,
                                   .name = wanted->extra.items[i].value},
            a);
    if (wanted->uid.n > 0)
        add(&out,
            (struct rbac_question){.api_group = STR(AUTHENTICATION_GROUP),
                                   .resource = STR("uids"),
                                   .name = wanted->uid},
            a);
    return out;
}

struct rbac_user impersonation_user(const struct impersonation *wanted, struct arena *a)
{
    struct str namespace, name, *groups = ARENA_ARRAY(a, wanted->groups.n + 3, struct str);
    bool anonymous = str_is(wanted->user, "system:anonymous");
    size_t n = 0;
    if (wanted->groups.n == 0 && service_account_split(wanted->user, &namespace, &name)) {
        struct strs fixed = service_account_groups(a, namespace);
        groups[n++] = fixed.items[0];
        groups[n++] = fixed.items[1];
    }
    for (size_t i = 0; i < wanted->groups.n; i++)
        groups[n++] = wanted->groups.items[i];
    struct strs so_far = {groups, n};
    bool outside = strs_has(so_far, STR("system:unauthenticated"));
    if (anonymous && !outside)
        groups[n++] = STR("system:unauthenticated");
    if (!anonymous && !outside && !strs_has(so_far, STR("system:authenticated")))
        groups[n++] = STR("system:authenticated");
    return (struct rbac_user){wanted->user, {groups, n}};
}

enum impersonation_outcome impersonation_check(const struct rbac_set *set,
                                               const struct rbac_user *user,
                                               const struct impersonation *wanted, struct arena *a,
                                               struct rbac_user *ret)
{
    struct rbac_questions questions = impersonation_questions(wanted, a);
    if (questions.n == 0)
        return IMPERSONATION_NONE;
    if (wanted->user.n == 0)
        return IMPERSONATION_WITHOUT_USER;
    for (size_t i = 0; i < questions.n; i++)
        if (rbac_decide(set, user, &questions.items[i], NULL) != RBAC_ALLOW)
            return IMPERSONATION_REFUSED;
    *ret = impersonation_user(wanted, a);
    return IMPERSONATION_ALLOWED;
}

struct str impersonation_extra_key(struct str header, struct arena *a)
{
    char *lower = arena_alloc(a, header.n + 1);
    struct str key = {lower, header.n};
    for (size_t i = 0; i < header.n; i++)
        lower[i] = header.p[i] >= 'A' && header.p[i] <= 'Z' ? (char)(header.p[i] - 'A' + 'a')
                                                            : header.p[i];
    (void)request_unescape(key, false, a, &key);
    return key;
}
