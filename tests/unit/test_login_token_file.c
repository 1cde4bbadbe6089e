#include "tests/unit/unit.h"

#include "base/json.h"
#include "login/token_file.h"

static struct state_key key_of(const char *audience)
{
    struct options o = {0};
    o.value[OPTION_ISSUER] = "https://l.example";
    o.value[OPTION_CLIENT_ID] = "lotse-login";
    o.value[OPTION_PROFILE] = "default";
    return state_key_of(&o, str_from(audience));
}

static const char token[] = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl-_";

static void make(struct buf *out, const struct state_key *key)
{
    struct token_times times = token_times_of(1700000000000, 600000);
    assert_true(token_file_make(out, key, &times, str_from(token)));
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    struct state_key key = key_of("k8s-fra");
    auto_buf bytes = BUF_INIT(STATE_FILE_MAX);
    struct token_view view;
    make(&bytes, &key);
    assert_true(token_file_read(buf_str(&bytes), &key, &view));
    assert_true(str_is(view.token, token));
    assert_int_equal(view.times.expires_ms, 1700000600000);
    assert_int_equal(view.times.usable_until_ms, 1700000570000);
    assert_int_equal(view.times.refresh_ms, 1700000480000);
}

static void the_credential_is_what_client_go_reads(void **state)
{
    (void)state;
    static const char *const versions[] = {"client.authentication.k8s.io/v1",
                                           "client.authentication.k8s.io/v1beta1"};
    struct state_key key = key_of("k8s-fra");
    auto_buf bytes = BUF_INIT(STATE_FILE_MAX);
    struct token_view view;
    make(&bytes, &key);
    assert_true(token_file_read(buf_str(&bytes), &key, &view));
    for (int i = 0; i < API_VERSION_COUNT; i++) {
        struct err e;
        auto_json *j = json_read(view.credential[i], 65536, &e);
        assert_non_null(j);
        assert_string_equal(json_string_value(json_object_get(j, "kind")), "ExecCredential");
        assert_string_equal(json_string_value(json_object_get(j, "apiVersion")), versions[i]);
        const json_t *status = json_object_get(j, "status");
        assert_string_equal(json_string_value(json_object_get(status, "token")), token);
        assert_string_equal(json_string_value(json_object_get(status, "expirationTimestamp")),
                            "2023-11-14T22:22:50Z");
    }
}

static void tokens_that_would_break_the_answer_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {"",     "a\"b",         "a b",      "a\nb",
                                        "a\\b", "t\xc3\xb6ken", "a\x1b[31m"};
    struct state_key key = key_of("k8s-fra");
    struct token_times times = token_times_of(0, 600000);
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_buf bytes = BUF_INIT(STATE_FILE_MAX);
        assert_false(token_file_make(&bytes, &key, &times, str_from(cases[i])));
        assert_int_equal(bytes.n, 0);
    }
    auto_buf bytes = BUF_INIT(STATE_FILE_MAX), longest = BUF_INIT(TOKEN_BYTES_MAX + 1);
    for (size_t i = 0; i < TOKEN_BYTES_MAX; i++)
        buf_char(&longest, 'x');
    assert_true(token_file_make(&bytes, &key, &times, buf_str(&longest)));
    buf_char(&longest, 'x');
    assert_false(token_file_make(&bytes, &key, &times, buf_str(&longest)));
}

static void a_file_of_another_key_is_not_ours(void **state)
{
    (void)state;
    struct state_key fra = key_of("k8s-fra"), ber = key_of("k8s-ber");
    auto_buf bytes = BUF_INIT(STATE_FILE_MAX);
    struct token_view view;
    make(&bytes, &fra);
    assert_false(token_file_read(buf_str(&bytes), &ber, &view));
}

/* Each byte of the header changed, each length cut: never accepted with another meaning, never read
 * beyond the end. */
static void damaged_files_are_refused_or_the_same(void **state)
{
    (void)state;
    struct state_key key = key_of("k8s-fra");
    auto_buf bytes = BUF_INIT(STATE_FILE_MAX);
    make(&bytes, &key);
    for (size_t n = 0; n < bytes.n; n++) {
        char *exact = test_malloc(n ? n : 1); /* so that a sanitizer sees the end */
        memcpy(exact, bytes.p, n);
        struct token_view view;
        assert_false(token_file_read((struct str){exact, n}, &key, &view));
        test_free(exact);
    }
    for (size_t at = 0; at < TOKEN_HEADER_BYTES; at++) {
        struct token_view view;
        char before = bytes.p[at];
        bytes.p[at] = (char)(before ^ 0x80);
        if (token_file_read(buf_str(&bytes), &key, &view)) {
            assert_in_range(at, 16, 47); /* only times can change and still make sense */
            assert_true(view.times.made_ms <= view.times.expires_ms);
        }
        bytes.p[at] = before;
    }
    memset(bytes.p + TOKEN_HEADER_BYTES, 0, bytes.n - TOKEN_HEADER_BYTES); /* after a power cut */
    struct token_view view;
    assert_false(token_file_read(buf_str(&bytes), &key, &view));
}

static void age_follows_the_limits(void **state)
{
    (void)state;
    static const struct {
        int64_t lifetime_s, at_s;
        enum token_age age;
    } cases[] = {
        {600, 0, TOKEN_FRESH},     {600, 479, TOKEN_FRESH},   {600, 480, TOKEN_AGING},
        {600, 569, TOKEN_AGING},   {600, 570, TOKEN_LAST},    {600, 589, TOKEN_LAST},
        {600, 590, TOKEN_EXPIRED}, {600, 601, TOKEN_EXPIRED}, {600, -59, TOKEN_FRESH},
        {600, -61, TOKEN_EXPIRED}, /* the clock was set back */
        {7200, 6899, TOKEN_FRESH}, {7200, 6900, TOKEN_AGING}, {60, 29, TOKEN_FRESH},
        {60, 30, TOKEN_AGING},     {60, 45, TOKEN_LAST},      {60, 50, TOKEN_EXPIRED},
        {4, 0, TOKEN_FRESH},       {4, 2, TOKEN_AGING},       {4, 3, TOKEN_EXPIRED},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct token_times t = token_times_of(1000000000, cases[i].lifetime_s * 1000);
        assert_int_equal(token_age_at(&t, 1000000000 + cases[i].at_s * 1000), cases[i].age);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(the_credential_is_what_client_go_reads),
        cmocka_unit_test(tokens_that_would_break_the_answer_are_refused),
        cmocka_unit_test(a_file_of_another_key_is_not_ours),
        cmocka_unit_test(damaged_files_are_refused_or_the_same),
        cmocka_unit_test(age_follows_the_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
