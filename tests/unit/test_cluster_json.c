/* What a cluster answers becomes rows, and saved rows read back give the same; hostile answers give
 * errors, never less. */
#include "tests/unit/unit.h"

#include "policy/cli/can_json.h"
#include "policy/cli/directory_file.h"
#include "policy/cluster/cluster.h"

static void init(struct cluster *c, struct arena *a)
{
    arena_init(a, (size_t)16 << 20);
    *c = (struct cluster){.site = STR("fra"), .arena = a};
}

static void reads_namespaces_that_stay(void **state)
{
    (void)state;
    struct arena a;
    struct cluster c;
    struct err e;
    init(&c, &a);
    assert_int_equal(
        cluster_read_json(
            &c,
            STR("{\"kind\":\"NamespaceList\",\"items\":["
                "{\"metadata\":{\"name\":\"a\",\"labels\":{\"team\":\"x\"}}},"
                "{\"metadata\":{\"name\":\"b\"},\"status\":{\"phase\":\"Terminating\"}},"
                "{\"metadata\":{\"name\":\"c\",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"}}]}"),
            false, &e),
        0);
    assert_int_equal(c.namespaces.n, 1);
    assert_true(str_is(c.namespaces.items[0].name, "a"));
    assert_true(str_is(pairs_get(&c.namespaces.items[0].labels, STR("team")), "x"));
    arena_fini(&a);
}

static const char discovery[] =
    "{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/v2\",\"items\":["
    "{\"metadata\":{},\"versions\":[{\"version\":\"v1\",\"resources\":["
    "{\"resource\":\"pods\",\"scope\":\"Namespaced\",\"verbs\":[\"get\",\"list\"],\"subresources\":"
    "["
    "{\"subresource\":\"log\",\"verbs\":[\"get\"]},{\"subresource\":\"exec\",\"verbs\":[\"create\","
    "\"get\"]}]},"
    "{\"resource\":\"nodes\",\"scope\":\"Cluster\",\"verbs\":[\"get\"]}]}]},"
    "{\"metadata\":{\"name\":\"apps\"},\"versions\":[{\"version\":\"v1\",\"resources\":["
    "{\"resource\":\"deployments\",\"scope\":\"Namespaced\",\"verbs\":[\"get\"]}]},"
    "{\"version\":\"v1beta1\",\"resources\":[]}]}]}";

static void assert_discovery(const struct cluster *c)
{
    const struct policy_resource *r = c->resources.items;
    assert_int_equal(c->resources.n, 5);
    assert_true(str_is(r[0].resource, "pods") && r[0].namespaced && r[0].verbs.n == 2 &&
                r[0].group.n == 0);
    assert_true(str_is(r[2].resource, "pods") && str_is(r[2].subresource, "exec") &&
                r[2].namespaced);
    assert_true(str_is(r[3].resource, "nodes") && !r[3].namespaced);
    assert_true(str_is(r[4].group, "apps") && str_is(r[4].version, "v1"));
}

static void discovery_survives_saving(void **state)
{
    (void)state;
    struct arena a, b;
    struct cluster c, again;
    struct err e;
    auto_buf text = BUF_INIT((size_t)1 << 20);
    init(&c, &a);
    init(&again, &b);
    assert_int_equal(cluster_read_json(&c, STR_C(discovery), false, &e), 0);
    assert_discovery(&c);
    cluster_write_discovery(&c, &text);
    assert_int_equal(cluster_read_json(&again, buf_str(&text), false, &e), 0);
    assert_discovery(&again);
    arena_fini(&a);
    arena_fini(&b);
}

static void hostile_texts_are_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "{}",
        "{\"kind\":\"List\",\"items\":7}",
        "[]x",
        "{\"kind\":\"NamespaceList\",\"items\":[{}]}",
        "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[{\"versions\":[{\"resources\":[{\"scope\":"
        "\"Cluster\"}]}]}]}",
        "{\"kind\":\"Namespace\",\"kind\":\"Namespace\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct arena a;
        struct cluster c;
        struct err e;
        init(&c, &a);
        assert_int_equal(cluster_read_json(&c, STR_C(cases[i]), false, &e), -1);
        arena_fini(&a);
    }
}

static void other_kinds_are_passed_over(void **state)
{
    static const char *const cases[] = {
        "{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":\"a\"}}]}",
        "{\"kind\":\"List\",\"items\":[]}", "{\"kind\":\"Secret\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct arena a;
        struct cluster c;
        struct err e;
        init(&c, &a);
        assert_int_equal(cluster_read_json(&c, STR_C(cases[i]), false, &e), 0);
        assert_int_equal(c.namespaces.n, 0);
        arena_fini(&a);
    }
}

static void a_directory_survives_saving(void **state)
{
    (void)state;
    struct arena a;
    struct policy_directory d, again;
    struct err e;
    auto_buf text = BUF_INIT((size_t)1 << 20);
    arena_init(&a, (size_t)1 << 20);
    assert_int_equal(directory_read_json(STR("{\"people\":[{\"username\":\"j.m\\u00fcller\","
                                             "\"groups\":[\"cn=a\",\"cn=b\"],\"mail\":\"x\"}],"
                                             "\"groups\":[{\"id\":\"cn=a\",\"name\":\"a\"}]}"),
                                         &a, &d, &e),
                     0);
    directory_write_json(&d, &text);
    assert_int_equal(directory_read_json(buf_str(&text), &a, &again, &e), 0);
    assert_int_equal(again.n_people, 1);
    assert_true(str_is(again.people[0].username, "j.müller"));
    assert_true(str_is(again.people[0].group_ids.items[1], "cn=b"));
    assert_true(str_is(again.groups[0].name, "a"));
    arena_fini(&a);
}

static void a_broken_directory_is_never_a_smaller_one(void **state)
{
    static const char *const cases[] = {
        "{}",
        "[]",
        "{\"people\":[],\"groups\":{}}",
        "{\"people\":[{\"groups\":[]}],\"groups\":[]}",
        "{\"people\":[{\"username\":\"a\",\"groups\":[1]}],\"groups\":[]}",
        "{\"people\":[{\"username\":\"a\"}],\"groups\":[]}",
        "{\"people\":[],\"groups\":[{\"id\":\"a\"}]}"};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct arena a;
        struct policy_directory d;
        struct err e;
        arena_init(&a, (size_t)1 << 20);
        assert_int_equal(directory_read_json(STR_C(cases[i]), &a, &d, &e), -1);
        arena_fini(&a);
    }
}

static void questions_are_read_whole_or_not_at_all(void **state)
{
    (void)state;
    struct arena a;
    struct can_question q;
    struct err e;
    arena_init(&a, (size_t)1 << 20);
    assert_int_equal(
        can_read_json(
            STR("{\"user\":\"u\",\"groups\":[\"g\"],\"verb\":\"get\",\"resource\":\"pods\"}"), &a,
            &q, &e),
        0);
    assert_true(str_is(q.user.name, "u") && q.user.groups.n == 1 &&
                str_is(q.question.resource, "pods"));
    assert_int_equal(can_read_json(STR("{\"user\":7}"), &a, &q, &e), -1);
    assert_int_equal(can_read_json(STR("{\"groups\":[7]}"), &a, &q, &e), -1);
    assert_int_equal(can_read_json(STR("get pods"), &a, &q, &e), -1);
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_namespaces_that_stay),
        cmocka_unit_test(discovery_survives_saving),
        cmocka_unit_test(hostile_texts_are_refused),
        cmocka_unit_test(other_kinds_are_passed_over),
        cmocka_unit_test(a_directory_survives_saving),
        cmocka_unit_test(a_broken_directory_is_never_a_smaller_one),
        cmocka_unit_test(questions_are_read_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
