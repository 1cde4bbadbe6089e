/* Covers, seen from the permission sets: what is covered never gives more, for every possible
 * request; and the escalation check says why. */
#include <stdlib.h>

#include "policy/rbac/access.h"
#include "policy/rbac/aggregate.h"
#include "policy/rbac/escalation.h"
#include "tests/unit/unit.h"

#define ROUNDS 4000

static const struct str verbs[] = {{"get", 3}, {"list", 4}, {"*", 1}, {"", 0}},
                        groups[] = {{"", 0}, {"apps", 4}, {"*", 1}},
                        resources[] = {{"pods", 4},  {"pods/log", 8}, {"*/log", 5}, {"*", 1},
                                       {"*/", 2},    {"pods/*", 6},   {"a/b/c", 5}, {"*/c", 3},
                                       {"*/b/c", 5}, {"", 0}},
                        names[] = {{"a", 1}, {"b", 1}, {"*", 1}, {"", 0}},
                        urls[] = {{"/a", 2}, {"/a/*", 4}, {"/a*", 3},
                                  {"*", 1},  {"/a**", 4}, {"", 0}};

static uint32_t draw(uint64_t *state, size_t n)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)((*state >> 33) % n);
}

static struct strs some(struct arena *a, uint64_t *state, const struct str *words, size_t n)
{
    size_t count = 1 + draw(state, 2);
    struct str *out = ARENA_ARRAY(a, count, struct str);
    for (size_t i = 0; i < count; i++)
        out[i] = words[draw(state, n)];
    return (struct strs){out, count};
}

static struct rbac_rules some_rules(struct arena *a, uint64_t *state)
{
    struct rbac_rules out = {0};
    size_t n = 1 + draw(state, 3);
    for (size_t i = 0; i < n; i++) {
        struct rbac_rule *rule = ARENA_PUSH(a, &out);
        rule->verbs = some(a, state, verbs, N_OF(verbs));
        if (draw(state, 6) == 0) {
            rule->non_resource_urls = some(a, state, urls, N_OF(urls));
            continue;
        }
        rule->api_groups = some(a, state, groups, N_OF(groups));
        rule->resources = some(a, state, resources, N_OF(resources));
        if (draw(state, 4) == 0)
            rule->resource_names = some(a, state, names, N_OF(names));
    }
    return out;
}

/* Both roles bound cluster-wide to the same group. */
static struct rbac_set bound(struct arena *a, struct rbac_rules first,
                             const struct rbac_rules *more)
{
    static struct rbac_subject devs = {.kind = RBAC_GROUP, .name = {"devs", 4}};
    struct rbac_set set = {0};
    const struct rbac_rules *rules[] = {&first, more};
    for (size_t i = 0; i < 2 && rules[i]; i++) {
        struct str name = i ? STR("more") : STR("first");
        *ARENA_PUSH(a, &set) = (struct rbac_object){.kind = RBAC_CLUSTER_ROLE,
                                                    .name = name,
                                                    .rules = rules[i]->items,
                                                    .n_rules = rules[i]->n};
        *ARENA_PUSH(a, &set) = (struct rbac_object){.kind = RBAC_CLUSTER_ROLE_BINDING,
                                                    .name = name,
                                                    .role_kind = STR("ClusterRole"),
                                                    .role_name = name,
                                                    .subjects = &devs,
                                                    .n_subjects = 1};
    }
    return set;
}

/* Does servant give anything that owner does not give, to any request whatsoever? */
static bool gives_more(struct arena *a, struct rbac_rules owner, struct rbac_rules servant)
{
    static const struct policy_resources nothing;
    struct err e;
    struct rbac_set *before = ARENA_NEW(a, struct rbac_set), *after = ARENA_NEW(a, struct rbac_set);
    const struct rbac_set **sets = ARENA_ARRAY(a, 2, const struct rbac_set *);
    *before = bound(a, owner, NULL);
    *after = bound(a, owner, &servant);
    sets[0] = before;
    sets[1] = after;
    const struct universe *u = universe_new(a, sets, 2, &nothing, &e);
    const struct access *x = u ? access_new(a, u, before, &e) : NULL;
    const struct access *y = u ? access_new(a, u, after, &e) : NULL;
    assert_true(x && y);
    return access_diff(x, y, a).n > 0;
}

static void what_is_covered_gives_no_more(void **state)
{
    (void)state;
    uint64_t seed = 20261123;
    size_t n_covered = 0, n_jointly = 0;
    for (int i = 0; i < ROUNDS; i++) {
        auto_arena a = {0};
        arena_init(&a, ARENA_NO_MAX);
        struct rbac_rules owner = some_rules(&a, &seed), servant = some_rules(&a, &seed);
        bool covers = rbac_covers(owner, servant), more = gives_more(&a, owner, servant);
        assert_int_equal(covers, rbac_uncovered(owner, servant, &a).n == 0);
        if (covers && more)
            fail_msg("round %d: covered, but gives more", i);
        n_covered += covers;
        n_jointly += !covers && !more;
    }
    assert_true(n_covered > ROUNDS / 50); /* the property was not empty */
    assert_true(n_jointly > 0);           /* and its reverse does not hold */
}

static void two_rules_together_cover_no_single_one(void **state)
{
    (void)state;
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    struct str star = STR("*"), pods = STR("pods"), log = STR("*/log"), get = STR("get"),
               core = STR("");
    struct rbac_rule owner[] = {
        {.verbs = {&get, 1}, .api_groups = {&core, 1}, .resources = {&star, 1}},
        {.verbs = {&get, 1}, .api_groups = {&star, 1}, .resources = {&log, 1}},
    };
    struct rbac_rule one = {.verbs = {&get, 1}, .api_groups = {&star, 1}, .resources = {&pods, 1}};
    struct rbac_rules servant = {&one, 1, 1};
    assert_false(rbac_covers((struct rbac_rules){owner, 2, 2}, servant));
    one.api_groups = (struct strs){&core, 1};
    assert_true(rbac_covers((struct rbac_rules){owner, 2, 2}, servant));
    assert_true(rbac_covers((struct rbac_rules){0}, (struct rbac_rules){0}));
}

static void the_escalation_check_says_what_is_missing(void **state)
{
    (void)state;
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    struct str get[] = {STR("get"), STR("list")}, core = STR(""), pods = STR("pods"),
               secrets[] = {STR("pods"), STR("secrets")}, team = STR("devs"),
               masters = STR("system:masters");
    struct rbac_rule held = {.verbs = {get, 2}, .api_groups = {&core, 1}, .resources = {&pods, 1}};
    struct rbac_rule more = {
        .verbs = {get, 2}, .api_groups = {&core, 1}, .resources = {secrets, 2}};
    struct rbac_set set = bound(&a, (struct rbac_rules){&held, 1, 1}, NULL);
    struct rbac_object role = {
        .kind = RBAC_CLUSTER_ROLE, .name = STR("x"), .rules = &more, .n_rules = 1};
    struct rbac_object binding = {.kind = RBAC_ROLE_BINDING,
                                  .name = STR("x"),
                                  .namespace = STR("work"),
                                  .role_kind = STR("ClusterRole"),
                                  .role_name = STR("nowhere")};
    struct escalation_question q = {.object = &role};
    struct rbac_user user = {STR("alice"), {&team, 1}};

    struct escalation_answer answer = escalation_check(&set, &user, &q, &a);
    assert_int_equal(answer.outcome, ESCALATION_MISSING_RULES);
    assert_int_equal(answer.missing.n, 1); /* compacted: get and list on secrets */
    assert_int_equal(answer.missing.items[0].verbs.n, 2);
    assert_true(str_is(answer.missing.items[0].resources.items[0], "secrets"));

    role.rules = &held;
    assert_int_equal(escalation_check(&set, &user, &q, &a).outcome, ESCALATION_COVERED);
    role.selectors = ARENA_NEW(&a, struct selector);
    role.n_selectors = 1;
    assert_int_equal(escalation_check(&set, &user, &q, &a).outcome, ESCALATION_AGGREGATION_RULE);
    q.object = &binding;
    assert_int_equal(escalation_check(&set, &user, &q, &a).outcome, ESCALATION_MISSING_ROLE);
    user.groups.items = &masters;
    assert_int_equal(escalation_check(&set, &user, &q, &a).outcome, ESCALATION_MASTERS);
}

static void roles_that_select_each_other_come_to_rest(void **state)
{
    (void)state;
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    struct err e;
    struct rbac_set set = {0};
    static const char text[] =
        "{\"kind\":\"ClusterRoleList\",\"items\":["
        "{\"metadata\":{\"name\":\"a\",\"labels\":{\"to\":\"b\"}},\"aggregationRule\":"
        "{\"clusterRoleSelectors\":[{\"matchLabels\":{\"to\":\"a\"}}]}},"
        "{\"metadata\":{\"name\":\"b\",\"labels\":{\"to\":\"a\"}},\"aggregationRule\":"
        "{\"clusterRoleSelectors\":[{\"matchLabels\":{\"to\":\"b\"}}]},\"rules\":"
        "[{\"verbs\":[\"stale\"],\"apiGroups\":[\"\"],\"resources\":[\"pods\"]}]},"
        "{\"metadata\":{\"name\":\"c\",\"labels\":{\"to\":\"a\"}},\"rules\":"
        "[{\"verbs\":[\"get\"],\"apiGroups\":[\"\"],\"resources\":[\"pods\"]}]}]}";
    assert_int_equal(rbac_read_json(STR_C(text), &a, &set, &e), 0);
    rbac_set_aggregate(&set, &a);
    assert_int_equal(set.items[0].n_rules, 2);
    assert_int_equal(set.items[1].n_rules, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_covered_gives_no_more),
        cmocka_unit_test(two_rules_together_cover_no_single_one),
        cmocka_unit_test(the_escalation_check_says_what_is_missing),
        cmocka_unit_test(roles_that_select_each_other_come_to_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
