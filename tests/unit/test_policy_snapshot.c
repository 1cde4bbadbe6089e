/* The snapshot: from a person's groups to the groups of a token; shared between threads. And the
 * lock with its drop guard. */
#include <pthread.h>
#include <stdlib.h>

#include "policy/policy.h"
#include "policy/resolve/snapshot.h"
#include "tests/unit/unit.h"

#define BASE ",ou=groups,dc=corp,dc=example"
#define JUNE INT64_C(1780272000000) /* 2026-06-01 */
#define DAY  (INT64_C(24) * 60 * 60 * 1000)

static const char text[] =
    "lotse: 1\n"
    "sites: {fra: {audience: k8s-fra, labels: {tier: prod}}, ber: {audience: k8s-ber, labels: "
    "{tier: stage}}}\n"
    "ldap: {base: \"ou=groups,dc=corp,dc=example\"}\n"
    "teams:\n"
    "  pay: {from: [cn=pay-dev, cn=pay-qa]}\n"
    "  shop: {from: [cn=shop], drop: [x.leaver], add: {j.temp: {until: 2026-07-01}, x.leaver: {}, "
    "m.sommer: {until: 2026-08-01}}}\n"
    "roles: {view: {base: k8s/view}, debug: {base: view, sensitive: true}, root: {base: "
    "k8s/cluster-admin, cluster: true}}\n"
    "spaces: {p: {label: {team: pay}}, stg: {label: {team: pay}, at: [tier=stage]}}\n"
    "grants:\n"
    "  - {team: pay, role: view, in: p}\n"
    "  - {team: pay, role: debug, in: [p, stg], until: 2026-06-15}\n"
    "  - {team: pay, role: debug, in: p, until: 2026-06-10, at: ber}\n"
    "  - {team: shop, role: root, until: 2026-06-20T12:00:00Z, at: fra}\n";

static struct policy_snapshot *snapshot(void)
{
    auto_arena a = {0};
    struct diags d;
    struct source source = {"policy.yaml", STR(text)};
    arena_init(&a, ARENA_NO_MAX);
    diags_init(&d, &a);
    struct policy_snapshot *s = policy_snapshot_new(&source, NULL, &d);
    auto_buf out = BUF_INIT((size_t)65536);
    diags_print(&d, &out);
    if (!s)
        fail_msg("%s", buf_cstr(&out));
    return s;
}

static const struct {
    const char *who, *groups, *audience;
    int64_t now_ms;
    const char *names;
    int64_t until_ms;
} cases[] = {
    {"k.lang", "cn=pay-dev" BASE, "k8s-fra", JUNE, "jit:p:debug team:pay", JUNE + 14 * DAY},
    {"k.lang", "cn=pay-dev" BASE, "k8s-ber", JUNE, "jit:p:debug jit:stg:debug team:pay",
     JUNE + 9 * DAY},
    {"k.lang", "cn=pay-dev" BASE, "k8s-ber", JUNE + 9 * DAY, "jit:p:debug jit:stg:debug team:pay",
     JUNE + 14 * DAY},
    {"k.lang", "cn=pay-dev" BASE, "k8s-fra", JUNE + 14 * DAY - 1, "jit:p:debug team:pay",
     JUNE + 14 * DAY},
    {"k.lang", "cn=pay-dev" BASE, "k8s-fra", JUNE + 14 * DAY, "team:pay",
     0}, /* until is not included */
    {"k.lang", "cn=pay-dev" BASE, "grafana", JUNE, "team:pay", 0},
    {"k.lang", "cn=pay-dev" BASE " cn=pay-qa" BASE, "grafana", JUNE, "team:pay", 0},
    {"k.lang", "cn=pay-dev,ou=elsewhere,dc=corp,dc=example", "grafana", JUNE, "",
     0}, /* another group of that name */
    {"k.lang", "pay-dev", "grafana", JUNE, "", 0},
    {"k.lang", NULL, "k8s-fra", JUNE, "", 0},
    {"m.sommer", "cn=shop" BASE, "grafana", JUNE, "team:shop",
     0}, /* in the group anyway: `add` bounds nothing */
    {"m.sommer", "cn=pay-qa" BASE, "grafana", JUNE, "team:pay team:shop", JUNE + 61 * DAY},
    {"m.sommer", "cn=pay-qa" BASE, "k8s-fra", JUNE, "jit:p:debug jit:root team:pay team:shop",
     JUNE + 14 * DAY},
    {"j.temp", NULL, "k8s-ber", JUNE, "team:shop", JUNE + 30 * DAY},
    {"j.temp", NULL, "k8s-fra", JUNE, "jit:root team:shop", JUNE + 19 * DAY + DAY / 2},
    {"j.temp", NULL, "k8s-fra", JUNE + 30 * DAY, "", 0},
    {"x.leaver", "cn=shop" BASE, "k8s-fra", JUNE, "",
     0}, /* drop wins over add and over the directory */
    {"J.TEMP", NULL, "k8s-fra", JUNE, "", 0},
};

static void a_person_gets_exactly_these_groups(void **state)
{
    (void)state;
    struct policy_snapshot *s = snapshot();
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_arena a = {0};
        arena_init(&a, ARENA_REQUEST_MAX);
        struct str groups[8], rest = STR_C(cases[i].groups);
        size_t n = 0;
        while (rest.n > 0 && str_next(&rest, ' ', &groups[n]))
            n++;
        struct snapshot_subject subject = {STR_C(cases[i].who), groups, n, STR_C(cases[i].audience),
                                           cases[i].now_ms};
        struct snapshot_groups got = {0};
        assert_true(policy_snapshot_groups(s, &subject, &a, &got));
        struct str names = strs_join(&a, (struct strs){got.names, got.n}, ' ');
        if (!str_is(names, cases[i].names) || got.until_ms != cases[i].until_ms)
            fail_msg("row %zu: %.*s until %lld", i, STR_F(names), (long long)got.until_ms);
    }
    policy_snapshot_unref(s);
}

static void a_request_without_memory_gets_no_groups(void **state)
{
    (void)state;
    struct policy_snapshot *s = snapshot();
    struct str group = STR("cn=pay-dev" BASE);
    struct snapshot_subject subject = {STR("k.lang"), &group, 1, STR("k8s-fra"), JUNE};
    for (size_t max = 0; max < 64; max += 16) {
        auto_arena a = {0};
        arena_init(&a, max);
        struct snapshot_groups got = {.n = 77};
        assert_false(policy_snapshot_groups(s, &subject, &a, &got));
    }
    policy_snapshot_unref(s);
}

static void sites_are_those_of_the_policy(void **state)
{
    (void)state;
    struct policy_snapshot *s = snapshot();
    const struct snapshot_site *sites;
    assert_int_equal(policy_snapshot_sites(s, &sites), 2);
    assert_true(str_is(sites[0].name, "fra") && str_is(sites[0].audience, "k8s-fra"));
    assert_true(str_is(sites[1].name, "ber") && str_is(sites[1].audience, "k8s-ber"));
    policy_snapshot_unref(s);
}

static void a_wrong_text_gives_no_snapshot(void **state)
{
    (void)state;
    auto_arena a = {0};
    struct diags d;
    struct source source = {
        "policy.yaml",
        STR("lotse: 1\nsites: {fra: {audience: x}}\ngrants: [{team: a, role: b, in: c}]\n")};
    arena_init(&a, ARENA_NO_MAX);
    diags_init(&d, &a);
    assert_null(policy_snapshot_new(&source, NULL, &d));
    assert_int_equal(d.n_errors, 3);
    policy_snapshot_unref(NULL);
}

static void *use(void *argument)
{
    struct policy_snapshot *s = argument;
    for (size_t i = 0; i < 2000; i++) {
        auto_arena a = {0};
        arena_init(&a, ARENA_REQUEST_MAX);
        struct policy_snapshot *mine = policy_snapshot_ref(s);
        struct str group = STR("cn=pay-dev" BASE);
        struct snapshot_subject subject = {STR("m.sommer"), &group, 1, STR("k8s-ber"), JUNE};
        struct snapshot_groups got;
        if (!policy_snapshot_groups(mine, &subject, &a, &got) || got.n != 4)
            abort();
        policy_snapshot_unref(mine);
    }
    policy_snapshot_unref(s);
    return NULL;
}

/* Each thread holds its own reference; who is last frees it. Under tsan this also proves the
 * counting. */
static void many_threads_share_one(void **state)
{
    (void)state;
    struct policy_snapshot *s = snapshot();
    pthread_t threads[4];
    for (size_t i = 0; i < N_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use, policy_snapshot_ref(s)), 0);
    policy_snapshot_unref(s);
    for (size_t i = 0; i < N_OF(threads); i++)
        pthread_join(threads[i], NULL);
}

/* --- the lock and the guard */
static const struct {
    int64_t people, groups, team, now_people, now_groups, now_team, percent;
    bool first, goes_on;
} guards[] = {
    {100, 10, 9, 100, 10, 9, 20, false, true},  {100, 10, 9, 80, 8, 9, 20, false, true},
    {100, 10, 9, 79, 10, 9, 20, false, false},  {100, 10, 9, 100, 7, 9, 20, false, false},
    {100, 10, 9, 0, 10, 9, 20, false, false},   {100, 10, 9, 0, 10, 9, 100, false, false},
    {100, 10, 9, 100, 0, 9, 20, false, false},  {0, 0, 0, 0, 0, 0, 20, true, false},
    {0, 0, 0, 5, 5, 0, 20, true, true},         {100, 10, 9, 300, 30, 9, 20, false, true},
    {100, 10, 9, 100, 10, 0, 20, false, false}, {100, 10, 2, 100, 10, 0, 20, false, true},
    {100, 10, 9, 99, 10, 9, 0, false, false},   {100, 10, 9, 1, 1, 0, 100, false, true},
};

static void a_shrunken_directory_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(guards); i++) {
        struct err e = {0};
        struct policy_lock_count was = {STR("t"), guards[i].team},
                                 is = {STR("t"), guards[i].now_team};
        struct policy_lock last = {.teams = &was,
                                   .n_teams = 1,
                                   .n_people = guards[i].people,
                                   .n_groups = guards[i].groups};
        struct policy_lock now = {.teams = &is,
                                  .n_teams = 1,
                                  .n_people = guards[i].now_people,
                                  .n_groups = guards[i].now_groups};
        int got = policy_drop_guard(guards[i].first ? NULL : &last, &now, guards[i].percent, &e);
        if ((got == 0) != guards[i].goes_on)
            fail_msg("row %zu: %s", i, e.text);
    }
}

static void a_lock_comes_back_as_written(void **state)
{
    (void)state;
    auto_arena a = {0};
    struct err e = {0};
    struct policy_lock back;
    arena_init(&a, ARENA_NO_MAX);
    struct policy_lock_count teams[] = {{STR("a"), 3}, {STR("b"), 0}};
    struct policy_lock lock = {STR("sha256:00"), STR("sha256:11"), teams, 2, 380, 50};
    auto_buf json = BUF_INIT((size_t)65536);
    policy_lock_write(&lock, &json);
    assert_int_equal(policy_lock_read(buf_str(&json), &a, &back, &e), 0);
    auto_buf again = BUF_INIT((size_t)65536);
    policy_lock_write(&back, &again);
    assert_string_equal(buf_cstr(&json), buf_cstr(&again));
    static const char *const wrong[] = {
        "",
        "{}",
        "[]",
        "{\"lotse\":2}",
        "{\"lotse\":1}",
        "{\"lotse\":1,\"policy\":\"x\",\"people\":-1,\"groups\":1,\"teams\":[]}",
        "{\"lotse\":1,\"policy\":\"x\",\"people\":1,\"groups\":1}",
        "{\"lotse\":1,\"policy\":\"x\",\"people\":1,\"groups\":1,\"teams\":[{}]}"};
    for (size_t i = 0; i < N_OF(wrong); i++)
        assert_int_equal(policy_lock_read(STR_C(wrong[i]), &a, &back, &e), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_person_gets_exactly_these_groups),
        cmocka_unit_test(a_request_without_memory_gets_no_groups),
        cmocka_unit_test(sites_are_those_of_the_policy),
        cmocka_unit_test(a_wrong_text_gives_no_snapshot),
        cmocka_unit_test(many_threads_share_one),
        cmocka_unit_test(a_shrunken_directory_is_refused),
        cmocka_unit_test(a_lock_comes_back_as_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
