#include "tests/unit/unit.h"

#include "base/arena.h"

static void memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    for (size_t n = 1; n < 20000; n = n * 3 + 1) {
        unsigned char *p = arena_alloc(&a, n);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xAA, n);
    }
    arena_reset(&a);
    unsigned char *again = arena_alloc(&a, 5000);
    for (size_t i = 0; i < 5000; i++)
        assert_int_equal(again[i], 0);
}

static void the_ceiling_holds_and_is_remembered(void **state)
{
    (void)state;
    auto_arena a = {0};
    arena_init(&a, 1000);
    assert_non_null(arena_alloc(&a, 900));
    assert_null(arena_alloc(&a, 200));
    assert_true(a.exhausted);
    assert_null(arena_alloc(&a, 1)); /* whoever looks once at the end has seen it */
    assert_non_null(arena_alloc(&a, 0));
    assert_null(arena_str(&a, STR("x")).p);
    assert_string_equal(arena_cstr(&a, STR("x")), "");
    assert_null(arena_fmt(&a, "%d", 1).p);
    arena_reset(&a);
    assert_false(a.exhausted);
    assert_non_null(arena_alloc(&a, 900));
}

static void sizes_do_not_overflow(void **state)
{
    (void)state;
    auto_arena a = {0};
    arena_init(&a, ARENA_REQUEST_MAX);
    assert_null(arena_array(&a, (size_t)1 << 62, 16));
    arena_reset(&a);
    assert_null(arena_alloc(&a, (size_t)-1));
    arena_reset(&a);
    assert_null(arena_alloc(&a, (size_t)-15));
}

static void copies_end_in_nul(void **state)
{
    (void)state;
    auto_arena a = {0};
    arena_init(&a, ARENA_REQUEST_MAX);
    struct str s = arena_str(&a, str_from_to(STR("hello world"), 0, 5));
    assert_string_equal(s.p, "hello");
    assert_int_equal(s.n, 5);
    assert_non_null(arena_str(&a, STR_NONE).p);
    assert_string_equal(arena_cstr(&a, STR_NONE), "");
    assert_true(str_is(arena_fmt(&a, "%s-%d", "x", 5), "x-5"));
}

static void a_pushed_array_keeps_its_items(void **state)
{
    (void)state;
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    struct {
        struct item {
            size_t number;
            char filler[24];
        } *items;
        size_t n, cap;
    } vec = {0};
    for (size_t i = 0; i < 1000; i++) {
        struct item *item = ARENA_PUSH(&a, &vec);
        assert_int_equal(item->number, 0);
        item->number = i + 1;
    }
    assert_int_equal(vec.n, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(vec.items[i].number, i + 1);
    arena_fini(&a);
    arena_init(&a, 512);
    memset(&vec, 0, sizeof(vec));
    size_t n = 0;
    while (ARENA_PUSH(&a, &vec))
        n++;
    assert_int_equal(vec.n, n); /* what did not fit was not counted */
}

/* Looks where nothing may be read any more; arena_alloc would clear it first. */
__attribute__((no_sanitize_address)) static bool is_zero(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (((const volatile char *)p)[i])
            return false;
    return true;
}

static void what_must_be_wiped_is(void **state)
{
    (void)state;
    auto_arena a = {0};
    arena_init(&a, 4096);
    a.wipe = true;
    for (int round = 0; round < 2; round++) {
        char *p = arena_alloc(&a, 100), *q = arena_alloc(&a, 5);
        for (int i = 0; i < 100; i++)
            p[i] = 'x';
        q[0] = 'y';
        arena_reset(&a);
        assert_true(a.wipe && is_zero(p, 100) && is_zero(q, 5));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(the_ceiling_holds_and_is_remembered),
        cmocka_unit_test(sizes_do_not_overflow),
        cmocka_unit_test(copies_end_in_nul),
        cmocka_unit_test(a_pushed_array_keeps_its_items),
        cmocka_unit_test(what_must_be_wiped_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
