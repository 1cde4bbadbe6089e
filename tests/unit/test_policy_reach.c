/* Every way of reach (reach_edges.tbl.h) is taken by what it needs, and not by a little less. */
#include "policy/analysis/policy_reach.h"

#include <string.h>

#include "policy/policy.h"
#include "policy/rbac/access_profile.h"
#include "tests/unit/policy_world.h"
#include "tests/unit/unit.h"

#define RBAC "rbac.authorization.k8s.io/"
#define CERT "certificates.k8s.io/"
#define ADMN "admissionregistration.k8s.io/"
#define AUTH "authentication.k8s.io/"
#define ALL  "get,list,create,update,patch,delete"

static const char world_text[] =
    "site fra\n"
    "resource /pods namespaced " ALL "\nresource /pods/exec namespaced create\n"
    "resource /secrets namespaced " ALL "\nresource /configmaps namespaced " ALL "\n"
    "resource /serviceaccounts namespaced " ALL "\nresource /nodes cluster " ALL "\n"
    "resource /namespaces cluster " ALL "\nresource apps/deployments namespaced " ALL "\n"
    "resource " RBAC "roles namespaced " ALL "\nresource " RBAC "rolebindings namespaced " ALL "\n"
    "resource " RBAC "clusterroles cluster " ALL "\n"
    "resource " RBAC "clusterrolebindings cluster " ALL "\n"
    "resource argoproj.io/workflows namespaced " ALL "\n"
    "resource argoproj.io/applications namespaced " ALL "\n"
    "resource external-secrets.io/externalsecrets namespaced " ALL "\n"
    "namespace a\nnamespace open pod-security.kubernetes.io/enforce=privileged\n"
    "clusterrole big get /configmaps,/nodes\n";

/* What the group has, lines of "verbs targets [names]" apart by ';'; in the namespace, or wide, as
 * is what stands behind '|'. */
static const struct {
    const char *edge, *in, *fires, *not;
} cases[] = {
    {"workload", "a", "create /pods", "get /pods"},
    {"workload", "a", "patch apps/deployments", "delete apps/deployments"},
    {"custom_workload", "a", "create argoproj.io/workflows", "create tekton.dev/taskruns"},
    {"change_pod", "a", "patch /pods", "create /pods"},
    {"exec", "a", "create /pods/exec", "get /pods/exec"},
    {"ephemeral_container", "a", "update /pods/ephemeralcontainers",
     "get /pods/ephemeralcontainers"},
    {"token_request", "a", "create /serviceaccounts/token", "create /serviceaccounts/token other"},
    {"read_secrets", "a", "list /secrets", "get /secrets one"},
    {"mint_secret", "a", "create /secrets;get /secrets one", "create /secrets"},
    {"impersonate_account", "a", "impersonate /serviceaccounts robot",
     "impersonate /serviceaccounts other"},
    {"impersonate_user", "", "impersonate /users someone", "impersonate /users nobody"},
    {"impersonate_group", "", "impersonate /groups ops;impersonate /users x",
     "impersonate /groups ops"},
    {"constrained_account", "",
     "impersonate:serviceaccount " AUTH "serviceaccounts;"
     "impersonate-on:serviceaccount:list /pods",
     "impersonate:serviceaccount " AUTH "serviceaccounts"},
    {"constrained_user", "",
     "impersonate:user-info " AUTH "users;impersonate-on:user-info:list /pods",
     "impersonate:user-info " AUTH "users"},
    {"constrained_group", "",
     "impersonate:user-info " AUTH "groups ops;impersonate:user-info " AUTH "users x;"
     "impersonate-on:user-info:list /pods",
     "impersonate:user-info " AUTH "groups ops;impersonate-on:user-info:list /pods"},
    {"constrained_node", "",
     "impersonate:arbitrary-node " AUTH "nodes;impersonate-on:arbitrary-node:list /pods",
     "impersonate:arbitrary-node " AUTH "nodes"},
    {"bind_cluster_role_wide", "",
     "bind " RBAC "clusterroles big;create " RBAC "clusterrolebindings",
     "bind " RBAC "clusterroles big;get " RBAC "clusterrolebindings"},
    {"bind_cluster_role", "a", "bind " RBAC "clusterroles big;create " RBAC "rolebindings",
     "create " RBAC "rolebindings"},
    {"bind_role", "a", "bind " RBAC "roles;patch " RBAC "rolebindings", "bind " RBAC "roles"},
    {"escalate_role", "a", "escalate " RBAC "roles;update " RBAC "roles", "update " RBAC "roles"},
    {"escalate_cluster_role", "", "escalate " RBAC "clusterroles;update " RBAC "clusterroles",
     "update " RBAC "clusterroles"},
    {"approve_certificate", "",
     "approve " CERT "signers kubernetes.io/kube-apiserver-client;"
     "create " CERT "certificatesigningrequests;"
     "update " CERT "certificatesigningrequests/approval",
     "approve " CERT "signers example.com/x;create " CERT "certificatesigningrequests;"
     "update " CERT "certificatesigningrequests/approval"},
    {"sign_certificate", "",
     "sign " CERT "signers;update " CERT "certificatesigningrequests/status",
     "sign " CERT "signers"},
    {"webhooks", "", "patch " ADMN "mutatingwebhookconfigurations",
     "get " ADMN "mutatingwebhookconfigurations"},
    {"admission_policies", "", "delete " ADMN "validatingadmissionpolicies",
     "create " ADMN "validatingadmissionpolicies"},
    {"apiservices", "", "create apiregistration.k8s.io/apiservices",
     "get apiregistration.k8s.io/apiservices"},
    {"crds", "", "update apiextensions.k8s.io/customresourcedefinitions",
     "delete apiextensions.k8s.io/customresourcedefinitions"},
    {"nodes_proxy", "", "get /nodes/proxy", "get /nodes"},
    {"nodes", "", "patch /nodes/status", "get /nodes"},
    {"persistent_volume", "a",
     "create /persistentvolumeclaims;create /pods|create /persistentvolumes",
     "create /pods|create /persistentvolumes"},
    {"pod_security", "a", "patch /namespaces;create /pods", "create /pods"},
    {"privileged_namespace", "open", "create /pods", "get /pods"},
    {"deputy", "a", "create argoproj.io/applications", "create helm.cattle.io/helmcharts"},
    {"external_secrets", "a", "create external-secrets.io/externalsecrets",
     "create bitnami.com/sealedsecrets"},
};

static struct rbac_object binding(struct arena *a, const char *name, const char *namespace,
                                  const char *role, struct rbac_subject subject)
{
    struct rbac_object o = {.kind = *namespace ? RBAC_ROLE_BINDING : RBAC_CLUSTER_ROLE_BINDING,
                            .name = STR_C(name),
                            .namespace = STR_C(namespace),
                            .role_kind = STR("ClusterRole"),
                            .role_name = STR_C(role),
                            .n_subjects = 1};
    o.subjects = ARENA_NEW(a, struct rbac_subject);
    *o.subjects = subject;
    return o;
}

static struct str world_with(struct arena *a, const char *rules)
{
    auto_buf text = BUF_INIT(65536);
    struct str rest = STR_C(rules), rule, wide = STR_NONE;
    (void)str_split(rest, '|', &rest, &wide);
    buf_c(&text, world_text);
    while (str_next(&rest, ';', &rule))
        buf_fmt(&text, "clusterrole held %.*s\n", STR_F(rule));
    while (str_next(&wide, ';', &rule))
        buf_fmt(&text, "clusterrole wide %.*s\n", STR_F(rule));
    return arena_str(a, buf_str(&text));
}

/* Everything that is gained, as one text. */
static struct str gains(struct arena *a, const char *rules, const char *in)
{
    struct err e = {0};
    struct policy_input input;
    struct rbac_set set = {0};
    world_read(a, world_with(a, rules), &input);
    const struct policy_cluster *c = &input.clusters[0];
    const struct rbac_subject dev = {.kind = RBAC_GROUP, .name = STR("dev")};
    const struct rbac_subject others[] = {
        {.kind = RBAC_SERVICE_ACCOUNT, .name = STR("robot"), .namespace = STR("a")},
        {.kind = RBAC_SERVICE_ACCOUNT, .name = STR("robot"), .namespace = STR("open")},
        {.kind = RBAC_USER, .name = STR("someone")},
        {.kind = RBAC_GROUP, .name = STR("ops")}};
    static const char *const names[] = {"one", "two", "three", "four"};
    for (size_t i = 0; i < c->n_cluster_roles; i++)
        *ARENA_PUSH(a, &set) = c->cluster_roles[i];
    *ARENA_PUSH(a, &set) = binding(a, "dev", in, "held", dev);
    *ARENA_PUSH(a, &set) = binding(a, "dev-wide", "", "wide", dev);
    for (size_t i = 0; i < N_OF(others); i++)
        *ARENA_PUSH(a, &set) = binding(a, names[i], "", "big", others[i]);
    rbac_set_sort(&set);
    const struct rbac_set *sets[] = {&set};
    const struct universe *u = universe_new(a, sets, 1, &c->resources, &e);
    const struct access *x = u ? access_new(a, u, &set, &e) : NULL;
    if (!x)
        fail_msg("%s", e.text);
    uint32_t subject = access_subject_id(x, RBAC_GROUP, STR("dev"));
    struct reach_answer answer = reach_ask(reach_new(a, x, c), &subject, 1, NULL, a);
    return strs_join(a, answer.steps, '\n');
}

static void test_each_way_is_taken_by_what_it_needs_and_by_no_less(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_arena arena = {0};
        arena_init(&arena, ARENA_NO_MAX);
        struct str mark = arena_fmt(&arena, "[%s]", cases[i].edge);
        struct str fires = gains(&arena, cases[i].fires, cases[i].in);
        struct str not = gains(&arena, cases[i].not, cases[i].in);
        if (!str_contains(fires, mark))
            fail_msg("%s: %s: %.*s", cases[i].edge, cases[i].fires, STR_F(fires));
        if (str_contains(not, mark))
            fail_msg("%s, but only %s: %.*s", cases[i].edge, cases[i].not, STR_F(not));
    }
}

static void test_each_way_of_the_table_has_a_case(void **state)
{
    static const char *const edges[] = {
#define CLUSTER                              ""
#define INSTALLED                            ""
#define EDGE(name, needs, gain, why, source) #name,
#include "policy/analysis/reach_edges.tbl.h"
#undef EDGE
    };
    (void)state;
    for (size_t i = 0; i < N_OF(edges); i++) {
        bool found = false;
        for (size_t k = 0; k < N_OF(cases); k++)
            found = found || strcmp(cases[k].edge, edges[i]) == 0;
        if (!found)
            fail_msg("no case of %s", edges[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_way_is_taken_by_what_it_needs_and_by_no_less),
        cmocka_unit_test(test_each_way_of_the_table_has_a_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
