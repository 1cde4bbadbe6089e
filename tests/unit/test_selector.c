/* Label selectors: what Kubernetes takes is taken, and means the same. */
#include "policy/rbac/selector_json.h"
#include "tests/unit/unit.h"

static const struct {
    const char *text, *canonical; /* canonical NULL: refused */
} texts[] = {
    {"", ""},
    {"  ", ""},
    {"a", "a"},
    {"!a", "!a"},
    {" ! a ", "!a"},
    {"a=b", "a=b"},
    {"a==b", "a=b"},
    {"a != b", "a!=b"},
    {"a=", "a="},
    {"a in (b)", "a=b"},
    {"a in (c, b,c)", "a in (b,c)"},
    {"a in ()", "a="},
    {"a in (b,)", "a in (,b)"},
    {"a notin (b,c)", "a notin (b,c)"},
    {"b=1,a=2", "a=2,b=1"},
    {"a=b,a=b", "a=b"},
    {"example.com/team in (x),!y", "example.com/team=x,!y"},
    {"in in (in)", "in=in"},
    {"a=b,", NULL},
    {",a", NULL},
    {"a b", NULL},
    {"a in", NULL},
    {"a in b", NULL},
    {"a in (b", NULL},
    {"a in (b) c", NULL},
    {"a>5", NULL},
    {"a<5", NULL},
    {"!a=b", NULL},
    {"!", NULL},
    {"a!b", NULL},
    {"-a=b", NULL},
    {"a=-b", NULL},
    {"/a=b", NULL},
    {"A.b/c=d", NULL},
    {"a/b/c", NULL},
    {"\xc3\xa4=b", NULL},
    {"a=b\xe2\x80\xae", NULL},
};

static void a_text_is_read_as_kubernetes_reads_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(texts); i++) {
        auto_arena a = {0};
        auto_buf out = BUF_INIT(4096);
        struct selector s = {0};
        struct err e = {0};
        arena_init(&a, ARENA_NO_MAX);
        bool read = selector_parse(STR_C(texts[i].text), &a, &s, &e) == 0;
        if (read)
            selector_write(&s, &out);
        if (read != (texts[i].canonical != NULL) ||
            (read && !str_is(buf_str(&out), texts[i].canonical)))
            fail_msg("'%s': %s", texts[i].text, read ? buf_cstr(&out) : e.text);
    }
}

static const struct {
    const char *selector, *labels;
    bool matches;
} matches[] = {
    {"", "", true},
    {"", "a=b", true},
    {"a=b", "a=b", true},
    {"a=b", "", false},
    {"a=b", "a=c", false},
    {"a!=b", "", true},
    {"a!=b", "a=c", true},
    {"a!=b", "a=b", false},
    {"a in (b,c)", "a=c", true},
    {"a in (b,c)", "", false},
    {"a notin (b)", "", true},
    {"a", "a=", true},
    {"a", "b=a", false},
    {"!a", "", true},
    {"!a", "a=", false},
    {"a=", "a=", true},
    {"a=", "", false},
    {"a=b,c=d", "a=b,c=d", true},
    {"a=b,c=d", "a=b", false},
    {"a,!b", "a=x", true},
    {"a,!b", "a=x,b=y", false},
};

static struct str_pairs labels_of(struct arena *a, const char *text)
{
    struct str_pairs pairs = {0};
    struct str rest = STR_C(text), one;
    while (rest.n && str_next(&rest, ',', &one)) {
        struct str_pair *pair = ARENA_PUSH(a, &pairs);
        str_split(one, '=', &pair->key, &pair->value);
    }
    return pairs;
}

static void it_matches_what_kubernetes_matches(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(matches); i++) {
        auto_arena a = {0};
        struct selector s = {0};
        struct err e = {0};
        arena_init(&a, ARENA_NO_MAX);
        struct str_pairs labels = labels_of(&a, matches[i].labels);
        assert_int_equal(selector_parse(STR_C(matches[i].selector), &a, &s, &e), 0);
        if (selector_matches(&s, &labels) != matches[i].matches)
            fail_msg("'%s' on '%s'", matches[i].selector, matches[i].labels);
        if (matches[i].matches && selector_contradiction(&s, &a).p)
            fail_msg("'%s' matches, so it is no contradiction", matches[i].selector);
    }
}

static const struct {
    const char *selector, *key; /* NULL: can be met */
} contradictions[] = {
    {"a=b,a=c", "a"},
    {"a in (b,c),a=c", NULL},
    {"a,!a", "a"},
    {"a=b,!a", "a"},
    {"a=b,a!=b", "a"},
    {"a in (b,c),a notin (b,c)", "a"},
    {"a in (b,c),a!=b", NULL},
    {"a notin (b),!a", NULL},
    {"a,a notin (b,c)", NULL},
    {"a!=b,a!=c", NULL},
    {"z=1,a=b,a=c", "a"},
    {"a=,a", NULL},
    {"a=,!a", "a"},
    {"a in (b,c),a in (d)", "a"},
    {"", NULL},
};

static void a_selector_that_nothing_can_meet_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(contradictions); i++) {
        auto_arena a = {0};
        struct selector s = {0};
        struct err e = {0};
        arena_init(&a, ARENA_NO_MAX);
        assert_int_equal(selector_parse(STR_C(contradictions[i].selector), &a, &s, &e), 0);
        struct str key = selector_contradiction(&s, &a);
        if (!str_eq(key, STR_C(contradictions[i].key)))
            fail_msg("'%s': %.*s", contradictions[i].selector, STR_F(key));
    }
}

static const struct {
    const char *json, *canonical; /* NULL: refused */
} objects[] = {
    {"{}", ""},
    {"{\"matchLabels\":{\"a\":\"b\",\"c\":\"\"}}", "a=b,c="},
    {"{\"matchLabels\":null,\"matchExpressions\":null}", ""},
    {"{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":[\"b\",\"c\"]}]}",
     "a in (b,c)"},
    {"{\"matchLabels\":{\"x\":\"y\"},\"matchExpressions\":[{\"key\":\"a\",\"operator\":"
     "\"DoesNotExist\"},{\"key\":\"b\",\"operator\":\"Exists\",\"values\":[]}]}",
     "!a,b,x=y"},
    {"{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"NotIn\",\"values\":[\"b\"]}]}", "a!=b"},
    {"[]", NULL},
    {"{\"matchLabels\":[]}", NULL},
    {"{\"matchLabels\":{\"a\":1}}", NULL},
    {"{\"matchLabels\":{\"a\":\"-\"}}", NULL},
    {"{\"matchExpressions\":{}}", NULL},
    {"{\"matchExpressions\":[1]}", NULL},
    {"{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"in\",\"values\":[\"b\"]}]}", NULL},
    {"{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\"}]}", NULL},
    {"{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":[1]}]}", NULL},
    {"{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":\"b\"}]}", NULL},
    {"{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\",\"values\":[\"b\"]}]}", NULL},
    {"{\"matchExpressions\":[{\"operator\":\"Exists\"}]}", NULL},
};

static void an_object_is_read_whole_or_not_at_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(objects); i++) {
        auto_arena a = {0};
        auto_buf out = BUF_INIT(4096);
        struct selector s = {0};
        struct err e = {0};
        arena_init(&a, ARENA_NO_MAX);
        struct json_scan scan;
        json_scan_init(&scan, STR_C(objects[i].json), 4096, &a, &e);
        bool read = selector_scan(&scan, &s) == 0 && json_scan_end(&scan) == 0;
        if (read)
            selector_write(&s, &out);
        if (read != (objects[i].canonical != NULL) ||
            (read && !str_is(buf_str(&out), objects[i].canonical)))
            fail_msg("%s: %s", objects[i].json, read ? buf_cstr(&out) : e.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_read_as_kubernetes_reads_it),
        cmocka_unit_test(it_matches_what_kubernetes_matches),
        cmocka_unit_test(a_selector_that_nothing_can_meet_is_found),
        cmocka_unit_test(an_object_is_read_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
