#include "tests/unit/unit.h"

#include "gateway/http/peer.h"

static struct str shown(struct arena *a, const char *text)
{
    struct address address;
    return address_parse(str_from(text), &address) ? address_format(&address, a) : STR_NONE;
}

static void addresses_are_read_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out; /* NULL: refused */
    } cases[] = {
        {"10.1.2.3", "10.1.2.3"},
        {"::1", "::1"},
        {"[2001:db8::1]", "2001:db8::1"},
        {"::ffff:10.1.2.3", "10.1.2.3"},
        {"2001:DB8:0::1", "2001:db8::1"},
        {"", NULL},
        {"10.1.2", NULL},
        {"10.1.2.3:80", NULL},
        {"010.1.2.3", NULL},
        {"localhost", NULL},
        {"unknown", NULL},
        {"fe80::1%eth0", NULL},
        {"10.1.2.3 ", NULL},
        {"[::1", NULL},
        {"1.2.3.4, 5.6.7.8", NULL},
    };
    auto_arena a = {0};
    arena_init(&a, 4096);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct str out = shown(&a, cases[i].in);
        if (!str_eq(out, str_from(cases[i].out)))
            fail_msg("'%s' gives '%.*s'", cases[i].in, STR_F(out));
    }
}

static void networks_hold_what_they_say(void **state)
{
    (void)state;
    static const struct {
        const char *network, *address;
        int expected; /* -1: no network */
    } cases[] = {
        {"10.0.0.0/8", "10.255.1.2", 1},
        {"10.0.0.0/8", "11.0.0.0", 0},
        {"10.1.2.3", "10.1.2.3", 1},
        {"10.1.2.3", "10.1.2.4", 0},
        {"10.0.0.128/25", "10.0.0.127", 0},
        {"0.0.0.0/0", "1.2.3.4", 1},
        {"0.0.0.0/0", "2001:db8::1", 0},
        {"2001:db8::/32", "2001:db8:ffff::1", 1},
        {"2001:db8::/33", "2001:db8:8000::", 0},
        {"::/0", "10.0.0.1", 1},
        {"10.0.0.1/8", "10.0.0.1", -1},
        {"10.0.0.0/33", "10.0.0.0", -1},
        {"10.0.0.0/", "10.0.0.0", -1},
        {"10.0.0.0/-1", "10.0.0.0", -1},
        {"/8", "10.0.0.0", -1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct cidr c;
        struct address address;
        assert_true(address_parse(str_from(cases[i].address), &address));
        int got = cidr_parse(str_from(cases[i].network), &c) ? (int)cidr_has(&c, &address) : -1;
        if (got != cases[i].expected)
            fail_msg("%s in %s: %d", cases[i].address, cases[i].network, got);
    }
}

static void only_trusted_proxies_may_name_another(void **state)
{
    (void)state;
    static const struct {
        const char *connection, *lists[3], *peer;
    } cases[] = {
        {"10.0.0.1", {"1.2.3.4"}, "1.2.3.4"},
        {"10.9.0.1", {"1.2.3.4"}, "10.9.0.1"}, /* not trusted: not listened to */
        {"10.0.0.1", {NULL}, "10.0.0.1"},
        {"10.0.0.1", {"6.6.6.6, 1.2.3.4"}, "1.2.3.4"}, /* what the client claimed stays out */
        {"10.0.0.1", {"6.6.6.6, 1.2.3.4, 10.0.0.2"}, "1.2.3.4"},
        {"10.0.0.1", {"6.6.6.6", "1.2.3.4"}, "1.2.3.4"}, /* one line per proxy */
        {"10.0.0.1", {"6.6.6.6", "1.2.3.4", "10.0.0.2"}, "1.2.3.4"},
        {"10.0.0.1",
         {"1.2.3.4, unknown"},
         "10.0.0.1"}, /* unreadable: nothing further is believed */
        {"10.0.0.1", {""}, "10.0.0.1"},
        {"10.0.0.1", {",,,"}, "10.0.0.1"},
        {"10.0.0.1", {"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
        {"10.0.0.1", {"2001:db8::7"}, "2001:db8::7"},
    };
    struct cidr trusted;
    auto_arena a = {0};
    arena_init(&a, 8192);
    assert_true(cidr_parse(STR("10.0.0.0/24"), &trusted));
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct address connection;
        struct str lists[3];
        size_t n = 0;
        for (; n < 3 && cases[i].lists[n]; n++)
            lists[n] = str_from(cases[i].lists[n]);
        assert_true(address_parse(str_from(cases[i].connection), &connection));
        struct address peer = peer_of(&connection, lists, n, &trusted, 1);
        if (!str_is(address_format(&peer, &a), cases[i].peer))
            fail_msg("case %zu gives %.*s", i, STR_F(address_format(&peer, &a)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_strictly),
        cmocka_unit_test(networks_hold_what_they_say),
        cmocka_unit_test(only_trusted_proxies_may_name_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
