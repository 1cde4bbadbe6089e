/* The evaluators: RBAC as Kubernetes means it, and the bitset one never answering otherwise than
 * the plain one. */
#include <stdlib.h>

#include "policy/rbac/access.h"
#include "tests/unit/unit.h"

static struct strs list(struct arena *a, const char *text)
{
    struct {
        struct str *items;
        size_t n, cap;
    } out = {0};
    struct str rest = STR_C(text), item;
    if (!text)
        return (struct strs){0};
    if (!*text)
        *ARENA_PUSH(a, &out) = STR(""); /* one empty string */
    while (*text && str_next(&rest, ',', &item))
        *ARENA_PUSH(a, &out) = item.n ? item : STR("");
    return (struct strs){out.items, out.n};
}

/* --- one rule; the rows are those of TestRuleMatches
 * (plugin/pkg/auth/authorizer/rbac/rbac_test.go) and the corner cases around it */
static const struct {
    const char *verbs, *groups, *resources, *names, *urls;   /* the rule; NULL: no such list */
    const char *verb, *group, *resource, *sub, *name, *path; /* the question */
    bool allowed;
} rules[] = {
    /* everything */
    {"*", "*", "*", NULL, NULL, "get", "", "pods", "", "", NULL, true},
    {"*", "*", "*", NULL, NULL, "*", "*", "*", "", "", NULL, true},
    {"*", "*", "*", NULL, NULL, "get", "x", "y", "z", "n", NULL, true},
    {"*", "*", "*", NULL, NULL, "get", "", "", "", "", "/healthz", false},
    {"*", NULL, NULL, NULL, "*", "get", "", "", "", "", "/healthz", true},
    {"*", NULL, NULL, NULL, "*", "get", "", "pods", "", "", NULL, false},
    /* verbs are compared byte by byte */
    {"get,list", "", "pods", NULL, NULL, "get", "", "pods", "", "", NULL, true},
    {"get,list", "", "pods", NULL, NULL, "watch", "", "pods", "", "", NULL, false},
    {"GET", "", "pods", NULL, NULL, "get", "", "pods", "", "", NULL, false},
    {"List", "", "pods", NULL, NULL, "list", "", "pods", "", "", NULL, false},
    {"get", "", "pods", NULL, NULL, "*", "", "pods", "", "", NULL, false},
    {"get", "", "pods", NULL, NULL, "", "", "pods", "", "", NULL, false},
    {"*", "", "pods", NULL, NULL, "", "", "pods", "", "", NULL, true},
    {"*", "authentication.k8s.io", "users", NULL, NULL, "impersonate:user-info",
     "authentication.k8s.io", "users", "", "x", NULL, true},
    /* groups: the bare name, core is empty */
    {"get", "apps/v1", "deployments", NULL, NULL, "get", "apps", "deployments", "", "", NULL,
     false},
    {"get", "core", "pods", NULL, NULL, "get", "", "pods", "", "", NULL, false},
    {"get", "apps", "deployments", NULL, NULL, "get", "extensions", "deployments", "", "", NULL,
     false},
    {"get", "*", "deployments", NULL, NULL, "get", "anything", "deployments", "", "", NULL, true},
    /* resources and subresources */
    {"get", "", "pods", NULL, NULL, "get", "", "pods", "log", "", NULL, false},
    {"get", "", "pods/log", NULL, NULL, "get", "", "pods", "log", "", NULL, true},
    {"get", "", "pods/log", NULL, NULL, "get", "", "pods", "", "", NULL, false},
    {"get", "", "*", NULL, NULL, "get", "", "pods", "exec", "", NULL, true},
    {"update", "*", "*/scale", NULL, NULL, "update", "apps", "deployments", "scale", "", NULL,
     true},
    {"update", "*", "*/scale", NULL, NULL, "update", "other", "things", "scale", "", NULL, true},
    {"update", "*", "*/scale", NULL, NULL, "update", "apps", "deployments", "", "", NULL, false},
    {"update", "*", "*/scale", NULL, NULL, "update", "apps", "deployments", "status", "", NULL,
     false},
    {"update", "*", "*/scale", NULL, NULL, "update", "apps", "*", "scale", "", NULL, true},
    {"update", "*", "*/scale", NULL, NULL, "update", "apps", "*/scale", "", "", NULL, true},
    {"update", "*", "*/scale", NULL, NULL, "update", "apps", "a/b", "scale", "", NULL, true},
    {"update", "*", "*/scale", NULL, NULL, "update", "apps", "a", "b/scale", "", NULL, false},
    {"update", "*", "*/b/scale", NULL, NULL, "update", "apps", "a", "b/scale", "", NULL, true},
    {"update", "*", "*/scale", NULL, NULL, "update", "apps", "a", "rescale", "", NULL, false},
    {"get", "*", "*/", NULL, NULL, "get", "", "pods", "", "", NULL, false},
    {"get", "*", "*/", NULL, NULL, "get", "", "pods", "log", "", NULL, false},
    {"get", "*", "*/", NULL, NULL, "get", "", "*/", "", "", NULL, true},
    {"get", "", "pods/*", NULL, NULL, "get", "", "pods", "log", "", NULL, false},
    {"get", "", "pods/*", NULL, NULL, "get", "", "pods", "*", "", NULL, true},
    {"get", "", "pods/*", NULL, NULL, "get", "", "pods", "", "", NULL, false},
    {"get", "", "*/*", NULL, NULL, "get", "", "pods", "log", "", NULL, false},
    {"get", "", "*/*", NULL, NULL, "get", "", "pods", "*", "", NULL, true},
    {"impersonate", "authentication.k8s.io", "userextras/*", NULL, NULL, "impersonate",
     "authentication.k8s.io", "userextras", "*", "*", NULL, true},
    {"get", "", "", NULL, NULL, "get", "", "pods", "", "", NULL, false},
    {"get", "", "", NULL, NULL, "get", "", "", "", "", NULL, true},
    {"get", "", "Pod", NULL, NULL, "get", "", "pods", "", "", NULL, false},
    {"get", "", "po", NULL, NULL, "get", "", "pods", "", "", NULL, false},
    {"get", "", "pods/log", NULL, NULL, "get", "", "pods/log", "", "", NULL, true},
    /* names */
    {"get", "", "pods", "a,b", NULL, "get", "", "pods", "", "a", NULL, true},
    {"get", "", "pods", "a,b", NULL, "get", "", "pods", "", "c", NULL, false},
    {"list", "", "pods", "a", NULL, "list", "", "pods", "", "", NULL, false},
    {"list", "", "pods", "a", NULL, "list", "", "pods", "", "a", NULL,
     true}, /* metadata.name selector */
    {"create", "", "pods", "a", NULL, "create", "", "pods", "", "", NULL, false},
    {"create", "", "pods", "a", NULL, "create", "", "pods", "", "a", NULL,
     true}, /* create on update */
    {"get", "", "pods", "*", NULL, "get", "", "pods", "", "a", NULL, false},
    {"get", "", "pods", "*", NULL, "get", "", "pods", "", "*", NULL, true},
    {"list", "", "pods", "", NULL, "list", "", "pods", "", "", NULL, true},
    {"get", "", "pods", "", NULL, "get", "", "pods", "", "a", NULL, false},
    {"bind", "rbac.authorization.k8s.io", "clusterroles", "view", NULL, "bind",
     "rbac.authorization.k8s.io", "clusterroles", "", "view", NULL, true},
    {"get", "", "*", "a", NULL, "get", "x", "y", "", "a", NULL, false},
    {"get", "*", "*", "a", NULL, "get", "x", "y", "z", "a", NULL, true},
    {"get", "*", "*", "a", NULL, "get", "x", "y", "z", "b", NULL, false},
    /* URLs */
    {"get", NULL, NULL, NULL, "/healthz", "get", "", "", "", "", "/healthz", true},
    {"get", NULL, NULL, NULL, "/healthz", "get", "", "", "", "", "/healthz/ping", false},
    {"get", NULL, NULL, NULL, "/healthz/*", "get", "", "", "", "", "/healthz", false},
    {"get", NULL, NULL, NULL, "/healthz/*", "get", "", "", "", "", "/healthz/", true},
    {"get", NULL, NULL, NULL, "/healthz/*", "get", "", "", "", "", "/healthz/ping", true},
    {"get", NULL, NULL, NULL, "/healthz*", "get", "", "", "", "", "/healthz", true},
    {"get", NULL, NULL, NULL, "/healthz*", "get", "", "", "", "", "/healthzy", true},
    {"get", NULL, NULL, NULL, "/api**", "get", "", "", "", "", "/apis", true},
    {"get", NULL, NULL, NULL, "**", "get", "", "", "", "", "/x", true},
    {"get", NULL, NULL, NULL, "/a*b", "get", "", "", "", "", "/axb", false},
    {"get", NULL, NULL, NULL, "/a*b", "get", "", "", "", "", "/a*b", true},
    {"get", NULL, NULL, NULL, "/a,/b*", "get", "", "", "", "", "/bc", true},
    {"get", NULL, NULL, NULL, "/healthz", "post", "", "", "", "", "/healthz", false},
    /* a rule that mixes both sides keeps them apart */
    {"get", "", "pods", NULL, "/x", "get", "", "", "", "", "/x", true},
    {"get", "", "pods", NULL, "/x", "get", "", "pods", "", "", NULL, true},
};

static struct rbac_rule rule_of(struct arena *a, size_t i)
{
    return (struct rbac_rule){.verbs = list(a, rules[i].verbs),
                              .api_groups = list(a, rules[i].groups),
                              .resources = list(a, rules[i].resources),
                              .resource_names = list(a, rules[i].names),
                              .non_resource_urls = list(a, rules[i].urls)};
}

static struct rbac_question question_of(size_t i)
{
    return (struct rbac_question){.verb = STR_C(rules[i].verb),
                                  .api_group = STR_C(rules[i].group),
                                  .resource = STR_C(rules[i].resource),
                                  .subresource = STR_C(rules[i].sub),
                                  .name = STR_C(rules[i].name),
                                  .path = STR_C(rules[i].path)};
}

static void a_rule_allows_what_kubernetes_says(void **state)
{
    (void)state;
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
        struct rbac_rule rule = rule_of(&a, i);
        struct rbac_question q = question_of(i);
        if (rbac_rule_allows(&rule, &q) != rules[i].allowed)
            fail_msg("row %zu: %s %s", i, rules[i].resources, rules[i].resource);
    }
}

static const struct policy_resources no_discovery;

static const struct access *cells_of(struct arena *a, const struct rbac_set *set)
{
    struct err e = {0};
    const struct rbac_set **sets = ARENA_NEW(a, const struct rbac_set *);
    sets[0] = set;
    const struct universe *u = universe_new(a, sets, 1, &no_discovery, &e);
    assert_non_null(u);
    const struct access *x = access_new(a, u, set, &e);
    assert_non_null(x);
    return x;
}

/* All rules of the table at once in the universe, each bound to a user of its own. */
static void the_cells_allow_the_same(void **state)
{
    (void)state;
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    size_t n = sizeof(rules) / sizeof(*rules);
    struct rbac_set set = {0};
    for (size_t i = 0; i < n; i++) {
        struct rbac_object *role = ARENA_PUSH(&a, &set);
        *role = (struct rbac_object){
            .kind = RBAC_CLUSTER_ROLE, .name = arena_fmt(&a, "r%zu", i), .n_rules = 1};
        role->rules = ARENA_NEW(&a, struct rbac_rule);
        *role->rules = rule_of(&a, i);
        struct rbac_object *binding = ARENA_PUSH(&a, &set);
        *binding = (struct rbac_object){.kind = RBAC_CLUSTER_ROLE_BINDING,
                                        .name = STR("b"),
                                        .role_kind = STR("ClusterRole"),
                                        .n_subjects = 1};
        binding->role_name = arena_fmt(&a, "r%zu", i);
        binding->subjects = ARENA_NEW(&a, struct rbac_subject);
        *binding->subjects =
            (struct rbac_subject){.kind = RBAC_USER, .name = arena_fmt(&a, "u%zu", i)};
    }
    const struct access *x = cells_of(&a, &set);
    for (size_t u = 0; u < n; u++)
        for (size_t i = 0; i < n; i++) {
            struct rbac_user user = {.name = arena_fmt(&a, "u%zu", u)};
            struct rbac_rule rule = rule_of(&a, u);
            struct rbac_question q = question_of(i);
            if (access_allows(x, &user, &q) != rbac_rule_allows(&rule, &q))
                fail_msg("rule %zu, question %zu", u, i);
        }
}

/* --- the walk over bindings: TestDefaultRuleResolver, TestAppliesTo
 * (pkg/registry/rbac/validation/rule_test.go) */
static const struct {
    enum rbac_subject_kind kind;
    const char *name, *namespace, *binding_namespace;
    const char *user, *groups;
    bool applies;
} subjects[] = {
    {RBAC_USER, "foobar", "", "", "foobar", NULL, true},
    {RBAC_USER, "barfoo", "", "", "foobar", NULL, false},
    {RBAC_USER, "*", "", "", "foobar", NULL, false},
    {RBAC_GROUP, "foobar", "", "", "x", "foobar,other", true},
    {RBAC_GROUP, "foobar", "", "", "foobar", "other", false},
    {RBAC_GROUP, "system:authenticated", "", "", "x", "system:authenticated", true},
    {RBAC_SERVICE_ACCOUNT, "kube-system", "default", "default",
     "system:serviceaccount:kube-system:default", NULL, false},
    {RBAC_SERVICE_ACCOUNT, "default", "kube-system", "default",
     "system:serviceaccount:kube-system:default", NULL, true},
    {RBAC_SERVICE_ACCOUNT, "default", "", "default", "system:serviceaccount:default:default", NULL,
     true},
    {RBAC_SERVICE_ACCOUNT, "default", "", "", "system:serviceaccount::default", NULL, false},
    {RBAC_SERVICE_ACCOUNT, "default", "ns", "", "system:serviceaccount:ns:default:x", NULL, false},
    {RBAC_SERVICE_ACCOUNT, "default", "ns", "", "ns:default", NULL, false},
    {RBAC_SUBJECT_UNKNOWN, "foobar", "", "", "foobar", "foobar", false},
};

static void a_subject_is_who_kubernetes_says(void **state)
{
    (void)state;
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    for (size_t i = 0; i < sizeof(subjects) / sizeof(*subjects); i++) {
        struct rbac_subject s = {subjects[i].kind, STR_C(subjects[i].name),
                                 STR_C(subjects[i].namespace), STR_NONE};
        struct rbac_user user = {STR_C(subjects[i].user), list(&a, subjects[i].groups)};
        if (rbac_subject_is(&s, STR_C(subjects[i].binding_namespace), &user) != subjects[i].applies)
            fail_msg("row %zu", i);
    }
}

static const char walk_json[] =
    "{\"kind\":\"List\",\"items\":["
    "{\"kind\":\"ClusterRole\",\"metadata\":{\"name\":\"read\"},\"rules\":[{\"verbs\":[\"get\","
    "\"delete\"],\"apiGroups\":[\"\"],\"resources\":[\"pods\",\"nodes\",\"namespaces\"]},"
    "{\"verbs\":[\"get\"],\"nonResourceURLs\":[\"/metrics\"]}]},"
    "{\"kind\":\"Role\",\"metadata\":{\"name\":\"read\",\"namespace\":\"b\"},\"rules\":[{\"verbs\":"
    "[\"get\"],\"apiGroups\":[\"\"],\"resources\":[\"secrets\"]}]},"
    "{\"kind\":\"RoleBinding\",\"metadata\":{\"name\":\"x\",\"namespace\":\"a\"},\"roleRef\":{"
    "\"kind\":\"ClusterRole\",\"name\":\"read\"},\"subjects\":[{\"kind\":\"Group\",\"name\":\"g\"},"
    "{\"kind\":\"ServiceAccount\",\"name\":\"s\"}]},"
    "{\"kind\":\"RoleBinding\",\"metadata\":{\"name\":\"x\",\"namespace\":\"b\"},\"roleRef\":{"
    "\"kind\":\"Role\",\"name\":\"read\"},\"subjects\":[{\"kind\":\"User\",\"name\":\"u\"}]},"
    "{\"kind\":\"RoleBinding\",\"metadata\":{\"name\":\"gone\",\"namespace\":\"b\"},\"roleRef\":{"
    "\"kind\":\"ClusterRole\",\"name\":\"missing\"},\"subjects\":[{\"kind\":\"User\",\"name\":"
    "\"u\"}]},"
    "{\"kind\":\"ClusterRoleBinding\",\"metadata\":{\"name\":\"r\"},\"roleRef\":{\"kind\":\"Role\","
    "\"name\":\"read\"},\"subjects\":[{\"kind\":\"User\",\"name\":\"v\"}]},"
    "{\"kind\":\"ClusterRoleBinding\",\"metadata\":{\"name\":\"c\"},\"roleRef\":{\"kind\":"
    "\"ClusterRole\",\"name\":\"read\"},\"subjects\":[{\"kind\":\"User\",\"name\":\"w\"}]}]}";

static const struct {
    const char *user, *groups, *verb, *resource, *name, *namespace, *path;
    bool allowed;
} walks[] = {
    {"x", "g", "get", "pods", "", "a", NULL, true},
    {"x", "g", "get", "pods", "", "b", NULL, false},
    {"x", "g", "get", "pods", "", "", NULL, false},
    {"x", "g", "get", "nodes", "", "", NULL, false},
    {"x", "g", "delete", "namespaces", "a", "a", NULL, true}, /* a namespace is in itself */
    {"x", "g", "delete", "namespaces", "b", "b", NULL, false},
    {"x", "g", "list", "namespaces", "", "", NULL, false},
    {"x", "g", "get", "", "", "", "/metrics", false}, /* URLs only cluster-wide */
    {"x", "g", "get", "", "", "a", "/metrics", false},
    {"w", NULL, "get", "", "", "", "/metrics", true},
    {"w", NULL, "get", "nodes", "", "", NULL, true},
    {"w", NULL, "get", "pods", "", "anywhere", NULL, true},
    {"system:serviceaccount:a:s", NULL, "get", "pods", "", "a", NULL, true},
    {"system:serviceaccount:b:s", NULL, "get", "pods", "", "a", NULL, false},
    {"u", NULL, "get", "secrets", "", "b", NULL, true},
    {"u", NULL, "get", "pods", "", "b", NULL,
     false}, /* the ClusterRole of the same name is another role */
    {"u", NULL, "get", "secrets", "", "a", NULL, false},
    {"v", NULL, "get", "secrets", "", "b", NULL,
     false}, /* a ClusterRoleBinding cannot name a Role */
    {"u", "system:masters", "get", "nodes", "", "", NULL,
     false}, /* answered before RBAC is asked */
};

static void bindings_hold_where_they_are(void **state)
{
    (void)state;
    auto_arena a = {0};
    struct err e = {0};
    struct rbac_set set = {0};
    arena_init(&a, ARENA_NO_MAX);
    assert_int_equal(rbac_read_json(STR(walk_json), &a, &set, &e), 0);
    assert_int_equal(set.n, 7);
    const struct access *x = cells_of(&a, &set);
    for (size_t i = 0; i < sizeof(walks) / sizeof(*walks); i++) {
        struct rbac_user user = {STR_C(walks[i].user), list(&a, walks[i].groups)};
        struct rbac_question q = {.verb = STR_C(walks[i].verb),
                                  .resource = STR_C(walks[i].resource),
                                  .name = STR_C(walks[i].name),
                                  .namespace = STR_C(walks[i].namespace),
                                  .path = STR_C(walks[i].path)};
        if (rbac_allows(&set, &user, &q, NULL) != walks[i].allowed)
            fail_msg("plain, row %zu", i);
        if (access_allows(x, &user, &q) != walks[i].allowed)
            fail_msg("cells, row %zu", i);
    }
}

/* --- both evaluators over random objects and questions drawn from few words, so that they meet
 * often */

static uint64_t seed = 88172645463325252u;
static uint32_t below(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 33) % n;
}
#define PICK(words) STR_C(words[below(sizeof(words) / sizeof(*words))])

static const char *const verbs[] = {"get", "list", "create", "*", "use", "GET", ""};
static const char *const groups[] = {"", "apps", "*", "core", "apps/v1", "x"};
static const char *const resources[] = {
    "pods",        "pods/log",          "*",         "*/scale",   "*/*", "pods/*", "*/", "",
    "deployments", "deployments/scale", "a/b/scale", "*/b/scale", "/",   "scale",  "a"};
static const char *const subs[] = {"", "", "", "log", "scale", "*", "b/scale", "x"};
static const char *const names[] = {"", "a", "b", "*", "c"};
static const char *const paths[] = {"/",          "/healthz", "/healthz*", "/healthz/*", "*", "**",
                                    "/healthz/x", "/heal*",   "/a*b",      "/healthz**", "/h"};
static const char *const namespaces[] = {"", "a", "b", "c", "a:b"};
static const char *const users[] = {"u",
                                    "v",
                                    "g",
                                    "*",
                                    "system:serviceaccount:a:s",
                                    "system:serviceaccount:b:s",
                                    "system:serviceaccount:a:b:s",
                                    "system:serviceaccount::s",
                                    "s"};
static const char *const role_kinds[] = {"ClusterRole", "ClusterRole", "ClusterRole", "Role",
                                         "Nothing"};
static const char *const role_names[] = {"r0", "r1", "r2", "r3"};

static struct strs random_list(struct arena *a, const char *const *words, uint32_t n_words,
                               uint32_t least)
{
    size_t n = least + below(3);
    struct str *items = ARENA_ARRAY(a, n, struct str);
    for (size_t i = 0; i < n; i++)
        items[i] = STR_C(words[below(n_words)]);
    return (struct strs){items, n};
}
#define RANDOM_LIST(a, words, least) random_list(a, words, sizeof(words) / sizeof(*words), least)

static struct rbac_rule random_rule(struct arena *a)
{
    struct rbac_rule rule = {.verbs = RANDOM_LIST(a, verbs, 1)};
    if (below(4) > 0) {
        rule.api_groups = RANDOM_LIST(a, groups, 1);
        rule.resources = RANDOM_LIST(a, resources, 1);
        if (below(3) == 0)
            rule.resource_names = RANDOM_LIST(a, names, 1);
    }
    if (below(4) == 0)
        rule.non_resource_urls = RANDOM_LIST(a, paths, 1);
    return rule;
}

static void random_object(struct arena *a, struct rbac_set *set)
{
    struct rbac_object *o = ARENA_PUSH(a, set);
    o->kind = (enum rbac_kind)below(4);
    o->name = PICK(role_names);
    bool inside = o->kind == RBAC_ROLE || o->kind == RBAC_ROLE_BINDING;
    o->namespace = inside ? STR_C(namespaces[1 + below(4)]) : STR_NONE;
    if (o->kind == RBAC_CLUSTER_ROLE || o->kind == RBAC_ROLE) {
        o->n_rules = below(4);
        o->rules = ARENA_ARRAY(a, o->n_rules, struct rbac_rule);
        for (size_t i = 0; i < o->n_rules; i++)
            o->rules[i] = random_rule(a);
        return;
    }
    o->role_kind = PICK(role_kinds);
    o->role_name = PICK(role_names);
    o->n_subjects = below(4);
    o->subjects = ARENA_ARRAY(a, o->n_subjects, struct rbac_subject);
    for (size_t i = 0; i < o->n_subjects; i++)
        o->subjects[i] = (struct rbac_subject){(enum rbac_subject_kind)below(4), PICK(users),
                                               below(2) ? PICK(namespaces) : STR_NONE, STR_NONE};
}

static void compare(const struct rbac_set *set, const struct access *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct str user_groups[] = {PICK(users), PICK(users)};
        struct rbac_user user = {PICK(users), {user_groups, below(3)}};
        struct rbac_question q = {.verb = PICK(verbs),
                                  .api_group = PICK(groups),
                                  .resource = PICK(resources),
                                  .subresource = PICK(subs),
                                  .name = PICK(names),
                                  .namespace = PICK(namespaces),
                                  .path = below(4) ? STR_NONE : PICK(paths)};
        if (below(8) == 0)
            q.resource = STR("unheard");
        if (below(8) == 0)
            q.api_group = STR("unheard");
        struct rbac_reason why = {0};
        bool plain = rbac_allows(set, &user, &q, &why);
        assert_int_equal(plain, access_allows(x, &user, &q));
        if (plain)
            assert_true(rbac_rule_allows(why.rule, &q));
    }
}

static void both_evaluators_never_disagree(void **state)
{
    (void)state;
    /* LOTSE_FUZZ_ROUNDS=6000 asks thirty million questions */
    int64_t rounds = 400;
    str_to_i64(STR_C(getenv("LOTSE_FUZZ_ROUNDS")), &rounds);
    for (int64_t round = 0; round < rounds; round++) {
        auto_arena a = {0};
        struct rbac_set set = {0};
        arena_init(&a, ARENA_NO_MAX);
        for (uint32_t i = 0, n = 4 + below(16); i < n; i++)
            random_object(&a, &set);
        compare(&set, cells_of(&a, &set), 5000);
    }
}

/* --- who can */

static void who_can_names_the_whole_chain(void **state)
{
    (void)state;
    auto_arena a = {0};
    struct err e = {0};
    struct rbac_set set = {0};
    arena_init(&a, ARENA_NO_MAX);
    assert_int_equal(rbac_read_json(STR(walk_json), &a, &set, &e), 0);
    const struct access *x = cells_of(&a, &set);
    struct rbac_question q = {.verb = STR("get"), .resource = STR("pods"), .namespace = STR("a")};
    struct access_holders h = access_who_can(x, &q, &a);
    assert_int_equal(h.n, 3); /* w cluster-wide, then g and the service account */
    assert_true(str_is(h.items[0].reason.subject->name, "w"));
    assert_true(str_is(h.items[1].reason.subject->name, "g"));
    assert_true(str_is(h.items[1].reason.binding->name, "x"));
    assert_ptr_equal(h.items[1].reason.rule, &h.items[1].reason.role->rules[0]);
    q.namespace = STR("b");
    assert_int_equal(access_who_can(x, &q, &a).n, 1);
    q = (struct rbac_question){.verb = STR("get"), .path = STR("/metrics")};
    assert_int_equal(access_who_can(x, &q, &a).n, 1);
}

/* Everyone whom who-can names is allowed, and nobody else of all subjects. */
static void who_can_agrees_with_asking_each(void **state)
{
    (void)state;
    for (size_t round = 0; round < 200; round++) {
        auto_arena a = {0};
        struct rbac_set set = {0};
        arena_init(&a, ARENA_NO_MAX);
        for (uint32_t i = 0; i < 12; i++)
            random_object(&a, &set);
        const struct access *x = cells_of(&a, &set);
        struct rbac_question q = {.verb = PICK(verbs),
                                  .api_group = PICK(groups),
                                  .resource = PICK(resources),
                                  .subresource = PICK(subs),
                                  .name = PICK(names),
                                  .namespace = PICK(namespaces)};
        struct access_holders h = access_who_can(x, &q, &a);
        for (size_t i = 0; i < sizeof(users) / sizeof(*users); i++) {
            struct str name = STR_C(users[i]);
            struct rbac_user user = {name, {&name, 1}};
            bool named = false;
            for (size_t k = 0; k < h.n; k++)
                named = named || rbac_subject_is(h.items[k].reason.subject,
                                                 h.items[k].reason.binding->namespace, &user);
            assert_int_equal(named, rbac_allows(&set, &user, &q, NULL));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_allows_what_kubernetes_says),
        cmocka_unit_test(the_cells_allow_the_same),
        cmocka_unit_test(a_subject_is_who_kubernetes_says),
        cmocka_unit_test(bindings_hold_where_they_are),
        cmocka_unit_test(both_evaluators_never_disagree),
        cmocka_unit_test(who_can_names_the_whole_chain),
        cmocka_unit_test(who_can_agrees_with_asking_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
