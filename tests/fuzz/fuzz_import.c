/* Any text as the objects of a cluster, those of other tools among them: whatever is bound there,
 * the policy made of it compiles to the same access. */
#include "policy/import/import_foreign.h"
#include "tests/fuzz/fuzz.h"

static struct str_pair team = {{"team", 4}, {"pay", 3}};
static const struct policy_namespace namespaces[] = {
    {.name = {"a", 1}, .labels = {&team, 1, 1}, .project = {"c:p", 3}},
    {.name = {"b", 1}, .labels = {&team, 1, 1}},
    {.name = {"c", 1}, .project = {"c:p", 3}},
};
static const struct str verbs[] = {{"get", 3}, {"list", 4}, {"create", 6}};
static const struct policy_resource rows[] = {
    {.resource = {"pods", 4}, .namespaced = true, .verbs = {verbs, 3}},
    {.resource = {"pods", 4}, .subresource = {"log", 3}, .namespaced = true, .verbs = {verbs, 1}},
    {.resource = {"nodes", 5}, .verbs = {verbs, 2}},
    {.group = {"apps", 4},
     .resource = {"deployments", 11},
     .namespaced = true,
     .verbs = {verbs, 3}},
};
static const struct policy_cluster cluster = {
    .site = {"fra", 3}, .resources = {rows, 4}, .namespaces = namespaces, .n_namespaces = 3};

/* What the readers of a cluster leave out, or the policy's reader refuses by its limits. */
static bool is_plausible(const struct rbac_set *set)
{
    size_t n_words = 0;
    for (size_t i = 0; i < set->n; i++)
        for (size_t k = 0; k < set->items[i].n_rules; k++)
            n_words += set->items[i].rules[k].verbs.n + set->items[i].rules[k].resources.n;
    return set->n <= 1000 && n_words <= 10000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    struct err e = {0};
    struct rbac_set set = {0};
    struct policy_cluster own = cluster;
    struct import_foreign foreign = {0};
    struct import_findings findings = {0};
    struct import_result result;
    struct import_site site = {{"fra", 3}, &set, &own};
    if (rbac_read_json(input_of(data, n), &a, &set, &e) < 0 || !is_plausible(&set))
        return 0;
    if (import_foreign_read(input_of(data, n), STR_NONE, &a, &foreign, &e) == 0) {
        import_foreign_apply(&foreign, &site, &a, &set, &findings);
        import_foreign_nowhere(&foreign, &site, 1, &a, &findings);
    }
    struct rbac_object *roles = ARENA_ARRAY(&a, set.n + 1, struct rbac_object);
    for (size_t i = 0; i < set.n; i++)
        if (set.items[i].kind == RBAC_CLUSTER_ROLE)
            roles[own.n_cluster_roles++] = set.items[i];
    own.cluster_roles = roles;
    const struct import_input in = {&site, 1, NULL, &findings};
    int status = policy_import(&a, &in, &result, &e);
    if (status < 0 && e.class == ERR_LIMIT)
        return 0;
    MUST(status == 0 && result.equal);
    return 0;
}
