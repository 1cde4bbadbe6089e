/* The questions about people, in the small world of the cases: sentences, reasons, near misses. */
#include "base/clock.h"
#include "base/file.h"
#include "policy/analysis/policy_blast.h"
#include "policy/analysis/policy_leaver.h"
#include "policy/analysis/policy_matrix.h"
#include "policy/analysis/policy_person_can.h"
#include "policy/analysis/policy_why_not.h"
#include "tests/unit/policy_world.h"
#include "tests/unit/unit.h"

#define HEAD \
    "lotse: 1\n" \
    "sites: {fra: {audience: k8s-fra}, ber: {audience: k8s-ber}}\n" \
    "ldap: {base: \"ou=groups,dc=corp,dc=example\"}\n" \
    "roles:\n" \
    "  read: {can: [\"get,list,watch /pods,/services\"]}\n" \
    "  debug: {can: [\"create,get /pods/exec\"], sensitive: true}\n" \
    "spaces:\n" \
    "  pay: {label: {team: payments}}\n" \
    "  shop: {names: [\"shop-*\"], not: [shop-legacy]}\n"
#define TEAMS(pay, shop) \
    "teams:\n" \
    "  pay: {from: [" pay "]}\n" \
    "  shop: {from: [cn=shop-dev]" shop "}\n"
#define GRANTS(lines) "grants:\n" lines
#define PAY_READ      "  - {team: pay, role: read, in: pay}\n"
#define SHOP_READ     "  - {team: shop, role: read, in: shop}\n"
#define SHOP_DEBUG    "  - {team: shop, role: debug, in: shop, until: 2026-07-01}\n"
#define BASE          HEAD TEAMS("cn=pay-dev", "") GRANTS(PAY_READ SHOP_READ)

struct side {
    struct source source;
    struct policy_at at;
    struct rbac_set set;
};

static struct policy_input world(struct arena *a)
{
    struct err e = {0};
    struct policy_input in;
    auto_buf text = BUF_INIT((size_t)1 << 20);
    if (file_read("tests/policy/world.txt", (size_t)1 << 20, &text, &e) < 0)
        fail_msg("%s", e.text);
    world_read(a, buf_str(&text), &in);
    return in;
}

static void compile(struct arena *a, const char *name, const char *text, struct side *out)
{
    struct policy_input *in = ARENA_NEW(a, struct policy_input);
    struct diags d;
    diags_init(&d, a);
    *in = world(a);
    out->source = (struct source){name, STR_C(text)};
    const struct source **sources = ARENA_ARRAY(a, 1, const struct source *);
    sources[0] = &out->source;
    const struct policy_tree *tree = policy_read(a, sources, 1, NULL, &d);
    const struct policy *p = tree ? policy_resolve(a, tree, in, &d) : NULL;
    if (!p) {
        auto_buf said = BUF_INIT(65536);
        diags_print(&d, &said);
        fail_msg("%s", buf_cstr(&said));
    }
    out->at = (struct policy_at){p, 0, in->now_ms, a};
    assert_true(policy_emit(p, 0, a, &out->set));
}

static const struct access *cells(struct arena *a, struct side *s)
{
    struct err e = {0};
    const struct rbac_set **sets = ARENA_ARRAY(a, 1, const struct rbac_set *);
    sets[0] = &s->set;
    const struct policy_resources *rows = &policy_cluster_of(s->at.policy, 0)->resources;
    return access_new(a, universe_new(a, sets, 1, rows, &e), &s->set, &e);
}

/* --- diff */

static const struct {
    const char *what, *before, *after, *at, *people, *possible;
} diffs[] = {
    {"only words", BASE, HEAD TEAMS("cn=pay-dev", "") GRANTS(SHOP_READ PAY_READ), "2026-06-01", "",
     ""},
    {"a team renamed", BASE,
     HEAD "teams: {money: {from: [cn=pay-dev]}, shop: {from: [cn=shop-dev]}}\n" GRANTS(
         "  - {team: money, role: read, in: pay}\n" SHOP_READ),
     "2026-06-01", "", ""},
    {"a grant more", BASE, BASE SHOP_DEBUG, "2026-06-01",
     "+2 people gain exec in shop-web: j.mueller, x.leaver [after:16]\n",
     "+anybody in cn=shop-dev gains exec in shop-web [after:16]\n"},
    {"and after its end", BASE, BASE SHOP_DEBUG, "2026-07-01", "", ""},
    {"dropped", BASE, HEAD TEAMS("cn=pay-dev", ", drop: [x.leaver]") GRANTS(PAY_READ SHOP_READ),
     "2026-06-01",
     "-x.leaver loses read pods, services in shop-web [dropped from shop (after:12)]\n",
     "-x.leaver, if in cn=shop-dev loses read pods, services in shop-web [dropped from shop "
     "(after:12)]\n"},
    {"added", BASE,
     HEAD TEAMS("cn=pay-dev", ", add: {k.lang: {reason: x}}") GRANTS(PAY_READ SHOP_READ),
     "2026-06-01", "+k.lang gains read pods, services in shop-web [added to shop (after:12)]\n",
     "+k.lang gains read pods, services in shop-web [added to shop (after:12)]\n"},
    {"another group", BASE, HEAD TEAMS("cn=pay-qa", "") GRANTS(PAY_READ SHOP_READ), "2026-06-01",
     "+k.lang gains read pods, services in 2 namespaces (pay-api, pay-db) [team pay takes "
     "cn=pay-qa (after:11)]\n",
     "+anybody in cn=pay-qa gains read pods, services in 2 namespaces (pay-api, pay-db) [team pay "
     "takes cn=pay-qa (after:11)]\n"
     "-anybody in cn=pay-dev loses read pods, services in 2 namespaces (pay-api, pay-db) [team pay "
     "no longer takes cn=pay-dev (before:11)]\n"},
};

static struct str text_of(struct arena *a, const struct policy_sentences *all)
{
    auto_buf out = BUF_INIT(65536);
    for (size_t i = 0; i < all->n; i++) {
        const struct policy_sentence *s = &all->items[i];
        policy_sentence_write(s, &out);
        buf_fmt(&out, " [%.*s]\n", STR_F(strs_join(a, s->because, ';')));
    }
    return arena_str(a, buf_str(&out));
}

static void check(const char *what, struct str said, const char *expected)
{
    if (!str_is(said, expected))
        fail_msg("%s:\n%.*s", what, STR_F(said));
}

static void a_diff_says_who_gains_and_loses_and_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(diffs) / sizeof(*diffs); i++) {
        auto_arena a = {0};
        struct err e = {0};
        struct side before, after;
        arena_init(&a, ARENA_NO_MAX);
        compile(&a, "before", diffs[i].before, &before);
        compile(&a, "after", diffs[i].after, &after);
        assert_true(time_parse(STR_C(diffs[i].at), &before.at.now_ms));
        after.at.now_ms = before.at.now_ms;
        const struct rbac_set *sets[] = {&before.set, &after.set};
        const struct policy_resources *rows = &policy_cluster_of(after.at.policy, 0)->resources;
        const struct universe *u = universe_new(&a, sets, 2, rows, &e);
        struct policy_compare c = {.before = before.at,
                                   .after = after.at,
                                   .access_before = access_new(&a, u, sets[0], &e),
                                   .access_after = access_new(&a, u, sets[1], &e)};
        policy_compare_begin(&c);
        struct policy_sentences people = policy_person_diff(&c),
                                possible = policy_possible_diff(&c);
        check(diffs[i].what, text_of(&a, &people), diffs[i].people);
        check(diffs[i].what, text_of(&a, &possible), diffs[i].possible);
        assert_false(access_profiles_failed(c.profiles));
    }
}

/* --- one person */

static const struct {
    const char *person, *verb, *target, *namespace, *text;
} near[] = {
    {"k.lang", "get", "/pods", "pay-api",
     "the grant p:14 (team pay, role read) would allow it, but k.lang is not in team pay, which "
     "takes cn=pay-dev (p:11)"},
    {"j.mueller", "delete", "/pods", "shop-web",
     "the grant p:15 (team shop, role read) would allow it, but role read lacks the verb delete "
     "here: it has get,list,watch (p:5)"},
    {"j.mueller", "get", "/pods", "shop-legacy",
     "the grant p:15 (team shop, role read) would allow it, but space shop excludes namespace "
     "shop-legacy (not: shop-legacy, p:9)"},
    {"m.sommer", "get", "/pods", "shop-web",
     "the grant p:14 (team pay, role read) would allow it, but namespace shop-web lacks label "
     "team=payments (it has team=shop) of space pay (p:8)"},
    {"m.sommer", "get", "/pods", "",
     "the grant p:14 (team pay, role read) would allow it, but it holds in namespaces, not in the "
     "whole cluster"},
    {"m.sommer", "get", "/secrets", "pay-api", NULL},
};

static void why_not_names_the_one_condition(void **state)
{
    (void)state;
    auto_arena a = {0};
    struct side s;
    struct err e = {0};
    struct policy_answer answer;
    arena_init(&a, ARENA_NO_MAX);
    compile(&a, "p", BASE, &s);
    const struct access *x = cells(&a, &s);
    for (size_t i = 0; i < sizeof(near) / sizeof(*near); i++) {
        struct rbac_question q;
        struct str person = STR_C(near[i].person);
        if (policy_question(&s.at, STR_C(near[i].verb), STR_C(near[i].target), &q, &e) < 0)
            fail_msg("%s", e.text);
        q.namespace = STR_C(near[i].namespace);
        assert_false(policy_person_may(&s.at, x, person, &q, &answer));
        struct near_misses n = policy_why_not(&s.at, person, &q);
        if (near[i].text)
            check(near[i].person, n.n ? n.items[0].text : STR("(none)"), near[i].text);
        else
            assert_int_equal(n.n, 0);
    }
}

static void a_person_holds_what_the_chain_says(void **state)
{
    (void)state;
    auto_arena a = {0};
    struct side s;
    struct err e = {0};
    struct rbac_question q;
    struct policy_answer answer;
    struct policy_blast blast;
    arena_init(&a, ARENA_NO_MAX);
    compile(&a, "p", BASE, &s);
    const struct access *x = cells(&a, &s);
    assert_int_equal(policy_question(&s.at, STR("get"), STR("/pods"), &q, &e), 0);
    q.namespace = STR("pay-api");
    assert_true(policy_person_may(&s.at, x, STR("m.sommer"), &q, &answer));
    check("through", answer.through, "cn=pay-dev (p:11)");
    struct strs chain = policy_chain(&s.at, &answer.holder);
    check("chain", strs_join(&a, chain, ';'),
          "team pay (p:11);grant (p:14);RoleBinding pay-api/lotse:read;ClusterRole lotse:read;"
          "get,list,watch /pods,services (p:5)");
    struct policy_held_list held = policy_person_held(&s.at, x, STR("m.sommer"));
    assert_int_equal(held.n, 1);
    check("place", held.items[0].place, "space pay (2 namespaces)");
    assert_int_equal(policy_blast(&s.at, x, STR("cn=pay-dev"), &blast, &e), 0);
    assert_int_equal(blast.n_people, 1);
    assert_int_equal(blast.n_exclusive, 2);
    assert_int_equal(policy_blast(&s.at, x, STR("cn=nobody"), &blast, &e), -1);
    assert_int_equal(policy_person_check(s.at.policy, STR("m.somer"), &e), -1);
    assert_non_null(strstr(e.text, "did you mean 'm.sommer'?"));
    struct policy_leaver l = policy_leaver(&s.at, x, STR("m.sommer"));
    assert_int_equal(l.residues.n + l.bindings.n, 0);
}

static void a_matrix_field_is_never_a_formula(void **state)
{
    (void)state;
    auto_buf out = BUF_INIT(65536);
    struct str team = STR("=1+1"), space = STR("a\"b<c>");
    struct policy_matrix_entry entry = {STR("read"), STR_NONE, TIME_NONE, false, STR("p:1")};
    struct policy_matrix_cell cell = {&entry, 1, 1};
    struct policy_matrix m = {{&team, 1}, {&space, 1}, &cell};
    policy_matrix_csv(&m, &out);
    check("csv", buf_str(&out), "\"team\",\"a\"\"b<c>\"\r\n\"'=1+1\",\"read\"\r\n");
    buf_reset(&out);
    policy_matrix_html(&m, STR("<script>"), &out);
    assert_null(strstr(buf_cstr(&out), "<script"));
    assert_non_null(strstr(buf_cstr(&out), "b&lt;c&gt;"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_diff_says_who_gains_and_loses_and_why),
        cmocka_unit_test(why_not_names_the_one_condition),
        cmocka_unit_test(a_person_holds_what_the_chain_says),
        cmocka_unit_test(a_matrix_field_is_never_a_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
