#include "tests/unit/unit.h"

#include "login/net/kubeconfig.h"

static const struct kubeconfig_site sites[] = {
    {{"fra", sizeof("fra") - 1},
     {"lotse-fra", sizeof("lotse-fra") - 1},
     {"https://fra.example:6443", sizeof("https://fra.example:6443") - 1},
     {"k8s-fra", sizeof("k8s-fra") - 1},
     {"Q0E=", sizeof("Q0E=") - 1}},
    {{"ber", sizeof("ber") - 1},
     {"lotse-ber", sizeof("lotse-ber") - 1},
     {"https://ber.example:6443", sizeof("https://ber.example:6443") - 1},
     {"k8s-ber", sizeof("k8s-ber") - 1},
     {"", sizeof("") - 1}},
};

static struct kubeconfig_plan plan_of(size_t n)
{
    return (struct kubeconfig_plan){.issuer = STR("https://l.example"),
                                    .command = STR("lotse-login"),
                                    .sites = sites,
                                    .n_sites = n};
}

static int merge(const char *text, const struct kubeconfig_plan *plan, struct buf *out,
                 struct err *e)
{
    auto_arena a = {0};
    arena_init(&a, (size_t)16 << 20);
    return kubeconfig_merge(str_from(text), plan, &a, out, e);
}

/* What a second run over the result makes is the same, byte for byte. */
static void assert_stable(const struct buf *once, const struct kubeconfig_plan *plan)
{
    auto_buf twice = BUF_INIT((size_t)8 << 20);
    struct err e = {0};
    assert_int_equal(merge(buf_cstr(once), plan, &twice, &e), 0);
    assert_string_equal(buf_cstr(&twice), buf_cstr(once));
}

static const char foreign[] = "# my clusters\n"
                              "apiVersion: v1\n"
                              "clusters:\n"
                              "- cluster:\n"
                              "    server: https://old.example # the old one\n"
                              "  name: old\n"
                              "# about the next section\n"
                              "contexts:\n"
                              "  - name: old\n"
                              "    context: {cluster: old, user: 'me'}\n"
                              "current-context: old\n"
                              "kind: Config\n"
                              "preferences: {}\n"
                              "users:\n"
                              "- name: me\n"
                              "  user:\n"
                              "    token: |\n"
                              "      abc\n"
                              "      # not a comment\n";

static void a_new_file_has_everything_kubectl_needs(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "apiVersion: v1\nkind: Config\nclusters:\n- name: fra\n  cluster:\n    server: "
        "https://fra.example:6443\n    certificate-authority-data: Q0E=\n",
        "- name: ber\n  context:\n    cluster: ber\n    user: lotse-ber\n",
        "      command: lotse-login\n      args:\n      - get-token\n      - "
        "--issuer=https://l.example\n      - --audience=k8s-ber\n      interactiveMode: "
        "IfAvailable\n      provideClusterInfo: false\n      installHint: ",
        "current-context: fra\n",
    };
    static const char *const empty[] = {"", "\n", "# nothing yet\n", "{}",
                                        "apiVersion: v1\nclusters: null\ncontexts: []\nusers: "
                                        "~\ncurrent-context: \"\"\nkind: Config\n"};
    struct kubeconfig_plan plan = plan_of(2);
    for (size_t i = 0; i < N_OF(empty); i++) {
        auto_buf out = BUF_INIT((size_t)8 << 20);
        struct err e = {0};
        assert_int_equal(merge(empty[i], &plan, &out, &e), 0);
        for (size_t k = i < 4 ? 0 : 1; k < N_OF(parts); k++)
            assert_non_null(strstr(buf_cstr(&out), parts[k]));
        assert_stable(&out, &plan);
    }
}

/* Every line that was there is there, in the same order. */
static void foreign_lines_stay_as_they_are(void **state)
{
    (void)state;
    auto_buf out = BUF_INIT((size_t)8 << 20);
    struct err e = {0};
    struct kubeconfig_plan plan = plan_of(2);
    assert_int_equal(merge(foreign, &plan, &out, &e), 0);
    struct str before = STR(foreign), rest = buf_str(&out), line, now;
    while (str_next(&before, '\n', &line)) {
        do
            assert_true(str_next(&rest, '\n', &now));
        while (!str_eq(line, now));
    }
    assert_non_null(strstr(buf_cstr(&out), "  name: old\n- name: fra\n  cluster:\n"));
    assert_non_null(
        strstr(buf_cstr(&out), "{cluster: old, user: 'me'}\n  - name: fra\n    context:\n"));
    assert_non_null(strstr(buf_cstr(&out), "      # not a comment\n- name: lotse-fra\n"));
    assert_non_null(strstr(buf_cstr(&out), "current-context: old\n"));
    assert_stable(&out, &plan);
}

static void what_the_gateway_no_longer_offers_goes_away(void **state)
{
    (void)state;
    auto_buf two = BUF_INIT((size_t)8 << 20), one = BUF_INIT((size_t)8 << 20),
             direct = BUF_INIT((size_t)8 << 20);
    struct err e = {0};
    struct kubeconfig_plan both = plan_of(2), fra = plan_of(1);
    assert_int_equal(merge(foreign, &both, &two, &e), 0);
    assert_int_equal(merge(buf_cstr(&two), &fra, &one, &e), 0);
    assert_int_equal(merge(foreign, &fra, &direct, &e), 0);
    assert_string_equal(buf_cstr(&one), buf_cstr(&direct));
}

static void what_people_set_on_our_entries_stays(void **state)
{
    (void)state;
    auto_buf first = BUF_INIT((size_t)8 << 20), edited = BUF_INIT((size_t)8 << 20),
             out = BUF_INIT((size_t)8 << 20);
    struct err e = {0};
    struct kubeconfig_plan plan = plan_of(1);
    assert_int_equal(merge("", &plan, &first, &e), 0);
    struct str before, after, at = STR("    user: lotse-fra\n");
    const char *found = strstr(buf_cstr(&first), at.p);
    before = (struct str){first.p, (size_t)(found - first.p) + at.n};
    after = str_from_to(buf_str(&first), before.n, first.n);
    buf_add(&edited, before);
    buf_lit(&edited, "    namespace: payments\n");
    buf_add(&edited, after);
    assert_stable(&edited, &plan);
    struct kubeconfig_site moved[] = {sites[0]};
    moved[0].server = STR("https://new.example:6443");
    plan.sites = moved;
    assert_int_equal(merge(buf_cstr(&edited), &plan, &out, &e), 0);
    assert_non_null(strstr(buf_cstr(&out), "server: https://new.example:6443\n"));
    assert_null(strstr(buf_cstr(&out), "https://fra.example:6443"));
    assert_non_null(strstr(buf_cstr(&out), "namespace: payments\n"));
    assert_stable(&out, &plan);
}

static void other_people_s_use_of_our_entries_is_not_broken(void **state)
{
    (void)state;
    auto_buf first = BUF_INIT((size_t)8 << 20), out = BUF_INIT((size_t)8 << 20);
    struct err e = {0};
    struct kubeconfig_plan both = plan_of(2), one = plan_of(1);
    assert_int_equal(
        merge("contexts:\n- name: mine\n  context: {cluster: ber, user: lotse-ber, namespace: x}\n",
              &both, &first, &e),
        0);
    assert_int_equal(merge(buf_cstr(&first), &one, &out, &e), 0);
    assert_non_null(strstr(buf_cstr(&out), "- name: lotse-ber\n"));
    assert_non_null(strstr(buf_cstr(&out), "server: https://ber.example:6443\n"));
    assert_null(strstr(buf_cstr(&out), "    user: lotse-ber\n"));
}

static void files_in_brackets_are_kept_in_meaning(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "{\"apiVersion\":\"v1\",\"kind\":\"Config\",\"clusters\":[{\"name\":\"old\",\"cluster\":{"
        "\"server\":\"https://"
        "old\",\"insecure-skip-tls-verify\":true}}],\"users\":[],\"contexts\":null,\"current-"
        "context\":\"old\"}",
        "apiVersion: v1\nkind: Config\nclusters: [{name: old, cluster: {server: \"https://old\", "
        "insecure-skip-tls-verify: true}}]\ncurrent-context: old\n",
        "apiVersion: v1\nkind: Config\nclusters:\n  [\n  {name: old, cluster: {server: "
        "'https://old', insecure-skip-tls-verify: true}}]\ncurrent-context: old\n",
    };
    struct kubeconfig_plan plan = plan_of(2);
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_buf out = BUF_INIT((size_t)8 << 20);
        struct err e = {0};
        assert_int_equal(merge(cases[i], &plan, &out, &e), 0);
        assert_non_null(
            strstr(buf_cstr(&out),
                   "insecure-skip-tls-verify: true\n")); /* still a truth value, not a text */
        assert_non_null(strstr(buf_cstr(&out), "current-context: "));
        assert_stable(&out, &plan);
    }
}

static void what_cannot_be_done_safely_is_not_done(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"clusters:\n- name: fra\n  cluster: {server: https://mine}\n",
         "clusters 'fra' is there already"},
        {"users:\n- name: lotse-fra\n  user: {token: x}\n", "users 'lotse-fra' is there already"},
        {"users:\n- name: lotse-fra\n  user: {exec: {command: lotse-login, args: [get-token, "
         "--issuer=https://other.example]}}\n",
         "is there already"},
        {"clusters: text\n", "clusters is not a list"},
        {"clusters: {a: b}\n", "clusters is not a list"},
        {"- a\n", "not a kubeconfig"},
        {"a: [\n", "line"},
        {"a: &x 1\nb: *x\n", "anchors"},
    };
    struct kubeconfig_plan plan = plan_of(2);
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_buf out = BUF_INIT((size_t)8 << 20);
        struct err e = {0};
        assert_int_equal(merge(cases[i].text, &plan, &out, &e), -1);
        if (!strstr(e.text, cases[i].why))
            print_error("case %zu: %s\n", i, e.text);
        assert_non_null(strstr(e.text, cases[i].why));
    }
}

static void odd_shapes_are_edited_too(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "---\nclusters:\n-\n  name: old\n  cluster: {server: https://old}\n...\n",
        "clusters:\n    - name: old\n      cluster: {server: https://old}\n\n\n# end\n",
        "clusters:\r\n- name: old\r\n  cluster:\r\n    server: https://old\r\ncontexts: []\r\n",
        "clusters: # all of them\n- name: old\n  cluster: {server: https://old}\n",
        "users:\n- name: old\n  user: {}\nclusters:\n- {name: old, cluster: {server: "
        "https://old}}\n# end, no newline",
        "\"clusters\":\n- name: old\n  cluster: {server: https://old}\n",
    };
    struct kubeconfig_plan plan = plan_of(2);
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_buf out = BUF_INIT((size_t)8 << 20);
        struct err e = {0};
        if (merge(cases[i], &plan, &out, &e) != 0)
            print_error("case %zu: %s\n%s", i, e.text, buf_cstr(&out));
        assert_non_null(strstr(buf_cstr(&out), "https://old"));
        assert_stable(&out, &plan);
    }
}

static void texts_that_look_like_something_else_are_quoted(void **state)
{
    (void)state;
    static const struct {
        const char *text, *yaml;
    } cases[] = {{"fra", "fra"},
                 {"true", "\"true\""},
                 {"No", "\"No\""},
                 {"1", "\"1\""},
                 {"1.5e3", "\"1.5e3\""},
                 {"", "\"\""},
                 {"a b", "\"a b\""},
                 {"a:", "\"a:\""},
                 {"https://x:1", "https://x:1"},
                 {"--issuer=https://x", "--issuer=https://x"},
                 {"-", "\"-\""},
                 {"/bin/x", "/bin/x"},
                 {"a#b", "\"a#b\""},
                 {"\n", "\"\\n\""},
                 {"@x", "\"@x\""},
                 {"=", "\"=\""}};
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_buf out = BUF_INIT(256);
        tree_scalar(&out, str_from(cases[i].text));
        assert_string_equal(buf_cstr(&out), cases[i].yaml);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_file_has_everything_kubectl_needs),
        cmocka_unit_test(foreign_lines_stay_as_they_are),
        cmocka_unit_test(what_the_gateway_no_longer_offers_goes_away),
        cmocka_unit_test(what_people_set_on_our_entries_stays),
        cmocka_unit_test(other_people_s_use_of_our_entries_is_not_broken),
        cmocka_unit_test(files_in_brackets_are_kept_in_meaning),
        cmocka_unit_test(what_cannot_be_done_safely_is_not_done),
        cmocka_unit_test(odd_shapes_are_edited_too),
        cmocka_unit_test(texts_that_look_like_something_else_are_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
