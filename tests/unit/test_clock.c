#include "tests/unit/unit.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/secret.h"

static void times_are_read_strictly(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        int64_t ms;
        bool good;
    } cases[] = {
        {STR("1970-01-01T00:00:00Z"), 0, true},
        {STR("2026-11-23T10:42:37Z"), 1795430557000, true},
        {STR("2026-11-23T10:42:37.5Z"), 1795430557500, true},
        {STR("2026-11-23T10:42:37.123456789Z"), 1795430557123, true},
        {STR("2026-11-23T11:42:37+01:00"), 1795430557000, true},
        {STR("2026-11-23T05:12:37-05:30"), 1795430557000, true},
        {STR("2026-11-23"), 1795392000000, true},
        {STR("2000-02-29"), 951782400000, true},
        {STR("1969-12-31T23:59:59.999Z"), -1, true},
        {STR("0001-01-01"), -62135596800000, true},
        {STR("2016-12-31T23:59:60Z"), 1483228800000, true},
        {STR("1900-02-29"), 0, false},
        {STR("2026-02-30"), 0, false},
        {STR("2026-13-01"), 0, false},
        {STR("2026-00-01"), 0, false},
        {STR("2026-11-23T24:00:00Z"), 0, false},
        {STR("2026-11-23T10:42:37"), 0, false},
        {STR("2026-11-23 10:42:37Z"), 0, false},
        {STR("2026-11-23T10:42Z"), 0, false},
        {STR("2026-11-23T10:42:37.Z"), 0, false},
        {STR("2026-11-23T10:42:37Z "), 0, false},
        {STR("2026-11-23T10:42:37+0100"), 0, false},
        {STR("26-11-23"), 0, false},
        {STR("2026-1-23"), 0, false},
        {STR("+026-11-23"), 0, false},
        {STR(""), 0, false},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        int64_t ms = 0;
        assert_int_equal(time_parse(cases[i].text, &ms), cases[i].good);
        assert_int_equal(ms, cases[i].ms);
    }
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    for (int64_t ms = -62135596800000; ms < 253402300800000; ms += 86400000ll * 37 + 12345677) {
        auto_buf b = BUF_INIT(40);
        time_format(&b, ms, true);
        int64_t back = 0;
        assert_true(time_parse(buf_str(&b), &back));
        assert_int_equal(back, ms);
    }
    auto_buf b = BUF_INIT(40);
    time_format(&b, 1795430557999, false);
    assert_string_equal(buf_cstr(&b), "2026-11-23T10:42:37Z");
    buf_reset(&b);
    time_format(&b, INT64_MAX, false);
    assert_true(buf_failed(&b));
}

static void durations_are_positive_and_have_one_unit(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        int64_t ms; /* 0: refused */
    } cases[] = {
        {STR("500ms"), 500},    {STR("90s"), 90000},
        {STR("15m"), 900000},   {STR("12h"), 43200000},
        {STR("7d"), 604800000}, {STR("0s"), 0},
        {STR("-1s"), 0},        {STR("15"), 0},
        {STR("m"), 0},          {STR("15 m"), 0},
        {STR("1h30m"), 0},      {STR("1.5h"), 0},
        {STR("15M"), 0},        {STR("999999999999999d"), 0},
        {STR(""), 0},           {STR("+1s"), 0},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        int64_t ms = 0;
        assert_int_equal(duration_parse(cases[i].text, &ms), cases[i].ms != 0);
        if (cases[i].ms)
            assert_int_equal(ms, cases[i].ms);
    }
}

static void a_fixed_clock_stands_still(void **state)
{
    (void)state;
    struct clock_fixed c;
    clock_fixed_init(&c, 1000);
    assert_int_equal(clock_now_ms(&c.clock), 1000);
    c.ms += 5;
    assert_int_equal(clock_monotonic_ms(&c.clock), 1005);
    assert_true(clock_now_ms(&clock_system) > 1700000000000);
    int64_t before = clock_monotonic_ms(&clock_system);
    assert_true(clock_monotonic_ms(&clock_system) >= before);
}

static void seeded_randomness_repeats_and_the_system_does_not(void **state)
{
    (void)state;
    struct random_seeded a, b;
    random_seeded_init(&a, 1);
    random_seeded_init(&b, 1);
    char x[33], y[33];
    random_fill(&a.random, x, sizeof(x));
    random_fill(&b.random, y, sizeof(y));
    assert_memory_equal(x, y, sizeof(x));
    random_fill(&random_system, x, sizeof(x));
    random_fill(&random_system, y, sizeof(y));
    assert_memory_not_equal(x, y, sizeof(x));
}

static void sha256_is_fips_180_4(void **state)
{
    (void)state;
    static const struct {
        struct str in;
        const char *out;
    } cases[] = {
        {STR_NONE, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {STR("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct sha256 digest = sha256_of(cases[i].in);
        auto_buf b = BUF_INIT(100);
        buf_hex(&b, (struct str){(const char *)digest.bytes, SHA256_BYTES});
        assert_string_equal(buf_cstr(&b), cases[i].out);
    }
}

static void parts_are_told_apart(void **state)
{
    (void)state;
    struct sha256 a = sha256_of_parts((struct str[]){STR("ab"), STR("c")}, 2);
    struct sha256 b = sha256_of_parts((struct str[]){STR("a"), STR("bc")}, 2);
    struct sha256 c = sha256_of_parts((struct str[]){STR("ab"), STR("c"), STR_NONE}, 3);
    struct sha256 d = sha256_of(STR("\0\0\0\0\0\0\0\002ab\0\0\0\0\0\0\0\001c"));
    assert_memory_not_equal(&a, &b, sizeof(a));
    assert_memory_not_equal(&a, &c, sizeof(a));
    assert_memory_equal(&a, &d, sizeof(a));
    assert_int_equal(hash_fast(STR("a")), 0xaf63dc4c8601ec8cu);
}

static void secrets_compare_and_go(void **state)
{
    (void)state;
    auto_secret s = {0};
    assert_true(secret_is_empty(&s));
    assert_true(secret_eq(&s, STR_NONE));
    secret_set(&s, STR("hunter2"));
    assert_true(secret_eq(&s, STR("hunter2")));
    assert_false(secret_eq(&s, STR("hunter3")));
    assert_false(secret_eq(&s, STR("hunter")));
    secret_set(&s, secret_reveal(&s)); /* from itself */
    assert_true(secret_eq(&s, STR("hunter2")));
    secret_fini(&s);
    assert_true(secret_is_empty(&s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read_strictly),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(durations_are_positive_and_have_one_unit),
        cmocka_unit_test(a_fixed_clock_stands_still),
        cmocka_unit_test(seeded_randomness_repeats_and_the_system_does_not),
        cmocka_unit_test(sha256_is_fips_180_4),
        cmocka_unit_test(parts_are_told_apart),
        cmocka_unit_test(secrets_compare_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
