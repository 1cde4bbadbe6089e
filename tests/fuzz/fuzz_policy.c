/* Any text as a policy: read, resolved against a small world, and if it is accepted emitted,
 * evaluated and tested. What comes out must hold together: the evaluators agree, the objects come
 * back from JSON as they were, a snapshot accepts what the compiler does. */
#include <stdlib.h>

#include "policy/policy.h"
#include "policy/resolve/snapshot.h"
#include "tests/fuzz/fuzz.h"

#define WORDS(...) \
    {(const struct str[]){__VA_ARGS__}, sizeof((struct str[]){__VA_ARGS__}) / sizeof(struct str)}
#define S(text) {text, sizeof(text) - 1}

static const struct policy_resource resources[] = {
    {S(""), S("v1"), S("pods"), S(""), true, WORDS(S("get"), S("list"), S("delete"))},
    {S(""), S("v1"), S("pods"), S("log"), true, WORDS(S("get"))},
    {S(""), S("v1"), S("nodes"), S(""), false, WORDS(S("get"), S("list"))},
    {S("apps"), S("v1"), S("deployments"), S(""), true, WORDS(S("get"), S("patch"))},
    {S("apps"), S("v1"), S("deployments"), S("scale"), true, WORDS(S("get"), S("update"))},
};
static struct str_pair labels[] = {{S("team"), S("a")}};
static const struct policy_namespace namespaces[] = {{.name = S("a-1"), .labels = {labels, 1, 1}},
                                                     {.name = S("a-2"), .labels = {labels, 1, 1}},
                                                     {.name = S("kube-system")}};
static struct rbac_rule view_rules[] = {{.verbs = WORDS(S("get"), S("list")),
                                         .api_groups = WORDS(S(""), S("apps")),
                                         .resources = WORDS(S("pods"), S("deployments"))}};
static struct rbac_rule admin_rules[] = {
    {.verbs = WORDS(S("*")), .api_groups = WORDS(S("*")), .resources = WORDS(S("*"))},
    {.verbs = WORDS(S("*")), .non_resource_urls = WORDS(S("*"))}};
static const struct rbac_object cluster_roles[] = {
    {.kind = RBAC_CLUSTER_ROLE, .name = S("view"), .rules = view_rules, .n_rules = 1},
    {.kind = RBAC_CLUSTER_ROLE, .name = S("admin"), .rules = admin_rules, .n_rules = 2}};
static const struct policy_cluster clusters[] = {
    {.site = S("x"),
     .resources = {resources, 5},
     .namespaces = namespaces,
     .n_namespaces = 3,
     .cluster_roles = cluster_roles,
     .n_cluster_roles = 2},
    {.site = S("y"),
     .resources = {resources, 4},
     .namespaces = namespaces,
     .n_namespaces = 1,
     .cluster_roles = cluster_roles,
     .n_cluster_roles = 2},
};
static const struct policy_group groups[] = {
    {S("cn=a,dc=x"), S("a")}, {S("cn=b,dc=x"), S("b")}, {S("plain"), S("plain")}};
static const struct policy_person people[] = {{S("u"), WORDS(S("cn=a,dc=x"), S("plain"))},
                                              {S("v"), WORDS(S("cn=b,dc=x"))}};
static const struct policy_directory directory = {
    .people = people, .n_people = 2, .groups = groups, .n_groups = 3};

static void must(bool good)
{
    if (!good)
        abort();
}

static const struct access *cells_of(struct arena *a, const struct rbac_set *set)
{
    struct err e;
    const struct rbac_set *sets[] = {set};
    const struct policy_resources discovery = {resources, 5};
    const struct universe *u = universe_new(a, sets, 1, &discovery, &e);
    return u ? access_new(a, u, set, &e) : NULL;
}

static void ask(const struct policy *p, size_t site, const struct rbac_set *set,
                const struct access *x, struct arena *a)
{
    static const struct str verbs[] = {S("get"), S("delete"), S("bind")};
    for (size_t who = 0; who < 2; who++) {
        const struct policy_at at = {p, site, 1780000000000, a};
        struct rbac_user user = policy_user(&at, people[who].username);
        for (size_t r = 0; r < 5; r++)
            for (size_t v = 0; v < 3; v++)
                for (size_t ns = 0; ns < 3; ns++) {
                    struct rbac_question q = {.verb = verbs[v],
                                              .api_group = resources[r].group,
                                              .resource = resources[r].resource,
                                              .subresource = resources[r].subresource,
                                              .namespace = namespaces[ns].name};
                    must(rbac_allows(set, &user, &q, NULL) == access_allows(x, &user, &q));
                }
    }
}

static void emit(const struct policy *p, size_t site, const struct access **ret_access,
                 struct arena *a)
{
    struct err e;
    struct rbac_set *set = (struct rbac_set *)arena_alloc(a, sizeof(*set));
    if (!policy_emit(p, site, a, set))
        return;
    const struct policy_issuer issuer = {.url = STR("https://lotse.example")};
    const struct policy_at at = {p, site, 1780000000000, a};
    policy_emit_files(p, site, set, &issuer, a);
    for (size_t i = 0; i < set->n; i++) {
        for (size_t k = 0; k < set->items[i].n_subjects; k++) {
            /* whatever is bound is known to the policy: the way there and the way back */
            const struct rbac_subject *s = &set->items[i].subjects[k];
            must(s->kind == RBAC_GROUP ? policy_group_of(&at, s->name).kind != GROUP_FOREIGN
                                       : policy_ci_of_account(&at, s->namespace, s->name).n > 0);
        }
        auto_buf json = BUF_INIT((size_t)16 << 20);
        struct rbac_set back = {0};
        rbac_write_json(&set->items[i], &json);
        must(rbac_read_json(buf_str(&json), a, &back, &e) == 0 && back.n == 1 &&
             rbac_object_same(&set->items[i], &back.items[0]));
        must(i == 0 || rbac_object_cmp(&set->items[i - 1], &set->items[i]) < 0);
    }
    *ret_access = cells_of(a, set);
    must(*ret_access != NULL);
    ask(p, site, set, *ret_access, a);
}

/* Parts of the input between record separators (no YAML has one): the policy, then the files that
 * it includes, one after another, whatever they are called. */
struct parts {
    struct arena *arena;
    struct str rest;
};

static const struct source *next_part(void *context, struct str path, struct err *e)
{
    struct parts *parts = context;
    struct source *source = ARENA_NEW(parts->arena, struct source);
    struct str text;
    if (!str_next(&parts->rest, '\x1e', &text)) {
        (void)fail(e, ERR_SYSTEM, "no more parts");
        return NULL;
    }
    *source = (struct source){arena_cstr(parts->arena, path), text};
    return source;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    struct diags d, of_snapshot;
    diags_init(&d, &a);
    diags_init(&of_snapshot, &a);
    struct parts parts = {&a, {(const char *)data, n}};
    const struct policy_loader loader = {next_part, &parts};
    struct source source = {"fuzz.yaml", {NULL, 0}};
    str_next(&parts.rest, '\x1e', &source.text);
    const struct str included = parts.rest;
    const struct source *sources[] = {&source};
    struct policy_input in = {&directory, clusters, 2, 1780000000000};
    const struct policy_tree *tree = n > 65536 ? NULL : policy_read(&a, sources, 1, &loader, &d);
    const struct policy *p = tree ? policy_resolve(&a, tree, &in, &d) : NULL;
    auto_buf text = BUF_INIT((size_t)1 << 20);
    diags_print(&d, &text);
    if (!p)
        return 0;
    const struct access **x =
        (const struct access **)arena_array(&a, policy_n_sites(p), sizeof(*x));
    for (size_t site = 0; site < policy_n_sites(p); site++)
        emit(p, site, &x[site], &a);
    policy_run_tests(p, x, in.now_ms, &a);
    parts.rest = included;
    struct policy_snapshot *snapshot = policy_snapshot_new(&source, &loader, &of_snapshot);
    must(snapshot != NULL);
    struct snapshot_subject subject = {people[0].username, people[0].group_ids.items,
                                       people[0].group_ids.n, policy_site_at(p, 0)->audience.text,
                                       in.now_ms};
    struct snapshot_groups got;
    must(policy_snapshot_groups(snapshot, &subject, &a, &got));
    policy_snapshot_unref(snapshot);
    return 0;
}
