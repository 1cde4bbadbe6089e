/* The way back from a subject of a cluster to the lines of the policy. */
#include "tests/unit/policy_world.h"
#include "tests/unit/unit.h"

static const char text[] =
    "lotse: 1\n"
    "sites: {fra: {audience: f}, ber: {audience: b}}\n"
    "teams: {a: {from: [x]}, b: {from: [x]}}\n"
    "roles:\n"
    "  view: {can: [get /pods]}\n"
    "  debug: {can: [get /pods], sensitive: true}\n"
    "  root: {can: [get /pods], cluster: true, sensitive: true}\n"
    "spaces: {one: {names: [one]}, two: {names: [two], at: ber}}\n"
    "grants:\n"
    "  - {team: a, role: view, in: one}\n"
    "  - {team: a, role: debug, in: [one, two], until: 2026-12-01}\n"
    "  - {team: b, role: debug, in: one, until: 2026-06-01}\n"
    "  - {team: b, role: root, until: 2026-12-01, at: fra}\n"
    "requests:\n"
    "  r: {who: a, role: debug, in: one, at: fra, max: 1h, approve: {1: [b]}}\n"
    "  s: {who: a, role: view, in: two, max: 1h, approve: {1: [b]}}\n"
    "breakglass:\n"
    "  g: {who: a, role: root, at: fra, max: 30m, mfa: fido2, page: x, review: 1d}\n"
    "ci:\n"
    "  lab: {issuer: \"https://x.example\", match: {a: b}, role: view, in: one, at: ber}\n"
    "  go: {sa: ci/go, role: view, in: one}\n"
    "  more: {sa: ci/go, role: view, in: two, at: ber}\n";

#define ANY ((size_t)ID_NONE)
#define NOW 1780444800000 /* 2026-06-03 */

struct rig {
    struct arena arena;
    const struct policy *policy;
};

static int set_up(void **state)
{
    static struct rig rig;
    static struct source source = {"policy.yaml", {text, sizeof(text) - 1}};
    static const struct source *sources[] = {&source};
    static const struct policy_input nothing = {0};
    struct diags d;
    arena_init(&rig.arena, ARENA_NO_MAX);
    diags_init(&d, &rig.arena);
    const struct policy_tree *tree = policy_read(&rig.arena, sources, 1, NULL, &d);
    rig.policy = tree ? policy_resolve(&rig.arena, tree, &nothing, &d) : NULL;
    auto_buf said = BUF_INIT(65536);
    diags_print(&d, &said);
    if (!rig.policy)
        fail_msg("%s", buf_cstr(&said));
    *state = &rig;
    return 0;
}

static int tear_down(void **state)
{
    struct rig *rig = *state;
    arena_fini(&rig->arena);
    return 0;
}

static const char *ids_text(struct rig *rig, const char *what, const struct ids *ids)
{
    struct str out = STR("");
    for (size_t i = 0; i < ids->n; i++)
        out = arena_fmt(&rig->arena, "%.*s %s%u", STR_F(out), what, ids->items[i]);
    return ids->n ? out.p : "";
}

static void a_group_means_the_lines_that_give_it(void **state)
{
    static const struct {
        const char *group;
        size_t site;
        const char *means;
    } cases[] = {
        {"lotse:team:a", 0, "kind 1 team 0"},
        {"lotse:team:c", 0, "kind 0"},
        {"team:a", 0, "kind 0"},
        {"lotse:jit:one:debug", 0, "kind 2 role 1 space 0 grant1 grant2 request0"},
        {"lotse:jit:one:debug", 1, "kind 2 role 1 space 0 grant1 grant2"},
        {"lotse:jit:two:debug", 0, "kind 0"}, /* the space is not on this site */
        {"lotse:jit:two:debug", 1, "kind 2 role 1 space 1 grant1"},
        {"lotse:jit:two:debug", ANY, "kind 2 role 1 space 1 grant1"},
        {"lotse:jit:two:view", 1, "kind 2 role 0 space 1 request1"},
        {"lotse:jit:one:view", 1, "kind 0"}, /* a standing grant needs no such group */
        {"lotse:jit:root", 0, "kind 2 role 2 grant3"},
        {"lotse:jit:root", 1, "kind 0"},
        {"lotse:jit:one:root", 0, "kind 0"},
        {"lotse:jit:debug", 0, "kind 0"},
        {"lotse:jit:none:debug", 0, "kind 0"},
        {"lotse:jit:", 0, "kind 0"},
        {"lotse:bg:root", 0, "kind 3 role 2 breakglass0"},
        {"lotse:bg:root", 1, "kind 0"},
        {"lotse:bg:view", 0, "kind 0"},
        {"lotse:ci:lab", 1, "kind 4 ci0"},
        {"lotse:ci:lab", 0, "kind 0"},
        {"lotse:ci:go", 1, "kind 0"}, /* a service account has no group */
        {"lotse:", 0, "kind 0"},
        {"system:masters", 0, "kind 0"},
        {"", 0, "kind 0"},
    };
    struct rig *rig = *state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        const struct policy_at at = {rig->policy, cases[i].site, NOW, &rig->arena};
        struct policy_group_meaning m = policy_group_of(&at, STR_C(cases[i].group));
        auto_buf got = BUF_INIT(4096);
        buf_fmt(&got, "kind %d", (int)m.kind);
        if (m.team != ID_NONE)
            buf_fmt(&got, " team %u", m.team);
        if (m.role != ID_NONE)
            buf_fmt(&got, " role %u", m.role);
        if (m.space != ID_NONE)
            buf_fmt(&got, " space %u", m.space);
        buf_fmt(&got, "%s%s%s%s", ids_text(rig, "grant", &m.grants),
                ids_text(rig, "request", &m.requests), ids_text(rig, "breakglass", &m.breakglass),
                ids_text(rig, "ci", &m.ci));
        if (!str_is(buf_str(&got), cases[i].means))
            fail_msg("%s on %zu: %s", cases[i].group, cases[i].site, buf_cstr(&got));
    }
}

static void teams_behind_a_group_are_those_with_a_running_grant(void **state)
{
    static const struct {
        const char *group, *teams;
        size_t site;
    } cases[] = {{"lotse:team:b", " 1", 0},
                 {"lotse:jit:one:debug", " 0", 0}, /* team b's grant has ended */
                 {"lotse:jit:two:view", "", 1},    /* nobody holds a request by itself */
                 {"lotse:bg:root", "", 0},
                 {"lotse:jit:root", " 1", 0}};
    struct rig *rig = *state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        const struct policy_at at = {rig->policy, cases[i].site, NOW, &rig->arena};
        struct ids teams = {0};
        teams.n = policy_teams_of_group(&at, STR_C(cases[i].group), &teams.items);
        assert_string_equal(ids_text(rig, "", &teams), cases[i].teams);
    }
}

static void a_service_account_means_its_ci_entries(void **state)
{
    struct rig *rig = *state;
    struct policy_at at = {rig->policy, 0, NOW, &rig->arena};
    struct ids found = policy_ci_of_account(&at, STR("ci"), STR("go"));
    assert_string_equal(ids_text(rig, "ci", &found), " ci1");
    at.site = 1;
    found = policy_ci_of_account(&at, STR("ci"), STR("go"));
    assert_string_equal(ids_text(rig, "ci", &found), " ci1 ci2");
    assert_int_equal(policy_ci_of_account(&at, STR("go"), STR("ci")).n, 0);
    assert_true(str_is(policy_ci_subject(&at, 0), "lotse:ci:lab"));
    assert_true(str_is(policy_ci_subject(&at, 1), "system:serviceaccount:ci:go"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_means_the_lines_that_give_it),
        cmocka_unit_test(teams_behind_a_group_are_those_with_a_running_grant),
        cmocka_unit_test(a_service_account_means_its_ci_entries)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
