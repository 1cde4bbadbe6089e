/* Two writings of one distinguished name give the same bytes; what is no name is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/dn.h"

static const struct {
    const char *in, *out; /* NULL: refused */
} names[] = {
    {"cn=pay-dev,ou=groups,dc=corp,dc=example", "cn=pay-dev,ou=groups,dc=corp,dc=example"},
    {"CN=Pay-Dev, OU=Groups ,DC = Corp,dc=example", "cn=pay-dev,ou=groups,dc=corp,dc=example"},
    {"", ""},
    {"   ", ""},
    {"cn=Ausschuß für Öffentlichkeit,ou=groups", "cn=ausschuß für öffentlichkeit,ou=groups"},
    {"cn=Ausschu\\C3\\9F f\\c3\\bcr \\C3\\96ffentlichkeit,ou=groups",
     "cn=ausschuß für öffentlichkeit,ou=groups"},
    {"cn=o\xcc\x88l", "cn=öl"}, /* decomposed umlaut */
    {"cn=Strasse", "cn=strasse"},
    {"cn=Straße", "cn=straße"}, /* another group than the one before */
    {"cn=a  b   c ,dc=x", "cn=a b c,dc=x"},
    {"cn=\\ a\\ ,dc=x", "cn=a,dc=x"},
    {"cn=Sommer\\, Matthias,dc=x", "cn=sommer\\, matthias,dc=x"},
    {"cn=Sommer\\2c Matthias,dc=x", "cn=sommer\\, matthias,dc=x"},
    {"cn=a\\+b\\\\c\\\"d\\<e\\>f\\;g", "cn=a\\+b\\\\c\\\"d\\<e\\>f\\;g"},
    {"cn=\\#1,dc=x", "cn=\\#1,dc=x"},
    {"cn=a=b,dc=x", "cn=a=b,dc=x"},
    {"cn=a\\=b,dc=x", "cn=a=b,dc=x"},
    {"UID=b+CN=A,dc=x", "cn=a+uid=b,dc=x"},
    {"cn=A + uid=b,dc=x", "cn=a+uid=b,dc=x"},
    {"2.5.4.3=x", "2.5.4.3=x"},
    {"cn=#04024869,dc=x", "cn=#04024869,dc=x"},
    {"cn=,dc=x", "cn=,dc=x"},
    {"cn= a,dc=x", "cn=a,dc=x"},
    {"cn=a :b_c,dc=x", "cn=a :b_c,dc=x"},
    {"cn=a ,dc=x ", "cn=a,dc=x"},
    {"cn=a,=x", NULL},
    {"cn", NULL},
    {"cn=a,", NULL},
    {",cn=a", NULL},
    {"cn=a,,dc=x", NULL},
    {"=a", NULL},
    {"cn=a;dc=x", NULL},
    {"cn=\"a\"", NULL},
    {"cn=<a>", NULL},
    {"cn=a\\", NULL},
    {"cn=a\\4", NULL},
    {"cn=a\\zz", NULL},
    {"cn=a\\00b", NULL},
    {"cn=a\\ff", NULL},
    {"cn=\xff", NULL},
    {"cn=#123", NULL},
    {"cn=#12zz", NULL},
    {"cn=a+", NULL},
    {"c n=a", NULL},
    {"a=1+b=2+c=3+d=4+e=5+f=6+g=7+h=8+i=9", NULL},
};

static void names_have_one_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        auto_arena a = {0};
        arena_init(&a, ARENA_REQUEST_MAX);
        struct str got = STR_NONE, again;
        bool ok = dn_normalise(str_from(names[i].in), &a, &got);
        if (ok != (names[i].out != NULL) || (ok && !str_is(got, names[i].out)))
            fail_msg("%s -> %.*s", names[i].in, STR_F(got));
        if (!ok)
            continue;
        assert_true(dn_normalise(got, &a, &again)); /* a normal form stays what it is */
        assert_true(str_eq(got, again));
    }
}

static void sizes_are_bounded(void **state)
{
    (void)state;
    static char big[DN_MAX + 16];
    auto_arena a = {0};
    arena_init(&a, ARENA_REQUEST_MAX);
    struct str got;
    memset(big, 'x', sizeof big);
    memcpy(big, "cn=", 3);
    assert_true(dn_normalise((struct str){big, DN_MAX}, &a, &got));
    assert_false(dn_normalise((struct str){big, DN_MAX + 1}, &a, &got));
    for (size_t i = 0; i + 4 <= sizeof big; i += 4)
        memcpy(big + i, "a=b,", 4);
    assert_true(dn_normalise((struct str){big, 4 * DN_RDNS_MAX - 1}, &a, &got));
    assert_false(dn_normalise((struct str){big, 4 * DN_RDNS_MAX + 3}, &a, &got));
    arena_fini(&a);
    arena_init(&a, 16);
    assert_false(dn_normalise(STR("cn=longer than that,dc=x"), &a, &got));
}

static void below_is_by_whole_names(void **state)
{
    (void)state;
    static const struct {
        const char *dn, *base;
        bool below;
    } cases[] = {
        {"cn=a,ou=g,dc=x", "ou=g,dc=x", true},
        {"ou=g,dc=x", "ou=g,dc=x", true},
        {"cn=a,dc=x", "", true},
        {"cn=a,fou=g,dc=x", "ou=g,dc=x", false},
        {"cn=a\\,ou=g,dc=x", "ou=g,dc=x", false},
        {"dc=x", "ou=g,dc=x", false},
        {"cn=a,ou=h,dc=x", "ou=g,dc=x", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (dn_is_below(str_from(cases[i].dn), str_from(cases[i].base)) != cases[i].below)
            fail_msg("%s below %s", cases[i].dn, cases[i].base);
}

static void parts_and_joins(void **state)
{
    (void)state;
    auto_arena a = {0};
    arena_init(&a, ARENA_REQUEST_MAX);
    struct str type, value, joined;
    assert_true(dn_first(STR("cn=a\\,b=c,dc=x"), &type, &value));
    assert_true(str_is(type, "cn") && str_is(value, "a\\,b=c"));
    assert_false(dn_first(STR("cn=a+uid=b,dc=x"), &type, &value));
    assert_false(dn_first(STR(""), &type, &value));
    assert_true(dn_join(STR("CN=Pay-Dev"), STR("ou=groups,DC=corp"), &a, &joined));
    assert_true(str_is(joined, "cn=pay-dev,ou=groups,dc=corp"));
    assert_true(dn_join(STR("cn=a,ou=Groups,dc=corp"), STR("ou=groups,DC=corp"), &a, &joined));
    assert_true(str_is(joined, "cn=a,ou=groups,dc=corp"));
    assert_false(dn_join(STR("pay-dev"), STR("dc=x"), &a, &joined));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_have_one_form),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(below_is_by_whole_names),
        cmocka_unit_test(parts_and_joins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
