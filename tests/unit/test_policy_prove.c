/* Prove in the small world of the cases: every `who`, every form of `in`, except, one person; with
 * a directory and without, at all dates and as of a moment. */
#include "base/clock.h"
#include "base/file.h"
#include "policy/analysis/policy_prove.h"
#include "policy/analysis/policy_sod.h"
#include "policy/policy.h"
#include "tests/unit/policy_world.h"
#include "tests/unit/unit.h"

#define HEAD \
    "lotse: 1\n" \
    "sites:\n" \
    "  fra: {audience: k8s-fra, labels: {tier: prod}}\n" \
    "  ber: {audience: k8s-ber, labels: {tier: stage}}\n" \
    "ldap: {base: \"ou=groups,dc=corp,dc=example\"}\n" \
    "teams:\n" \
    "  pay: {from: [cn=pay-dev]}\n" \
    "  shop: {from: [cn=shop-dev], drop: [x.leaver], add: {j.temp: {until: 2026-08-01, reason: " \
    "x}}}\n" \
    "  adm: {from: [cn=k8s-admins]}\n" \
    "  named: {add: {j.temp: {reason: x}}}\n" \
    "  bare: {from: [cn=pay-qa]}\n" \
    "roles:\n" \
    "  read: {can: [\"get,list,watch /pods,/services\"]}\n" \
    "  debug: {can: [\"create /pods/exec\"], sensitive: true}\n" \
    "  nodes: {can: [\"get /nodes\"], cluster: true}\n" \
    "  keys: {can: [\"get /secrets\"], sensitive: true}\n" \
    "spaces:\n" \
    "  pay: {label: {team: payments}}\n" \
    "  shop: {names: [\"shop-*\"], not: [shop-legacy]}\n" \
    "grants:\n" \
    "  - {team: pay, role: read, in: pay}\n" \
    "  - {team: shop, role: read, in: shop}\n" \
    "  - {team: shop, role: debug, in: shop, until: 2026-07-01}\n" \
    "  - {team: adm, role: nodes, at: fra}\n" \
    "  - {team: named, role: keys, in: pay, until: 2026-09-01}\n" \
    "requests:\n" \
    "  ask: {who: shop, role: debug, in: pay, max: 1h, approve: {1: [pay]}}\n" \
    "ci:\n" \
    "  runner: {sa: pay-api/agent, role: read, in: pay}\n"

#define NEVER(rest)  HEAD "never:\n  - {id: x, " rest "}\n"
#define ALWAYS(rest) HEAD "always:\n  - {id: x, " rest "}\n"

enum answer { KEPT, BROKEN };
static const struct {
    const char *text;
    enum answer with, without; /* a directory */
} cases[] = {
    /* any: whoever could be, the ones that `except` names left out */
    {NEVER("who: any, can: \"get /pods\""), BROKEN, BROKEN},
    {NEVER("who: any, can: \"delete /pods\""), KEPT, KEPT},
    {NEVER("who: any, can: \"*\""), BROKEN, BROKEN},
    {NEVER("who: \"any except pay, shop\", can: \"get /pods\""), BROKEN, BROKEN}, /* runner */
    {NEVER("who: \"any except pay, shop, ci\", can: \"get /pods\""), KEPT, KEPT},
    {NEVER("who: \"any except pay, shop, runner\", can: \"get /pods\""), KEPT, KEPT},
    {NEVER("who: \"any except read\", can: \"get /pods\""), KEPT, KEPT},
    {NEVER("who: \"any except read\", can: \"create /pods/exec\""), BROKEN, BROKEN},
    {NEVER("who: \"any except pay, ci\", can: \"get /pods\", in: pay"), KEPT, KEPT},
    /* a team: also what it may ask for, and what ends */
    {NEVER("who: team pay, can: \"get /pods\""), BROKEN, BROKEN},
    {NEVER("who: team shop, can: \"create /pods/exec\", in: pay"), BROKEN, BROKEN},
    {NEVER("who: team shop, can: \"create /pods/exec\""), BROKEN, BROKEN},
    {NEVER("who: team bare, can: \"*\""), KEPT, KEPT},
    {NEVER("who: each team, can: \"get /nodes\""), BROKEN, BROKEN},
    {NEVER("who: each team, can: \"delete /nodes\""), KEPT, KEPT},
    /* a person: in the teams of the directory; without one in any that takes people */
    {NEVER("who: m.sommer, can: \"get /pods\", in: pay"), BROKEN, BROKEN},
    {NEVER("who: k.lang, can: \"get /pods\", in: pay"), KEPT, BROKEN},
    {NEVER("who: x.leaver, can: \"get /pods\", in: shop"), KEPT, KEPT}, /* dropped */
    {NEVER("who: j.temp, can: \"get /secrets\""), BROKEN, BROKEN},
    {NEVER("who: m.sommer, can: \"get /secrets\""), KEPT, KEPT}, /* only j.temp is in named */
    /* in: a space, a site, a label, a namespace of a site, own */
    {NEVER("who: team pay, can: \"get /pods\", in: shop"), KEPT, KEPT},
    {NEVER("who: team pay, can: \"get /pods\", in: [shop, pay]"), BROKEN, BROKEN},
    {NEVER("who: team adm, can: \"get /nodes\", in: fra"), BROKEN, BROKEN},
    {NEVER("who: team adm, can: \"get /nodes\", in: ber"), KEPT, KEPT},
    {NEVER("who: team adm, can: \"get /nodes\", in: tier=prod"), BROKEN, BROKEN},
    {NEVER("who: team adm, can: \"get /nodes\", in: tier=stage"), KEPT, KEPT},
    {NEVER("who: team pay, can: \"get /pods\", in: \"fra:pay-api\""), BROKEN, BROKEN},
    {NEVER("who: team pay, can: \"get /pods\", in: \"fra:kube-system\""), KEPT, KEPT},
    {NEVER("who: team shop, can: \"create /pods/exec\", in: own"), BROKEN, BROKEN},
    {NEVER("who: team adm, can: \"get /pods\", in: own"), KEPT, KEPT},
    {NEVER("who: team pay, can: [\"get /pods in shop\"]"), KEPT, KEPT},
    {NEVER("who: team pay, can: [\"get /pods in shop\", \"get /pods in pay\"]"), BROKEN, BROKEN},
    /* except: what does not count */
    {NEVER("who: team pay, can: \"* /pods\", except: [\"get,list,watch /pods\"]"), KEPT, KEPT},
    {NEVER("who: team pay, can: \"* /pods\", except: [\"get,list /pods\"]"), BROKEN, BROKEN},
    /* reach */
    {NEVER("who: team pay, reach: read"), BROKEN, BROKEN},
    {NEVER("who: team adm, reach: keys"), KEPT, KEPT},
    /* one person: held, for a time, on request, as approver */
    {NEVER("who: one person, can: [\"get /pods in pay\", \"get /pods in shop\"]"), KEPT, BROKEN},
    {NEVER("who: one person, can: [\"get /pods in pay\", \"approve ask\"]"), BROKEN, BROKEN},
    {NEVER("who: one person, can: [\"get /secrets\", \"get /pods in shop\"]"), BROKEN, BROKEN},
    {NEVER("who: one person, can: [\"get /secrets\", \"get /nodes\"]"), KEPT, BROKEN},
    {NEVER("who: one person, can: [\"get /pods in pay\", \"get /pods in shop\", \"get /nodes\"]"),
     KEPT, BROKEN},
    /* always: what is sure at all dates */
    {ALWAYS("who: team pay, can: \"get /pods\", in: own"), KEPT, KEPT},
    {ALWAYS("who: team pay, can: \"get /pods\", in: pay"), KEPT, KEPT},
    {ALWAYS("who: team pay, can: \"get /pods\""), BROKEN, BROKEN},
    {ALWAYS("who: team shop, can: \"create /pods/exec\", in: shop"), BROKEN, BROKEN},
    {ALWAYS("who: each team, can: \"get /pods\", in: own"), KEPT, KEPT},
    {ALWAYS("who: m.sommer, can: \"get /pods\", in: pay"), KEPT, BROKEN},
    {ALWAYS("who: j.temp, can: \"get /pods\", in: shop"), BROKEN, BROKEN},
    {ALWAYS("who: team adm, can: \"get /nodes\", in: fra"), KEPT, KEPT},
    {ALWAYS("who: team adm, can: \"get /nodes\""), BROKEN, BROKEN},
};

static const struct policy_proving *compile(struct arena *a, const char *text, bool directory)
{
    struct policy_proving *out = ARENA_NEW(a, struct policy_proving);
    struct policy_input *in = ARENA_NEW(a, struct policy_input);
    struct source *source = ARENA_NEW(a, struct source);
    const struct source **sources = ARENA_ARRAY(a, 1, const struct source *);
    const struct access **accesses = ARENA_ARRAY(a, 2, const struct access *);
    auto_buf world = BUF_INIT((size_t)1 << 20);
    struct err e = {0};
    struct diags d;
    diags_init(&d, a);
    if (file_read("tests/policy/world.txt", (size_t)1 << 20, &world, &e) < 0)
        fail_msg("%s", e.text);
    world_read(a, buf_str(&world), in);
    in->directory = directory ? in->directory : NULL;
    *source = (struct source){"policy", STR_C(text)};
    sources[0] = source;
    const struct policy_tree *tree = policy_read(a, sources, 1, NULL, &d);
    const struct policy *p = tree ? policy_resolve(a, tree, in, &d) : NULL;
    auto_buf said = BUF_INIT(65536);
    diags_print(&d, &said);
    if (!p)
        fail_msg("%s", buf_cstr(&said));
    for (size_t site = 0; site < 2; site++) {
        struct rbac_set *set = ARENA_NEW(a, struct rbac_set);
        const struct rbac_set **sets = ARENA_ARRAY(a, 1, const struct rbac_set *);
        assert_true(policy_emit(p, site, a, set));
        sets[0] = set;
        const struct policy_resources *rows = &policy_cluster_of(p, site)->resources;
        accesses[site] = access_new(a, universe_new(a, sets, 1, rows, &e), set, &e);
        assert_non_null(accesses[site]);
    }
    *out = (struct policy_proving){
        .policy = p, .accesses = accesses, .now_ms = in->now_ms, .arena = a};
    return out;
}

static void test_every_kind_of_invariant_is_decided(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++)
        for (int directory = 0; directory < 2; directory++) {
            auto_arena a = {0};
            arena_init(&a, ARENA_NO_MAX);
            struct prove_results r = policy_prove_all(compile(&a, cases[i].text, directory));
            enum answer wanted = directory ? cases[i].with : cases[i].without;
            assert_int_equal(r.n, 1);
            if (r.items[0].status != (wanted == KEPT ? PROVE_KEPT : PROVE_BROKEN))
                fail_msg("%s%s: %.*s",
                         directory ? "" : "no directory: ", cases[i].text + sizeof(HEAD) - 1,
                         STR_F(r.items[0].text));
        }
}

/* --- as of a moment */

static const struct {
    const char *text, *at;
    enum prove_status status;
} moments[] = {
    {ALWAYS("who: team shop, can: \"create /pods/exec\", in: shop"), "2026-06-30T23:59:59Z",
     PROVE_KEPT},
    {ALWAYS("who: team shop, can: \"create /pods/exec\", in: shop"), "2026-07-01T00:00:00Z",
     PROVE_BROKEN},
    {ALWAYS("who: j.temp, can: \"get /pods\", in: shop"), "2026-07-31T00:00:00Z", PROVE_KEPT},
    {ALWAYS("who: j.temp, can: \"create /pods/exec\", in: shop"), "2026-06-30T00:00:00Z",
     PROVE_KEPT},
    {ALWAYS("who: j.temp, can: \"create /pods/exec\", in: shop"), "2026-07-31T00:00:00Z",
     PROVE_BROKEN},
    {ALWAYS("who: j.temp, can: \"get /pods\", in: shop"), "2026-08-01T00:00:00Z", PROVE_BROKEN},
    {ALWAYS("who: j.temp, can: \"get /secrets\", in: pay"), "2026-08-31T00:00:00Z", PROVE_KEPT},
    {ALWAYS("who: team shop, can: \"create /pods/exec\", in: pay"), "2026-06-01T00:00:00Z",
     PROVE_BROKEN}, /* a request is nothing sure */
    {NEVER("who: team shop, can: \"create /pods/exec\""), "2026-06-01T00:00:00Z", PROVE_NO_DATA},
};

static void test_an_always_is_kept_as_long_as_what_it_rests_on_runs(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(moments); i++) {
        auto_arena a = {0};
        arena_init(&a, ARENA_NO_MAX);
        struct policy_proving in = *compile(&a, moments[i].text, true);
        assert_true(time_parse(STR_C(moments[i].at), &in.now_ms));
        struct prove_results r = policy_prove_moment(&in);
        if (r.items[0].status != moments[i].status)
            fail_msg("%s at %s: %.*s", moments[i].text + sizeof(HEAD) - 1, moments[i].at,
                     STR_F(r.items[0].text));
    }
}

/* --- somebody whom nothing names is in the fewest teams that have it all */

/* Who takes the team with the most things first ends with three. */
static const char fewest[] =
    "lotse: 1\n"
    "sites: {fra: {audience: k8s-fra}, ber: {audience: k8s-ber}}\n"
    "ldap: {base: \"ou=groups,dc=corp,dc=example\"}\n"
    "teams:\n"
    "  most: {from: [cn=pay-dev]}\n"
    "  one: {from: [cn=pay-qa]}\n"
    "  two: {from: [cn=shop-dev]}\n"
    "roles:\n"
    "  most: {can: [\"get,list,watch,create /pods\"]}\n"
    "  one: {can: [\"get,list,update /pods\"]}\n"
    "  two: {can: [\"watch,create,patch /pods\"]}\n"
    "spaces: {pay: {label: {team: payments}}}\n"
    "grants:\n"
    "  - {team: most, role: most, in: pay}\n"
    "  - {team: one, role: one, in: pay}\n"
    "  - {team: two, role: two, in: pay}\n"
    "never:\n"
    "  - {id: x, who: one person, can: [\"get /pods\", \"list /pods\", \"watch /pods\", \"create "
    "/pods\", \"update /pods\", \"patch /pods\"]}\n";

static void test_without_a_directory_the_fewest_teams_are_named(void **state)
{
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    (void)state;
    struct prove_results r = policy_prove_all(compile(&a, fewest, false));
    const struct prove_result *x = &r.items[0];
    struct strs said = {.n = 0};
    for (size_t i = 0; i < x->n_people; i++)
        if (x->people[i].person.n == 0)
            said = x->people[i].teams;
    if (x->status != PROVE_BROKEN || !str_is(strs_join(&a, said, ' '), "one two"))
        fail_msg("%.*s", STR_F(x->n_people ? x->people[0].person : STR("nobody")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_of_invariant_is_decided),
        cmocka_unit_test(test_an_always_is_kept_as_long_as_what_it_rests_on_runs),
        cmocka_unit_test(test_without_a_directory_the_fewest_teams_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
