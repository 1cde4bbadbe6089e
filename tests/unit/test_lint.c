/*
 * The lints: each example of policy/lint/examples.tbl.h fires its rule and no other, and does not
 * once it is mended. The clusters are what a kube-apiserver 1.36 says of itself
 * (tests/policy/cluster-1.36), with a few namespaces.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/yaml.h"
#include "policy/cluster/cluster.h"
#include "policy/lint/explain.h"
#include "policy/lint/lint.h"
#include "policy/policy.h"
#include "tests/unit/unit.h"

#define TEXT_MAX ((size_t)16 << 20)

struct rig {
    struct arena *a;
    struct cluster clusters[2];
    struct policy_cluster data[2];
    struct policy_directory directory;
    struct policy_input in;
    struct diags d;
    struct policy_findings findings;
    struct rbac_set live[2];
};

static struct str read_text(struct arena *a, const char *path)
{
    struct err e = {0};
    auto_buf text = BUF_INIT(TEXT_MAX);
    if (file_read(path, TEXT_MAX, &text, &e) < 0)
        fail_msg("%s", e.text);
    return arena_str(a, buf_str(&text));
}

static void add_namespace(struct rig *r, struct cluster *c, const char *name, const char *team)
{
    struct policy_namespace *ns = ARENA_PUSH(r->a, &c->namespaces);
    ns->name = STR_C(name);
    if (team)
        *ARENA_PUSH(r->a, &ns->labels) = (struct str_pair){STR("team"), STR_C(team)};
}

static void add_cluster(struct rig *r, size_t i, const char *site)
{
    struct err e = {0};
    struct cluster *c = &r->clusters[i];
    *c = (struct cluster){.site = STR_C(site), .arena = r->a};
    static const char *const files[] = {"tests/policy/cluster-1.36/rbac.json",
                                        "tests/policy/cluster-1.36/discovery.json"};
    for (size_t f = 0; f < 2; f++)
        if (cluster_read_json(c, read_text(r->a, files[f]), false, &e) < 0)
            fail_msg("%s", e.text);
    static const struct str verbs[] = {
        {"create", 6}, {"get", 3}, {"list", 4}, {"patch", 5}, {"update", 6}};
    *ARENA_PUSH(r->a, &c->resources) = (struct policy_resource){.group = STR("argoproj.io"),
                                                                .version = STR("v1alpha1"),
                                                                .resource = STR("applications"),
                                                                .namespaced = true,
                                                                .verbs = {verbs, 5}};
    add_namespace(r, c, "kube-system", NULL);
    add_namespace(r, c, "lotse-system", NULL);
    add_namespace(r, c, "pay-api", "payments");
    add_namespace(r, c, "pay-web", "payments");
    add_namespace(r, c, "shop-web", "shop");
    r->data[i] = (struct policy_cluster){.site = c->site,
                                         .resources = {c->resources.items, c->resources.n},
                                         .namespaces = c->namespaces.items,
                                         .n_namespaces = c->namespaces.n,
                                         .cluster_roles = c->objects.items,
                                         .n_cluster_roles = c->objects.n};
}

#define DN(cn) STR("cn=" cn ",ou=groups,dc=corp,dc=example")

static void rig_init(struct rig *r, struct arena *a)
{
    static const struct policy_group groups[] = {
        {{"cn=pay-dev,ou=groups,dc=corp,dc=example", 39}, {"pay-dev", 7}},
        {{"cn=shop-dev,ou=groups,dc=corp,dc=example", 40}, {"shop-dev", 8}},
        {{"cn=nobody,ou=groups,dc=corp,dc=example", 38}, {"nobody", 6}},
        {{"cn=k8s-admins,ou=groups,dc=corp,dc=example", 42}, {"k8s-admins", 10}}};
    static const struct policy_person people[] = {{{"u.adler", 7}, {&groups[3].id, 1}},
                                                  {{"a.vogt", 6}, {&groups[3].id, 1}},
                                                  {{"m.sommer", 8}, {&groups[0].id, 1}},
                                                  {{"k.lang", 6}, {&groups[0].id, 1}},
                                                  {{"j.mueller", 9}, {&groups[1].id, 1}}};
    *r = (struct rig){.a = a, .directory = {people, N_OF(people), groups, N_OF(groups)}};
    add_cluster(r, 0, "fra");
    add_cluster(r, 1, "muc");
    r->in = (struct policy_input){&r->directory, r->data, 2, 0};
    assert_true(time_parse(STR("2026-06-01"), &r->in.now_ms));
}

/* --- objects from a few lines: see examples.tbl.h */

static struct strs split(struct arena *a, struct str text, char separator)
{
    struct {
        struct str *items;
        size_t n, cap;
    } out = {0};
    struct str item;
    while (str_next(&text, separator, &item))
        if (str_trim(item).n > 0 || separator == ',')
            *ARENA_PUSH(a, &out) = str_trim(item);
    return (struct strs){out.items, out.n};
}

static void add_rules(struct arena *a, struct rbac_object *o, struct str text)
{
    struct strs rules = split(a, text, ';');
    o->rules = ARENA_ARRAY(a, rules.n, struct rbac_rule);
    for (size_t i = 0; i < rules.n; i++) {
        struct strs words = split(a, rules.items[i], ' ');
        struct str *parts = ARENA_ARRAY(a, 2, struct str);
        struct rbac_rule *rule = &o->rules[o->n_rules++];
        rule->verbs = split(a, words.items[0], ',');
        if (words.n > 2)
            rule->resource_names = split(a, words.items[2], ',');
        struct str target = words.items[1], group, version, resource;
        if (str_starts(target, STR("url:"))) {
            parts[0] = str_from_to(target, 4, target.n);
            rule->non_resource_urls = (struct strs){parts, 1};
            continue;
        }
        str_split(target, '/', &group, &resource);
        if (str_split(resource, '/', &version, &parts[1]) && str_is(version, "v1")) {
            group = str_from_to(target, 0, group.n + 3);
            resource = parts[1];
        }
        parts[0] = group;
        parts[1] = resource;
        rule->api_groups = (struct strs){parts, 1};
        rule->resources = (struct strs){parts + 1, 1};
    }
}

static void add_subjects(struct arena *a, struct rbac_object *o, struct str text)
{
    struct strs subjects = split(a, text, ',');
    o->subjects = ARENA_ARRAY(a, subjects.n, struct rbac_subject);
    for (size_t i = 0; i < subjects.n; i++) {
        struct rbac_subject *s = &o->subjects[o->n_subjects++];
        struct str kind;
        assert_true(str_split(subjects.items[i], ' ', &kind, &s->name));
        s->kind = str_is(kind, "Group")  ? RBAC_GROUP
                  : str_is(kind, "User") ? RBAC_USER
                                         : RBAC_SERVICE_ACCOUNT;
        if (s->kind == RBAC_SERVICE_ACCOUNT)
            assert_true(str_split(s->name, '/', &s->namespace, &s->name));
    }
}

static void add_object(struct arena *a, struct rbac_set *set, struct str line)
{
    struct str head, kind, name, rest, role;
    struct rbac_object *o = ARENA_PUSH(a, set);
    for (size_t i = 0; i + 1 < line.n; i++) /* names hold colons, too */
        if (line.p[i] == ':' && line.p[i + 1] == ' ') {
            head = str_from_to(line, 0, i);
            rest = str_from_to(line, i + 2, line.n);
            break;
        }
    assert_true(str_split(head, ' ', &kind, &name));
    o->kind = str_is(kind, "ClusterRole")          ? RBAC_CLUSTER_ROLE
              : str_is(kind, "Role")               ? RBAC_ROLE
              : str_is(kind, "ClusterRoleBinding") ? RBAC_CLUSTER_ROLE_BINDING
                                                   : RBAC_ROLE_BINDING;
    if (o->kind == RBAC_ROLE || o->kind == RBAC_ROLE_BINDING)
        assert_true(str_split(name, '/', &o->namespace, &name));
    o->name = name;
    if (o->kind == RBAC_CLUSTER_ROLE || o->kind == RBAC_ROLE) {
        add_rules(a, o, rest);
        return;
    }
    assert_true(str_split(rest, '<', &role, &rest));
    role = str_trim(role);
    assert_true(str_split(role, ' ', &o->role_kind, &o->role_name));
    add_subjects(a, o, str_trim(str_from_to(rest, 1, rest.n)));
}

/* --- running */

static const struct policy *read_policy(struct rig *r, struct str example)
{
    struct source *sources = ARENA_ARRAY(r->a, 2, struct source);
    static const struct source *list[2];
    sources[0] = (struct source){"company.yaml", lint_example_head};
    sources[1] = (struct source){"policy.yaml", CONCAT(r->a, STR("lotse: 1\n"), example)};
    list[0] = &sources[0];
    list[1] = &sources[1];
    diags_init(&r->d, r->a);
    const struct policy_tree *tree = policy_read(r->a, list, example.n > 0 ? 2 : 1, NULL, &r->d);
    return tree ? policy_resolve(r->a, tree, &r->in, &r->d) : NULL;
}

static void run_lint(struct rig *r, const struct policy *p, struct str objects, struct str authn)
{
    struct err e = {0};
    struct policy_lint_site sites[2];
    struct source source = {"authn.yaml", authn};
    struct policy_lint_authn config = {0, NULL, &source};
    for (size_t i = 0; i < 2; i++) {
        struct rbac_set *set = ARENA_NEW(r->a, struct rbac_set), *live = &r->live[i];
        const struct rbac_set **sets = ARENA_NEW(r->a, const struct rbac_set *);
        assert_true(policy_emit(p, i, r->a, set));
        sets[0] = set;
        const struct universe *u = universe_new(r->a, sets, 1, &r->data[i].resources, &e);
        const struct access *x = u ? access_new(r->a, u, set, &e) : NULL;
        assert_non_null(x);
        *live = (struct rbac_set){0};
        for (size_t k = 0; k < r->clusters[i].objects.n; k++)
            *ARENA_PUSH(r->a, live) = r->clusters[i].objects.items[k];
        struct str rest = objects, line;
        while (i == 0 && str_next(&rest, '\n', &line))
            if (line.n > 0)
                add_object(r->a, live, line);
        sites[i] = (struct policy_lint_site){i, x, live};
    }
    struct yaml_limits limits = YAML_LIMITS_DEFAULT;
    if (authn.n > 0)
        assert_non_null(config.config = yaml_read(r->a, &source, &limits, &r->d));
    const struct policy_lint_input in = {
        .policy = p,
        .now_ms = r->in.now_ms,
        .sites = sites,
        .n_sites = 2,
        .authn = &config,
        .n_authn = authn.n > 0,
        .binder = STR("system:serviceaccount:lotse-system:lotse-binder")};
    if (policy_lint(&in, r->a, &r->findings, &e) < 0)
        fail_msg("%s", e.text);
}

static void run_example(struct rig *r, const struct lint_example *example, struct str text)
{
    bool policy = example->kind == EXAMPLE_POLICY;
    const struct policy *p = read_policy(r, policy ? text : STR_NONE);
    if (!p) {
        auto_buf out = BUF_INIT(TEXT_MAX);
        diags_print(&r->d, &out);
        fail_msg("%.*s: %s", STR_F(example->id), buf_cstr(&out));
    }
    run_lint(r, p, example->kind == EXAMPLE_OBJECTS ? text : STR_NONE,
             example->kind == EXAMPLE_AUTHN ? text : STR_NONE);
}

static struct str all_text(struct rig *r)
{
    auto_buf out = BUF_INIT(TEXT_MAX);
    for (size_t i = 0; i < r->findings.n; i++)
        policy_finding_text(&r->findings.items[i], &out);
    return arena_str(r->a, buf_str(&out));
}

static size_t count_of(const struct rig *r, struct str id, size_t *ret_others)
{
    size_t n = 0;
    for (size_t i = 0; i < r->findings.n; i++)
        n += str_eq(r->findings.items[i].rule->id, id);
    *ret_others = r->findings.n - n;
    return n;
}

static bool check_example(const struct lint_example *example)
{
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    struct rig r;
    size_t others;
    bool good = true;
    rig_init(&r, &a);
    run_example(&r, example, example->fires);
    if (count_of(&r, example->id, &others) == 0 || others > 0) {
        good = false;
        print_error("%.*s must fire alone, but there is:\n%.*s\n", STR_F(example->id),
                    STR_F(all_text(&r)));
    }
    for (size_t i = 0; i < r.findings.n; i++) {
        const struct policy_finding *f = &r.findings.items[i];
        if (f->message.n == 0 || f->mend.n == 0 || f->who.n == 0 ||
            (f->pos.line == 0 && f->object.n == 0)) {
            good = false;
            print_error("%.*s says too little: %.*s\n", STR_F(example->id), STR_F(all_text(&r)));
        }
    }
    run_example(&r, example, example->mended);
    if (r.findings.n > 0) {
        good = false;
        print_error("%.*s mended must be clean, but there is:\n%.*s\n", STR_F(example->id),
                    STR_F(all_text(&r)));
    }
    return good;
}

static void each_example_fires_its_rule_alone_and_not_when_mended(void **state)
{
    (void)state;
    size_t n = 0, n_bad = 0;
    for (size_t i = 0; i < lint_n_examples; i++) {
        const struct policy_rule *rule = policy_rule_find(lint_examples[i].id);
        assert_non_null(rule);
        if (rule->by != LINT_BY_LINT || lint_examples[i].kind == EXAMPLE_NONE)
            continue;
        n++;
        n_bad += !check_example(&lint_examples[i]);
    }
    assert_true(n >= 50);
    assert_int_equal(n_bad, 0);
}

static void every_rule_has_an_example_or_says_why_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < policy_n_rules; i++)
        assert_non_null(lint_example_of(&policy_rules[i]));
    assert_int_equal(policy_n_rules, lint_n_examples);
    assert_int_equal(policy_n_rules, 62);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_has_an_example_or_says_why_not),
        cmocka_unit_test(each_example_fires_its_rule_alone_and_not_when_mended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
