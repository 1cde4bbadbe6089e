/* The pure parts of the LDAP connector: filters, names, the password policy control, reasons of
 * Active Directory. */

#include "connectors/ldap_filter.h"
#include "connectors/ldap_state.h"
#include "connectors/names.h"

#include "tests/unit/unit.h"

static void filters_take_values_only_as_values(void **state)
{
    (void)state;
    static const struct {
        const char *filter, *out;
        struct str value;
    } cases[] = {
        {"(uid={username})", "(uid=a\\2A\\29\\28uid=\\2A\\00b)", {"a*)(uid=*\0b", 11}},
        {"(|(uid={username})(mail={username}@x))", "(|(uid=\\5C)(mail=\\5C@x))", {"\\", 1}},
        {"(&(a=b)(!(c=*))(uid={username}))", "(&(a=b)(!(c=*))(uid=m))", {"m", 1}},
        {"(uid={username})", "(uid=)", {"", 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        auto_arena a = {0};
        arena_init(&a, ARENA_REQUEST_MAX);
        auto_buf out = BUF_INIT(LDAP_FILTER_MAX);
        struct ldap_filter f;
        struct err e = {0};
        assert_int_equal(ldap_filter_parse(str_from(cases[i].filter), &a, &f, &e), 0);
        ldap_filter_render(&f, cases[i].value, &out);
        assert_string_equal(buf_cstr(&out), cases[i].out);
    }
}

static void filters_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",          "uid=a",       "(uid=a",         "(uid=a))",  "(uid=a)(b=c)",
        "((uid=a))", "(uid=a\\zz)", "(uid=a\\2)",     "(&)",       "(!(a=b)(c=d))",
        "(=a)",      "(uid)",       "({username}=a)", "(uid={x})", "(uid={username)",
        "(u id=a)",  "(uid=a(b)",   "({username})",   "(|a=b)",    " (uid=a)",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        auto_arena a = {0};
        arena_init(&a, ARENA_REQUEST_MAX);
        struct ldap_filter f;
        struct err e = {0};
        if (ldap_filter_parse(str_from(wrong[i]), &a, &f, &e) == 0)
            fail_msg("accepted: %s", wrong[i]);
        assert_int_equal(e.class, ERR_CONFIG);
    }
}

static void the_password_policy_control_is_read_within_bounds(void **state)
{
    (void)state;
    static const struct {
        struct str value;
        bool ok;
        enum ldap_ppolicy said;
    } cases[] = {
        {{"\x30\x00", 2}, true, LDAP_PPOLICY_NOTHING},
        {{"\x30\x03\x81\x01\x00", 5}, true, LDAP_PPOLICY_EXPIRED},
        {{"\x30\x03\x81\x01\x01", 5}, true, LDAP_PPOLICY_LOCKED},
        {{"\x30\x03\x81\x01\x02", 5}, true, LDAP_PPOLICY_MUST_CHANGE},
        {{"\x30\x03\x81\x01\x07", 5}, true, LDAP_PPOLICY_OTHER},
        {{"\x30\x05\xa0\x03\x80\x01\x09", 7}, true, LDAP_PPOLICY_NOTHING},
        {{"\x30\x05\xa0\x03\x81\x01\x09", 7}, true, LDAP_PPOLICY_GRACE},
        {{"\x30\x08\xa0\x03\x81\x01\x09\x81\x01\x02", 10}, true, LDAP_PPOLICY_MUST_CHANGE},
        {{"", 0}, false, 0},
        {{"\x30", 1}, false, 0},
        {{"\x30\x01", 2}, false, 0},
        {{"\x30\x80\x00\x00", 4}, false, 0},
        {{"\x30\x84\xff\xff\xff\xff", 6}, false, 0},
        {{"\x30\x03\x81\x01", 4}, false, 0},
        {{"\x30\x02\x81\x00", 4}, false, 0},
        {{"\x30\x04\x81\x02\x00\x01", 6}, false, 0},
        {{"\x30\x00\x00", 3}, false, 0},
        {{"\x31\x00", 2}, false, 0},
        {{"\x30\x03\x82\x01\x00", 5}, false, 0},
        {{"\x30\x02\xa0\x00", 4}, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum ldap_ppolicy said = LDAP_PPOLICY_NOTHING;
        bool ok = ldap_ppolicy_parse(cases[i].value, &said);
        if (ok != cases[i].ok || (ok && said != cases[i].said))
            fail_msg("case %zu: %d, %d", i, ok, (int)said);
    }
}

static void names_that_may_leave(void **state)
{
    (void)state;
    static const char *const good[] = {"pay-dev", "Ausschuß für Öffentlichkeit", "a b", "a.b"};
    static const char *const bad[] = {
        "",         "system:masters", "System:Masters", "a/b",      " a",
        "a ",       "a\nb",           "a\x1b[0m",       "a\u202eb", "a\u200bb",
        "a\u00adb", "a\ufeffb",       "a\u2028b",       "a\xff",    "\ue000",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(group_name_is_allowed(str_from(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (group_name_is_allowed(str_from(bad[i])))
            fail_msg("group %zu", i);
    static const char *const people[] = {"m.sommer", "a", "a_b-c@d.e", "0"};
    static const char *const nobody[] = {"", "M.Sommer", "a b", "ä", "a:b", "a/b", "a\n", "a\\b"};
    for (size_t i = 0; i < sizeof people / sizeof *people; i++)
        assert_true(username_is_allowed(str_from(people[i])));
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++)
        assert_false(username_is_allowed(str_from(nobody[i])));
}

static void reasons_of_active_directory(void **state)
{
    (void)state;
    enum account_state s = ACCOUNT_ACTIVE;
    assert_true(ldap_ad_reason(STR("LdapErr: DSID-0C0903A9, comment: x, data 775, v1db1"), &s));
    assert_int_equal(s, ACCOUNT_LOCKED);
    assert_false(ldap_ad_reason(STR("LdapErr: comment: x, data 52e, v1db1"), &s));
    assert_false(ldap_ad_reason(STR_NONE, &s));
    assert_false(ldap_ad_reason(STR("data 7755,"), &s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_take_values_only_as_values),
        cmocka_unit_test(filters_that_are_none_are_refused),
        cmocka_unit_test(the_password_policy_control_is_read_within_bounds),
        cmocka_unit_test(names_that_may_leave),
        cmocka_unit_test(reasons_of_active_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
