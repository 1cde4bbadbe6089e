#include "tests/unit/unit.h"

#include "policy/cluster/feed.h"

#define NS(name, version, more) \
    "{\"kind\":\"Namespace\",\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" version \
    "\"" more "}}"
#define RB(name, version) \
    "{\"kind\":\"RoleBinding\",\"metadata\":{\"name\":\"" name "\",\"namespace\":\"n\"," \
    "\"resourceVersion\":\"" version "\"},\"roleRef\":{\"kind\":\"ClusterRole\",\"name\":\"r\"}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}"

static void a_line_of_a_watch_is_read(void **state)
{
    static const struct {
        enum feed_kind kind;
        struct str line;
        int status; /* -1: refused */
        enum feed_event_type type;
        const char *name;
        int64_t version;
        bool present;
    } cases[] = {
        {FEED_NAMESPACES, STR(EVENT("ADDED", NS("a", "7", ""))), 0, EVENT_PUT, "a", 7, true},
        {FEED_NAMESPACES, STR(EVENT("MODIFIED", NS("a", "8", ",\"labels\":{\"x\":\"y\"}"))), 0,
         EVENT_PUT, "a", 8, true},
        {FEED_NAMESPACES, STR(EVENT("MODIFIED", NS("a", "9", ",\"deletionTimestamp\":\"2026\""))),
         0, EVENT_PUT, "a", 9, false},
        {FEED_NAMESPACES, STR(EVENT("DELETED", NS("a", "10", ""))), 0, EVENT_DELETED, "a", 10,
         true},
        {FEED_NAMESPACES, STR(EVENT("BOOKMARK", NS("", "11", ""))), 0, EVENT_BOOKMARK, "", 11,
         false},
        {FEED_BINDINGS, STR(EVENT("ADDED", RB("b", "12"))), 0, EVENT_PUT, "b", 12, true},
        {FEED_BINDINGS,
         STR("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"message\":\"too "
             "old\"}}"),
         0, EVENT_ERROR, "", 0, false},
        {FEED_BINDINGS, STR(EVENT("ADDED", NS("a", "7", ""))), -1, 0, "", 0, false},
        {FEED_NAMESPACES, STR(EVENT("STRANGE", NS("a", "7", ""))), -1, 0, "", 0, false},
        {FEED_NAMESPACES, STR("{\"type\":\"ADDED\"}"), -1, 0, "", 0, false},
        {FEED_NAMESPACES, STR("{\"type\":\"ADDED\",\"object\":[]}"), -1, 0, "", 0, false},
        {FEED_NAMESPACES, STR(EVENT("ADDED", "{\"kind\":\"Namespace\"}")), -1, 0, "", 0, false},
        {FEED_BINDINGS,
         STR(EVENT("ADDED", "{\"kind\":\"RoleBinding\",\"metadata\":{\"name\":\"b\"}}")), -1, 0, "",
         0, false},
        {FEED_NAMESPACES, STR("not json"), -1, 0, "", 0, false},
        {FEED_NAMESPACES, STR(""), -1, 0, "", 0, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        auto_arena a = {0};
        struct feed_event ev = {0};
        struct err e = {0};
        arena_init(&a, ARENA_NO_MAX);
        assert_int_equal(feed_read_event(cases[i].kind, cases[i].line, &a, &ev, &e),
                         cases[i].status);
        assert_int_equal(ev.type, cases[i].type);
        assert_true(str_is(ev.name, cases[i].name));
        assert_int_equal(ev.version, cases[i].version);
        assert_int_equal(ev.item.present, cases[i].present);
        assert_int_equal(ev.code, ev.type == EVENT_ERROR ? 410 : 0);
    }
}

static size_t n_present(const struct feed *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->items.n; i++)
        n += f->items.items[i].present;
    return n;
}

/* What the server answered to our own write is newer than an event of before it. */
static void an_older_state_never_replaces_a_newer_one(void **state)
{
    (void)state;
    struct feed f;
    struct err e = {0};
    feed_init(&f, FEED_BINDINGS);
    f.keys.arena = &f.arena;
    assert_int_equal(feed_put(&f, STR(RB("b", "20")), &e), 0);
    assert_int_equal(feed_put(&f, STR(RB("b", "19")), &e), 0);
    assert_int_equal(f.items.n, 1);
    assert_int_equal(f.items.items[0].version, 20);
    feed_drop(&f, STR("n"), STR("b"));
    assert_int_equal(n_present(&f), 0);
    assert_int_equal(feed_put(&f, STR(RB("b", "20")), &e), 0);
    assert_int_equal(n_present(&f), 0);
    assert_int_equal(feed_put(&f, STR(RB("b", "21")), &e), 0);
    assert_int_equal(feed_put(&f, STR(RB("c", "22")), &e), 0);
    assert_int_equal(n_present(&f), 2);
    feed_drop(&f, STR("n"), STR("nothing of that name"));
    assert_int_equal(feed_put(&f, STR("nonsense"), &e), -1);
    assert_int_equal(n_present(&f), 2);
    feed_fini(&f);
}

static void a_page_is_taken_whole_or_not_at_all(void **state)
{
    (void)state;
    static const struct {
        struct str page;
        int status;
        size_t n;
    } cases[] = {
        {STR("{\"kind\":\"RoleBindingList\",\"metadata\":{\"resourceVersion\":\"30\"},\"items\":["
             "{\"metadata\":{\"name\":\"b\",\"namespace\":\"n\"},\"roleRef\":{\"kind\":"
             "\"ClusterRole\",\"name\":\"r\"}}]}"),
         0, 1},
        {STR("{\"metadata\":{},\"items\":[]}"), 0, 0},
        {STR("{\"metadata\":{},\"items\":[{\"metadata\":{\"name\":\"b\"}}]}"), -1, 0},
        {STR("{\"metadata\":{},\"items\":[7]}"), -1, 0},
        {STR("{\"metadata\":{}}"), -1, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        auto_arena a = {0};
        struct feed_page page = {0};
        struct err e = {0};
        arena_init(&a, ARENA_NO_MAX);
        assert_int_equal(feed_read_page(FEED_BINDINGS, cases[i].page, &a, &page, &e),
                         cases[i].status);
        if (cases[i].status == 0)
            assert_int_equal(page.n, cases[i].n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_of_a_watch_is_read),
        cmocka_unit_test(an_older_state_never_replaces_a_newer_one),
        cmocka_unit_test(a_page_is_taken_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
