#include "tests/unit/unit.h"

#include "base/base64.h"
#include "base/random.h"

typedef bool decoder(struct str text, struct buf *out);

static void only_the_one_canonical_spelling_is_accepted(void **state)
{
    (void)state;
    static const struct {
        decoder *decode;
        struct str in;
        const char *out; /* NULL: refused */
    } cases[] = {
        {base64url_decode, STR(""), ""},
        {base64url_decode, STR("Zg"), "f"},
        {base64url_decode, STR("Zm8"), "fo"},
        {base64url_decode, STR("Zm9v"), "foo"},
        {base64url_decode, STR("__79"), "\xff\xfe\xfd"},
        {base64url_decode, STR("Zg=="), NULL}, /* padding */
        {base64url_decode, STR("Z"), NULL},    /* impossible length */
        {base64url_decode, STR("Zm9vZ"), NULL},
        {base64url_decode, STR("Zh"), NULL},  /* trailing bits */
        {base64url_decode, STR("Zm9"), NULL}, /* trailing bits */
        {base64url_decode, STR("//79"), NULL},
        {base64url_decode, STR("Zm 9v"), NULL},
        {base64url_decode, STR("Zm9v\n"), NULL},
        {base64url_decode, STR("Zm\0v"), NULL},
        {base64url_decode, STR("Zm\xc3\xbc"), NULL},
        {base64_decode, STR(""), ""},
        {base64_decode, STR("Zg=="), "f"},
        {base64_decode, STR("Zm8="), "fo"},
        {base64_decode, STR("//79"), "\xff\xfe\xfd"},
        {base64_decode, STR("Zg"), NULL},
        {base64_decode, STR("Zg="), NULL},
        {base64_decode, STR("Z==="), NULL},
        {base64_decode, STR("===="), NULL},
        {base64_decode, STR("Zg==Zg=="), NULL},
        {base64_decode, STR("Zh=="), NULL},
        {base64_decode, STR("__79"), NULL},
        {hex_decode, STR(""), ""},
        {hex_decode, STR("66aF"), "f\xaf"},
        {hex_decode, STR("6"), NULL},
        {hex_decode, STR("6g"), NULL},
        {hex_decode, STR("0x"), NULL},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_buf b = BUF_INIT(100);
        buf_c(&b, "before:");
        assert_int_equal(cases[i].decode(cases[i].in, &b), cases[i].out != NULL);
        auto_buf expected = BUF_INIT(100);
        buf_fmt(&expected, "before:%s", cases[i].out ? cases[i].out : "");
        assert_true(str_eq(buf_str(&b), buf_str(&expected)));
    }
}

static void a_result_over_the_maximum_is_refused(void **state)
{
    (void)state;
    auto_buf b = BUF_INIT(2);
    assert_false(base64url_decode(STR("Zm9v"), &b));
    assert_int_equal(b.n, 0);
}

static void what_was_encoded_comes_back(void **state)
{
    (void)state;
    struct random_seeded random;
    random_seeded_init(&random, 42);
    char bytes[200];
    for (size_t n = 0; n <= sizeof(bytes); n++) {
        random_fill(&random.random, bytes, n);
        struct str s = {bytes, n};
        auto_buf text = BUF_INIT(1000), back = BUF_INIT(1000);
        buf_base64url(&text, s);
        assert_true(base64url_decode(buf_str(&text), &back) && str_eq(buf_str(&back), s));
        buf_reset(&text);
        buf_reset(&back);
        buf_base64(&text, s);
        assert_true(base64_decode(buf_str(&text), &back) && str_eq(buf_str(&back), s));
        buf_reset(&text);
        buf_reset(&back);
        buf_hex(&text, s);
        assert_true(hex_decode(buf_str(&text), &back) && str_eq(buf_str(&back), s));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_one_canonical_spelling_is_accepted),
        cmocka_unit_test(a_result_over_the_maximum_is_refused),
        cmocka_unit_test(what_was_encoded_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
