/* connectors: read by its rows; everything that is wrong is said with its place. */
#include "tests/unit/unit.h"

#include "connectors/connector_config.h"

static bool read(const char *text, struct arena *a, struct diags *d, struct connector_configs *ret)
{
    struct source *source = ARENA_NEW(a, struct source);
    *source = (struct source){"c.yaml", STR_C(text)};
    diags_init(d, a);
    struct yaml_limits limits = YAML_LIMITS_DEFAULT;
    const struct yaml *top = yaml_read(a, source, &limits, d);
    assert_non_null(top);
    return connector_configs_read(yaml_get(top, STR("connectors")), a, d, ret);
}

static void reads_every_kind_of_key(void **state)
{
    (void)state;
    struct arena a;
    struct diags d;
    struct connector_configs c;
    arena_init(&a, (size_t)1 << 20);
    assert_true(
        read("connectors:\n"
             "  - type: ldap\n"
             "    id: corp\n"
             "    urls: ['ldaps://a', 'ldaps://b']\n"
             "    ca_file: /ca.pem\n"
             "    bind_dn: cn=x\n"
             "    bind_password_file: /secret\n"
             "    operation_timeout: 4s\n"
             "    max_connections: 3\n"
             "    people: {base: ou=people, scope: one, lowercase_username: true}\n"
             "    account: {rules: ad, lockout: 15m}\n"
             "    groups: {base: ou=groups, rules: member_in_chain, nested: true, max_depth: 4}\n"
             "  - {type: local, id: staff, path: people.yaml}\n",
             &a, &d, &c));
    assert_int_equal(c.n, 2);
    const struct ldap_settings *l = &c.items[0].ldap;
    assert_true(str_is(l->id, "corp") && l->n_urls == 2 && str_is(l->urls[1], "ldaps://b"));
    assert_true(str_is(l->ca_file, "/ca.pem") && str_is(c.items[0].bind_password_file, "/secret"));
    assert_true(l->operation_ms == 4000 && l->max_connections == 3 &&
                l->account.lockout_ms == 900000);
    assert_true(l->people.scope == LDAP_SEARCH_ONE_LEVEL && l->people.lowercase_username);
    assert_true(l->account.rules == LDAP_ACCOUNT_AD &&
                l->groups.rules == LDAP_GROUPS_MEMBER_IN_CHAIN);
    assert_true(l->groups.nested && l->groups.max_depth == 4);
    assert_true(c.items[1].type == CONNECTOR_LOCAL && str_is(c.items[1].local.path, "people.yaml"));
    arena_fini(&a);
}

static void what_is_wrong_is_said(void **state)
{
    static const char *const cases[][2] = {
        {"connectors: []\n", "at least one"},
        {"connectors: {type: ldap}\n", "is a list"},
        {"connectors: [x]\n", "is a map"},
        {"connectors: [{id: a}]\n", "needs 'type'"},
        {"connectors: [{type: lapd, id: a}]\n", "'lapd' is not one of"},
        {"connectors: [{type: local, id: a}]\n", "needs 'path'"},
        {"connectors: [{type: local, path: a}]\n", "needs 'id'"},
        {"connectors: [{type: local, id: a, path: p, urls: [x]}]\n", "urls"},
        {"connectors: [{type: local, id: a, path: p}, {type: local, id: a, path: q}]\n",
         "stands twice"},
        {"connectors: [{type: ldap, id: a, urls: [ldaps://x], people: {base: b}}]\n",
         "needs 'groups.base'"},
        {"connectors: [{type: ldap, id: a, urls: [], people: {base: b}, groups: {base: b}}]\n",
         "list of texts"},
        {"connectors: [{type: ldap, id: a, urls: [ldaps://x], people: base, groups: {base: b}}]\n",
         "is a map"},
        {"connectors: [{type: ldap, id: a, urls: [ldaps://x], people: {base: b}, groups: {base: b, "
         "nestd: true}}]\n",
         "nestd"},
        {"connectors: [{type: ldap, id: a, urls: [ldaps://x], page_size: 0, people: {base: b}, "
         "groups: {base: b}}]\n",
         ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct arena a;
        struct diags d;
        struct connector_configs c;
        auto_buf text = BUF_INIT(65536);
        arena_init(&a, (size_t)1 << 20);
        assert_false(read(cases[i][0], &a, &d, &c));
        diags_print(&d, &text);
        if (!strstr(buf_cstr(&text), cases[i][1]))
            fail_msg("case %zu: '%s' does not say '%s'", i, buf_cstr(&text), cases[i][1]);
        arena_fini(&a);
    }
}

static void every_row_has_a_help(void **state)
{
    (void)state;
    assert_true(n_connector_keys > 30);
    for (size_t i = 0; i < n_connector_keys; i++)
        assert_true(*connector_keys[i].name && *connector_keys[i].help && *connector_keys[i].value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_kind_of_key),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(every_row_has_a_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
