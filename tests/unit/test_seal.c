/* Sealed values: come back unchanged with the same key and purpose, and in no other case. */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdio.h>

#include "base/base64.h"
#include "base/buf.h"
#include "jose/seal.h"

#define KEY_A "key a, of the thirty-two bytes wanted"
#define KEY_B "key b, of the thirty-two bytes wanted"
#define KEY_C "key c, of the thirty-two bytes wanted"

static struct sealer *sealer_of(const char *current, const char *previous)
{
    auto_secret one = {0}, two = {0};
    struct sealer *s = NULL;
    struct err e;

    secret_set(&one, str_from(current));
    secret_set(&two, str_from(previous));
    if (sealer_new_pair(&one, previous ? &two : NULL, &random_system, &s, &e) < 0)
        fail_msg("%s", e.text);
    return s;
}

static void what_is_sealed_comes_back(void **state)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 255, 4096, 100000};
    struct sealer *s = sealer_of(KEY_A, NULL);
    static char bytes[100000];
    auto_arena a = {0};

    (void)state;
    arena_init(&a, ARENA_NO_MAX);
    random_fill(&random_system, bytes, sizeof(bytes));
    for (size_t i = 0; i < N_OF(sizes); i++) {
        struct str plain = {bytes, sizes[i]}, back = STR("untouched");
        struct str text = seal(s, "code", plain, &a);
        assert_true(text.n > 0 && text.n < sizes[i] * 4 / 3 + 50);
        assert_true(unseal(s, "code", text, &a, &back));
        assert_true(str_eq(plain, back));
    }
    struct str nothing = STR_NONE, back;
    assert_true(unseal(s, "code", seal(s, "code", nothing, &a), &a, &back));
    assert_int_equal(back.n, 0);
    sealer_free(s);
}

static void another_purpose_or_key_opens_nothing(void **state)
{
    struct sealer *s = sealer_of(KEY_A, NULL), *other = sealer_of(KEY_B, NULL);
    struct str back = STR("untouched");
    auto_arena a = {0};

    (void)state;
    arena_init(&a, ARENA_NO_MAX);
    struct str text = seal(s, "code", STR("plain"), &a);
    assert_false(unseal(s, "login", text, &a, &back));
    assert_false(unseal(s, "cod", text, &a, &back));
    assert_false(unseal(s, "", text, &a, &back));
    assert_false(unseal(other, "code", text, &a, &back));
    assert_true(str_is(back, "untouched"));
    sealer_free(s);
    sealer_free(other);
}

static void a_replaced_key_still_opens_until_it_is_dropped(void **state)
{
    struct sealer *before = sealer_of(KEY_A, NULL), *during = sealer_of(KEY_B, KEY_A),
                  *after = sealer_of(KEY_C, KEY_B);
    struct str back;
    auto_arena a = {0};

    (void)state;
    arena_init(&a, ARENA_NO_MAX);
    struct str old = seal(before, "p", STR("old"), &a), fresh = seal(during, "p", STR("new"), &a);
    assert_true(unseal(during, "p", old, &a, &back) && str_is(back, "old"));
    assert_true(unseal(during, "p", fresh, &a, &back) && str_is(back, "new"));
    assert_false(unseal(before, "p", fresh, &a, &back));
    assert_false(unseal(after, "p", old, &a, &back));
    assert_true(unseal(after, "p", fresh, &a, &back));
    sealer_free(before);
    sealer_free(during);
    sealer_free(after);
}

static void no_flipped_bit_no_cut_and_no_addition_survives(void **state)
{
    struct sealer *s = sealer_of(KEY_A, KEY_B);
    auto_buf bytes = BUF_INIT(1024);
    struct str back;
    auto_arena a = {0};

    (void)state;
    arena_init(&a, ARENA_NO_MAX);
    struct str text = seal(s, "p", STR("a plain text"), &a);
    assert_true(base64url_decode(text, &bytes));
    for (size_t i = 0; i < bytes.n * 8; i++) {
        auto_buf changed = BUF_INIT(1024);
        bytes.p[i / 8] = (char)(bytes.p[i / 8] ^ (1 << (i % 8)));
        buf_base64url(&changed, buf_str(&bytes));
        bytes.p[i / 8] = (char)(bytes.p[i / 8] ^ (1 << (i % 8)));
        if (unseal(s, "p", buf_str(&changed), &a, &back))
            fail_msg("bit %zu", i);
    }
    for (size_t n = 0; n < bytes.n; n++) { /* a shorter tag among them */
        auto_buf cut = BUF_INIT(1024);
        buf_base64url(&cut, str_from_to(buf_str(&bytes), 0, n));
        assert_false(unseal(s, "p", buf_str(&cut), &a, &back));
    }
    for (size_t n = 0; n < text.n; n++)
        assert_false(unseal(s, "p", str_from_to(text, 0, n), &a, &back));
    static const char *const behind[] = {"A", "AA", "=", ".", " ", "\n"};
    for (size_t i = 0; i < N_OF(behind); i++)
        assert_false(unseal(s, "p", arena_fmt(&a, "%.*s%s", STR_F(text), behind[i]), &a, &back));
    sealer_free(s);
}

static void no_two_seals_are_alike(void **state)
{
    struct sealer *s = sealer_of(KEY_A, NULL);
    struct str texts[200];
    auto_arena a = {0};

    (void)state;
    arena_init(&a, ARENA_NO_MAX);
    for (size_t i = 0; i < N_OF(texts); i++) {
        texts[i] = seal(s, "p", STR("the same"), &a);
        for (size_t k = 0; k < i; k++)
            assert_false(str_eq(texts[i], texts[k]));
    }
    sealer_free(s);
}

static void a_full_arena_and_a_huge_text_are_no_crash(void **state)
{
    struct sealer *s = sealer_of(KEY_A, NULL);
    static char huge[2 << 20];
    struct str back = STR("untouched");
    auto_arena small = {0}, a = {0};

    (void)state;
    arena_init(&small, 16);
    arena_init(&a, ARENA_NO_MAX);
    memset(huge, 'A', sizeof(huge));
    assert_int_equal(seal(s, "p", STR("plain"), &small).n, 0);
    assert_int_equal(seal(s, "p", (struct str){huge, sizeof(huge)}, &a).n, 0);
    assert_false(unseal(s, "p", (struct str){huge, sizeof(huge)}, &a, &back));
    struct str text = seal(s, "p", (struct str){huge, 1000}, &a);
    assert_false(unseal(s, "p", text, &small, &back));
    assert_true(str_is(back, "untouched"));
    sealer_free(s);
}

static void a_short_key_is_refused(void **state)
{
    auto_secret short_key = {0}, good = {0};
    struct sealer *s = NULL;
    struct err e;

    (void)state;
    secret_set(&short_key, STR("thirty-one bytes are not enough"));
    secret_set(&good, STR(KEY_A));
    assert_int_equal(sealer_new(&short_key, &random_system, &s, &e), -1);
    assert_int_equal(e.class, ERR_CONFIG);
    assert_int_equal(sealer_new_pair(&good, &short_key, &random_system, &s, &e), -1);
    assert_null(s);
}

static void *seal_on(void *data)
{
    const struct sealer *s = data;
    char purpose[16];

    for (int i = 0; i < 300; i++) {
        struct str back = STR_NONE;
        auto_arena a = {0};
        arena_init(&a, ARENA_REQUEST_MAX);
        snprintf(purpose, sizeof(purpose), "p%d", i % 24); /* more than are kept */
        if (!unseal(s, purpose, seal(s, purpose, STR("plain"), &a), &a, &back) ||
            !str_is(back, "plain"))
            return data;
    }
    return NULL;
}

static void many_threads_share_one_sealer(void **state)
{
    struct sealer *s = sealer_of(KEY_A, KEY_B);
    pthread_t threads[8];

    (void)state;
    for (size_t i = 0; i < N_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, seal_on, s), 0);
    for (size_t i = 0; i < N_OF(threads); i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_null(result);
    }
    sealer_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_comes_back),
        cmocka_unit_test(another_purpose_or_key_opens_nothing),
        cmocka_unit_test(a_replaced_key_still_opens_until_it_is_dropped),
        cmocka_unit_test(no_flipped_bit_no_cut_and_no_addition_survives),
        cmocka_unit_test(no_two_seals_are_alike),
        cmocka_unit_test(a_full_arena_and_a_huge_text_are_no_crash),
        cmocka_unit_test(a_short_key_is_refused),
        cmocka_unit_test(many_threads_share_one_sealer),
    };

    return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
