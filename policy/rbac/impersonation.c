#include "policy/rbac/impersonation.h"

#include "policy/rbac/decision.h"
#include "policy/rbac/request_query.h"
#include "policy/rbac/selector.h"
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

/* --- constrained impersonation: mode.go */

#define MANY 4 /* so many groups or extra values are first asked for at once, by the name "*" */

static const char *const modes[] = {[IMPERSONATE_ASSOCIATED_NODE] = "associated-node",
                                    [IMPERSONATE_ARBITRARY_NODE] = "arbitrary-node",
                                    [IMPERSONATE_SERVICE_ACCOUNT] = "serviceaccount",
                                    [IMPERSONATE_USER_INFO] = "user-info"};

static bool node_split(struct str user, struct str *ret_node)
{
    static const struct str prefix = {"system:node:", 12};
    struct str node = str_from_to(user, prefix.n, user.n);
    if (!str_starts(user, prefix) || !is_subdomain(node))
        return false;
    *ret_node = node;
    return true;
}

static bool mode_applies(const struct impersonation_question *q, enum impersonation_mode mode)
{
    const struct impersonation *w = q->wanted;
    struct str node = STR_NONE, namespace, name;
    bool only_name = w->uid.n == 0 && w->groups.n == 0 && w->extra.n == 0;
    bool is_node = node_split(w->user, &node);
    bool is_account = service_account_split(w->user, &namespace, &name);
    switch (mode) {
    case IMPERSONATE_ASSOCIATED_NODE:
        return only_name && is_node && str_eq(w->requestor_node, node) &&
               service_account_split(q->user->name, &namespace, &name);
    case IMPERSONATE_ARBITRARY_NODE: return only_name && is_node;
    case IMPERSONATE_SERVICE_ACCOUNT: return only_name && is_account;
    case IMPERSONATE_USER_INFO: return !is_node && !is_account;
    case IMPERSONATE_LEGACY: return true;
    }
    return false;
}

static bool may(const struct impersonation_question *q, const struct rbac_question *question)
{
    return rbac_decide(q->set, q->user, question, NULL) == RBAC_ALLOW;
}

/* acme.io/foo, in small letters: utilvalidation.IsDomainPrefixedPath and what mode.go adds */
static bool is_extra_key(struct str key)
{
    struct str host, path;
    if (!str_split(key, '/', &host, &path) || path.n == 0 || !is_subdomain(host))
        return false;
    for (size_t i = 0; i < path.n; i++) {
        char c = path.p[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
            !memchr("/-._~%!$&'()*+,;=:", c, 18))
            return false;
    }
    return true;
}

static bool may_be_user(const struct impersonation_question *q, enum impersonation_mode mode,
                        struct rbac_question as)
{
    struct str namespace, name;
    as.resource = STR("users");
    as.name = q->wanted->user;
    if (node_split(q->wanted->user, &name)) {
        as.resource = STR("nodes");
        as.name = mode == IMPERSONATE_ASSOCIATED_NODE ? STR("*") : name;
    }
    if (service_account_split(q->wanted->user, &namespace, &name)) {
        as.resource = STR("serviceaccounts");
        as.namespace = namespace;
        as.name = name;
    }
    return may(q, &as);
}

static bool may_be_in_groups(const struct impersonation_question *q, struct rbac_question as)
{
    struct strs groups = q->wanted->groups;
    as.resource = STR("groups");
    as.name = STR("*");
    if (strs_has(groups, STR("")) || strs_has(groups, STR(RBAC_MASTERS)))
        return false;
    if (groups.n >= MANY && may(q, &as))
        return true;
    for (size_t i = 0; i < groups.n; i++) {
        as.name = groups.items[i];
        if (!may(q, &as))
            return false;
    }
    return true;
}

static bool may_have_extra(const struct impersonation_question *q, struct rbac_question as)
{
    const struct str_pairs *extra = &q->wanted->extra;
    for (size_t i = 0; i < extra->n; i++)
        if (!is_extra_key(extra->items[i].key) || extra->items[i].value.n == 0)
            return false;
    as.resource = STR("userextras");
    as.subresource = as.name = STR("*");
    if (extra->n >= MANY && may(q, &as))
        return true;
    for (size_t i = 0; i < extra->n; i++) {
        as.subresource = extra->items[i].key;
        as.name = extra->items[i].value;
        if (!may(q, &as))
            return false;
    }
    return true;
}

static bool mode_allows(const struct impersonation_question *q, enum impersonation_mode mode,
                        struct arena *a)
{
    struct rbac_question on = *q->request;
    struct rbac_question as = {.api_group = STR(AUTHENTICATION_GROUP)}, uid;
    on.verb = CONCAT(a, STR("impersonate-on:"), STR_C(modes[mode]), STR(":"), q->request->verb);
    as.verb = CONCAT(a, STR("impersonate:"), STR_C(modes[mode]));
    uid = as;
    uid.resource = STR("uids");
    uid.name = q->wanted->uid;
    return may(q, &on) && may_be_user(q, mode, as) && (uid.name.n == 0 || may(q, &uid)) &&
           may_be_in_groups(q, as) && may_have_extra(q, as);
}

struct impersonation_answer impersonation_answer(const struct impersonation_question *q,
                                                 struct arena *a)
{
    struct impersonation_answer out = {.mode = IMPERSONATE_LEGACY};
    struct str *nodes = ARENA_NEW(a, struct str);
    for (int mode = IMPERSONATE_ASSOCIATED_NODE; mode < IMPERSONATE_LEGACY; mode++) {
        enum impersonation_mode m = (enum impersonation_mode)mode;
        if (q->wanted->user.n == 0 || !mode_applies(q, m) || !mode_allows(q, m, a))
            continue;
        struct impersonation wanted = *q->wanted;
        *nodes = STR("system:nodes"); /* the groups of a node are fixed */
        if (m == IMPERSONATE_ASSOCIATED_NODE || m == IMPERSONATE_ARBITRARY_NODE)
            wanted.groups = (struct strs){nodes, 1};
        return (struct impersonation_answer){IMPERSONATION_ALLOWED, m,
                                             impersonation_user(&wanted, a)};
    }
    out.outcome = impersonation_check(q->set, q->user, q->wanted, a, &out.user);
    return out;
}
