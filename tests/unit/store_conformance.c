#include "tests/unit/store_conformance.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

#define START_MS 1700000000000

static int64_t case_now_ms(const struct clock *c)
{
    return atomic_load(&((const struct case_clock *)c)->ms);
}

void case_clock_init(struct case_clock *c)
{
    c->clock = (struct clock){.now_ms = case_now_ms, .monotonic_ms = case_now_ms};
    atomic_init(&c->ms, START_MS);
}

struct write a_write(const char *key, const char *value)
{
    return (struct write){
        .key = str_from(key), .value = str_from(value), .durability = STORE_RELAXED};
}

enum store_outcome store_put_c(struct store *s, const char *key, const char *value,
                               uint64_t *ret_revision)
{
    struct write w = a_write(key, value);
    struct err e;

    return s->ops->put(s, &w, ret_revision, &e);
}

void assert_stored(struct store *s, const char *key, const char *value)
{
    auto_arena a = {0};
    struct record r = {0};
    struct err e;

    arena_init(&a, ARENA_NO_MAX);
    enum store_outcome outcome = s->ops->get(s, &a, str_from(key), &r, &e);
    assert_int_equal(outcome, value ? STORE_OK : STORE_NOT_FOUND);
    if (value && !str_is(r.value, value))
        fail_msg("%s holds '%.*s' instead of '%s'", key, STR_F(r.value), value);
    if (value)
        assert_true(str_is(r.key, key) && r.revision > 0);
}

void folder_make_fresh(char folder[64])
{
    snprintf(folder, 64, "/tmp/lotse-store-XXXXXX");
    assert_non_null(mkdtemp(folder));
}

void folder_remove(const char *folder)
{
    DIR *d = opendir(folder);
    const struct dirent *entry;

    while (d && (entry = readdir(d)))
        (void)unlinkat(dirfd(d), entry->d_name, 0);
    if (d)
        closedir(d);
    (void)rmdir(folder);
}

/* --- the suite */

static void what_is_absent_is_not_found_by_any_operation(void **state)
{
    struct store *s = ((struct store_case *)*state)->store;
    struct write w = a_write("family/1", "x");
    struct err e;

    assert_stored(s, "family/1", NULL);
    assert_int_equal(s->ops->compare_and_swap(s, &w, 7, NULL, &e), STORE_NOT_FOUND);
    assert_int_equal(s->ops->delete_if(s, w.key, 0, &e), STORE_NOT_FOUND);
    assert_int_equal(s->ops->delete_if(s, w.key, 7, &e), STORE_NOT_FOUND);
    assert_stored(s, "family/1", NULL);
}

static void each_write_is_seen_and_has_a_greater_revision(void **state)
{
    struct store *s = ((struct store_case *)*state)->store;
    uint64_t first = 0, second = 0, third = 0;
    struct err e;

    assert_int_equal(store_put_c(s, "k", "one", &first), STORE_OK);
    assert_stored(s, "k", "one");
    assert_int_equal(store_put_c(s, "k", "two", &second), STORE_OK);
    assert_stored(s, "k", "two");
    assert_int_equal(s->ops->delete_if(s, STR("k"), 0, &e), STORE_OK);
    assert_stored(s, "k", NULL);
    assert_int_equal(store_put_c(s, "k", "three", &third), STORE_OK);
    assert_true(first > 0 && second > first && third > second);
}

static void put_if_absent_leaves_what_is_there(void **state)
{
    struct store *s = ((struct store_case *)*state)->store;
    struct write one = a_write("code/1", "one"), two = a_write("code/1", "two");
    uint64_t revision = 0, untouched = 42;
    struct err e;

    assert_int_equal(s->ops->put_if_absent(s, &one, &revision, &e), STORE_OK);
    assert_true(revision > 0);
    assert_int_equal(s->ops->put_if_absent(s, &two, &untouched, &e), STORE_CONFLICT);
    assert_int_equal(untouched, 42);
    assert_stored(s, "code/1", "one");
}

static void compare_and_swap_wants_the_very_revision(void **state)
{
    struct store *s = ((struct store_case *)*state)->store;
    struct write w = a_write("f", "two");
    uint64_t first = 0, second = 0;
    struct err e;

    assert_int_equal(store_put_c(s, "f", "one", &first), STORE_OK);
    assert_int_equal(s->ops->compare_and_swap(s, &w, first + 1, NULL, &e), STORE_CONFLICT);
    assert_stored(s, "f", "one");
    assert_int_equal(s->ops->compare_and_swap(s, &w, first, &second, &e), STORE_OK);
    assert_stored(s, "f", "two");
    assert_true(second > first);
    assert_int_equal(s->ops->compare_and_swap(s, &w, first, NULL, &e), STORE_CONFLICT);
    assert_int_equal(s->ops->compare_and_swap(s, &w, 0, NULL, &e), STORE_FAILED);
    assert_int_equal(e.class, ERR_BUG);
}

static void an_old_revision_never_hits_a_record_made_anew(void **state)
{
    struct store *s = ((struct store_case *)*state)->store;
    struct write w = a_write("f", "thief");
    uint64_t old = 0;
    struct err e;

    assert_int_equal(store_put_c(s, "f", "one", &old), STORE_OK);
    assert_int_equal(s->ops->delete_if(s, STR("f"), old, &e), STORE_OK);
    assert_int_equal(store_put_c(s, "f", "two", NULL), STORE_OK);
    assert_int_equal(s->ops->compare_and_swap(s, &w, old, NULL, &e), STORE_CONFLICT);
    assert_int_equal(s->ops->delete_if(s, STR("f"), old, &e), STORE_CONFLICT);
    assert_stored(s, "f", "two");
}

static void what_expired_is_absent_for_every_operation(void **state)
{
    struct store_case *c = *state;
    struct store *s = c->store;
    struct write w = a_write("s/1", "old"), fresh = a_write("s/1", "new");
    struct store_range all = {.limit = 10};
    struct records records = {.n = 9};
    uint64_t revision = 0;
    auto_arena a = {0};
    struct err e;

    arena_init(&a, ARENA_NO_MAX);
    w.expires_ms = START_MS + 1000;
    assert_int_equal(s->ops->put(s, &w, &revision, &e), STORE_OK);
    atomic_store(&c->clock.ms, START_MS + 999);
    assert_stored(s, "s/1", "old");
    assert_int_equal(s->ops->put_if_absent(s, &fresh, NULL, &e), STORE_CONFLICT);
    atomic_store(&c->clock.ms, START_MS + 1000); /* from this millisecond on */
    assert_stored(s, "s/1", NULL);
    assert_int_equal(s->ops->compare_and_swap(s, &fresh, revision, NULL, &e), STORE_NOT_FOUND);
    assert_int_equal(s->ops->delete_if(s, w.key, revision, &e), STORE_NOT_FOUND);
    assert_int_equal(s->ops->delete_if(s, w.key, 0, &e), STORE_NOT_FOUND);
    assert_int_equal(s->ops->list(s, &a, &all, &records, &e), STORE_OK);
    assert_int_equal(records.n, 0);
    assert_int_equal(s->ops->put_if_absent(s, &fresh, NULL, &e), STORE_OK);
    assert_stored(s, "s/1", "new");
    atomic_store(&c->clock.ms, INT64_MAX); /* 0 is never */
    assert_stored(s, "s/1", "new");
}

static void limits_on_keys_and_values_are_kept(void **state)
{
    static const struct {
        size_t n_key, n_value;
        enum store_outcome outcome;
    } cases[] = {
        {1, 0, STORE_OK},
        {STORE_KEY_MAX, 1, STORE_OK},
        {10, STORE_VALUE_MAX, STORE_OK},
        {STORE_KEY_MAX, STORE_VALUE_MAX, STORE_OK},
        {0, 1, STORE_FAILED},
        {STORE_KEY_MAX + 1, 1, STORE_FAILED},
        {10, STORE_VALUE_MAX + 1, STORE_FAILED},
    };
    struct store *s = ((struct store_case *)*state)->store;
    auto_free char *bytes = mem_alloc(STORE_VALUE_MAX + 1);
    memset(bytes, 'v', STORE_VALUE_MAX + 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct write w = {.key = {bytes, cases[i].n_key}, .value = {bytes, cases[i].n_value}};
        struct record r = {0};
        auto_arena a = {0};
        struct err e;
        arena_init(&a, ARENA_NO_MAX);
        assert_int_equal(s->ops->put(s, &w, NULL, &e), cases[i].outcome);
        if (cases[i].outcome == STORE_FAILED) {
            assert_int_equal(e.class, ERR_LIMIT);
            continue;
        }
        assert_int_equal(s->ops->get(s, &a, w.key, &r, &e), STORE_OK);
        assert_true(str_eq(r.value, w.value) && str_eq(r.key, w.key));
        assert_int_equal(s->ops->delete_if(s, w.key, 0, &e), STORE_OK);
    }
}

/* In byte order. */
static const struct str odd_keys[] = {
    {"\0", 1},       {"\0\0", 2},         {"\n", 1},    {"%", 1},        {"' OR 1=1 --", 11},
    {"a", 1},        {"a\0", 2},          {"a\0b", 3},  {"a%", 2},       {"a/", 2},
    {"a/\0", 3},     {"a/b", 3},          {"a/b/c", 5}, {"a/\xff", 3},   {"a/\xff\xff", 4},
    {"a0", 2},       {"a_", 2},           {"b", 1},     {"\xc3\x28", 2}, {"\xff", 1},
    {"\xff\xff", 2}, {"\xff\xff\x01", 3},
};
#define N_ODD (sizeof(odd_keys) / sizeof(odd_keys[0]))

static void put_odd_keys(struct store *s)
{
    struct err e;

    for (size_t i = 0; i < N_ODD; i++) {
        struct write w = {.key = odd_keys[N_ODD - 1 - i],
                          .value = odd_keys[N_ODD - 1 - i],
                          .durability = STORE_RELAXED};
        assert_int_equal(s->ops->put(s, &w, NULL, &e), STORE_OK);
    }
}

static void keys_may_hold_any_byte(void **state)
{
    struct store *s = ((struct store_case *)*state)->store;
    auto_arena a = {0};
    struct err e;

    arena_init(&a, ARENA_NO_MAX);
    put_odd_keys(s);
    for (size_t i = 0; i < N_ODD; i++) {
        struct record r = {0};
        assert_int_equal(s->ops->get(s, &a, odd_keys[i], &r, &e), STORE_OK);
        assert_true(str_eq(r.value, odd_keys[i]));
    }
}

static void a_list_is_exactly_the_prefix_in_key_order(void **state)
{
    static const struct {
        struct str prefix, after;
        size_t first, n; /* in odd_keys */
    } cases[] = {
        {{NULL, 0}, {NULL, 0}, 0, N_ODD},
        {{"a", 1}, {NULL, 0}, 5, 12},
        {{"a/", 2}, {NULL, 0}, 9, 6},
        {{"a/", 2}, {"a/b", 3}, 12, 3},
        {{"a/", 2}, {"a/", 2}, 10, 5},
        {{"a/", 2}, {"Z", 1}, 9, 6},          /* after stands before the prefix */
        {{"a/", 2}, {"b", 1}, 0, 0},          /* behind it */
        {{"a/", 2}, {"a/\xff\xff", 4}, 0, 0}, /* the last one */
        {{"a/\xff", 3}, {NULL, 0}, 13, 2},
        {{"\xff", 1}, {NULL, 0}, 19, 3}, /* no byte is greater */
        {{"\xff\xff", 2}, {"\xff\xff", 2}, 21, 1},
        {{"\0", 1}, {NULL, 0}, 0, 2},
        {{"zz", 2}, {NULL, 0}, 0, 0},
    };
    struct store *s = ((struct store_case *)*state)->store;
    auto_arena a = {0};
    struct err e;

    arena_init(&a, ARENA_NO_MAX);
    put_odd_keys(s);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct store_range range = {
            .prefix = cases[i].prefix, .after = cases[i].after, .limit = 100};
        struct records records = {0};
        assert_int_equal(s->ops->list(s, &a, &range, &records, &e), STORE_OK);
        size_t n = records.n;
        if (n != cases[i].n)
            fail_msg("case %zu: %zu records instead of %zu", i, n, cases[i].n);
        for (size_t k = 0; k < n; k++)
            assert_true(str_eq(records.items[k].key, odd_keys[cases[i].first + k]));
    }
}

static void paging_gives_every_record_once(void **state)
{
    struct store *s = ((struct store_case *)*state)->store;
    struct store_range range = {.prefix = STR("p/"), .limit = 7};
    char key[32], last[32] = "";
    size_t n_all = 0, n;
    auto_arena a = {0};
    struct err e;

    arena_init(&a, ARENA_NO_MAX);
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof(key), "p/%03d", (i * 37) % 100);
        assert_int_equal(store_put_c(s, key, key, NULL), STORE_OK);
    }
    assert_int_equal(store_put_c(s, "p0", "beside", NULL), STORE_OK);
    do {
        struct records records = {0};
        assert_int_equal(s->ops->list(s, &a, &range, &records, &e), STORE_OK);
        n = records.n;
        assert_true(n <= 7);
        for (size_t i = 0; i < n; i++, n_all++) {
            snprintf(key, sizeof(key), "p/%03zu", n_all);
            assert_true(str_is(records.items[i].key, key));
        }
        if (n > 0) {
            snprintf(last, sizeof(last), "%.*s", STR_F(records.items[n - 1].key));
            range.after = str_from(last);
        }
    } while (n > 0);
    assert_int_equal(n_all, 100);
    range = (struct store_range){.prefix = STR("p/"), .limit = 0};
    struct records none = {.n = 9};
    assert_int_equal(s->ops->list(s, &a, &range, &none, &e), STORE_OK);
    assert_int_equal(none.n, 0);
}

static void what_does_not_fit_the_arena_fails_politely(void **state)
{
    struct store *s = ((struct store_case *)*state)->store;
    auto_free char *bytes = mem_alloc(STORE_VALUE_MAX);
    struct write w = {
        .key = STR("big"), .value = {bytes, STORE_VALUE_MAX}, .durability = STORE_RELAXED};
    struct store_range all = {.limit = 10};
    struct record r = {.revision = 42};
    struct records records = {.n = 42};
    struct err e;

    assert_int_equal(s->ops->put(s, &w, NULL, &e), STORE_OK);
    {
        auto_arena small = {0};
        arena_init(&small, 4096);
        assert_int_equal(s->ops->get(s, &small, w.key, &r, &e), STORE_FAILED);
        assert_int_equal(e.class, ERR_LIMIT);
        assert_int_equal(r.revision, 42);
    }
    {
        auto_arena small = {0};
        arena_init(&small, 4096);
        assert_int_equal(s->ops->list(s, &small, &all, &records, &e), STORE_FAILED);
        assert_int_equal(records.n, 42);
    }
}

/* --- watch */

struct seen {
    pthread_mutex_t lock;
    char text[256];
};

static void see(void *data, struct str key)
{
    struct seen *seen = data;

    pthread_mutex_lock(&seen->lock);
    size_t n = strlen(seen->text);
    snprintf(seen->text + n, sizeof(seen->text) - n, "%.*s ", STR_F(key));
    pthread_mutex_unlock(&seen->lock);
}

static void a_watcher_hears_of_every_write_in_order_until_unwatch(void **state)
{
    struct store *s = ((struct store_case *)*state)->store;
    struct seen seen = {.lock = PTHREAD_MUTEX_INITIALIZER},
                other = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct store_watcher watcher = {.changed = see, .data = &seen},
                         beside = {.changed = see, .data = &other};
    struct write absent = a_write("w/1", "x");
    uint64_t revision = 0;
    struct err e;

    assert_int_equal(s->ops->watch(s, STR("w/"), &watcher, &e), 0);
    assert_int_equal(s->ops->watch(s, STR("v/"), &beside, &e), 0);
    store_put_c(s, "w/1", "a", NULL);
    store_put_c(s, "u/1", "a", NULL);
    store_put_c(s, "w/2", "a", &revision);
    assert_int_equal(s->ops->put_if_absent(s, &absent, NULL, &e),
                     STORE_CONFLICT); /* nothing was written */
    struct write swap = a_write("w/2", "b");
    assert_int_equal(s->ops->compare_and_swap(s, &swap, revision, NULL, &e), STORE_OK);
    assert_int_equal(s->ops->delete_if(s, STR("w/1"), 0, &e), STORE_OK);
    s->ops->unwatch(s, &watcher);
    store_put_c(s, "w/3", "a", NULL);
    assert_string_equal(seen.text, "w/1 w/2 w/2 w/1 ");
    assert_string_equal(other.text, "");
    s->ops->unwatch(s, &beside);
}

/* --- many at once */

#define N_RACERS  100
#define N_ADDERS  16
#define N_ADDINGS 25

struct racer {
    struct store *store;
    pthread_barrier_t *start;
    enum store_outcome outcome;
    int id;
};

static void *race_for_absent(void *data)
{
    struct racer *r = data;
    char value[16];
    struct err e;

    snprintf(value, sizeof(value), "racer %d", r->id);
    struct write w = a_write("code/race", value);
    w.durability = r->id % 2 ? STORE_DURABLE : STORE_RELAXED;
    pthread_barrier_wait(r->start);
    r->outcome = r->store->ops->put_if_absent(r->store, &w, NULL, &e);
    return NULL;
}

static void of_a_hundred_who_put_if_absent_exactly_one_wins(void **state)
{
    struct store *s = ((struct store_case *)*state)->store;
    struct racer racers[N_RACERS];
    pthread_t threads[N_RACERS];
    pthread_barrier_t start;
    int n_won = 0, winner = -1;
    char value[16];

    pthread_barrier_init(&start, NULL, N_RACERS);
    for (int i = 0; i < N_RACERS; i++) {
        racers[i] = (struct racer){.store = s, .start = &start, .id = i};
        assert_int_equal(pthread_create(&threads[i], NULL, race_for_absent, &racers[i]), 0);
    }
    for (int i = 0; i < N_RACERS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(racers[i].outcome == STORE_OK || racers[i].outcome == STORE_CONFLICT);
        if (racers[i].outcome == STORE_OK) {
            n_won++;
            winner = i;
        }
    }
    pthread_barrier_destroy(&start);
    assert_int_equal(n_won, 1);
    snprintf(value, sizeof(value), "racer %d", winner);
    assert_stored(s, "code/race", value);
}

static bool add_one(struct store *s)
{
    struct record r = {0};
    int64_t count = 0;
    char value[24];
    auto_arena a = {0};
    struct err e;

    arena_init(&a, ARENA_NO_MAX);
    if (s->ops->get(s, &a, STR("counter"), &r, &e) != STORE_OK || !str_to_i64(r.value, &count))
        return false;
    snprintf(value, sizeof(value), "%lld", (long long)count + 1);
    struct write w = a_write("counter", value);
    return s->ops->compare_and_swap(s, &w, r.revision, NULL, &e) == STORE_OK;
}

static void *add_on(void *data)
{
    struct racer *r = data;

    pthread_barrier_wait(r->start);
    for (int i = 0; i < N_ADDINGS;)
        i += add_one(r->store);
    return NULL;
}

static void compare_and_swap_loses_no_update(void **state)
{
    struct store *s = ((struct store_case *)*state)->store;
    struct racer racers[N_ADDERS];
    pthread_t threads[N_ADDERS];
    pthread_barrier_t start;

    store_put_c(s, "counter", "0", NULL);
    pthread_barrier_init(&start, NULL, N_ADDERS);
    for (int i = 0; i < N_ADDERS; i++) {
        racers[i] = (struct racer){.store = s, .start = &start, .id = i};
        assert_int_equal(pthread_create(&threads[i], NULL, add_on, &racers[i]), 0);
    }
    for (int i = 0; i < N_ADDERS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&start);
    assert_stored(s, "counter", "400");
}

static void a_good_store_is_healthy(void **state)
{
    struct store *s = ((struct store_case *)*state)->store;
    struct err e;

    assert_int_equal(s->ops->health(s, &e), 0);
}

static const struct {
    const char *name;
    CMUnitTestFunction run;
} suite[] = {
#define CASE(function) {#function, function}
    CASE(what_is_absent_is_not_found_by_any_operation),
    CASE(each_write_is_seen_and_has_a_greater_revision),
    CASE(put_if_absent_leaves_what_is_there),
    CASE(compare_and_swap_wants_the_very_revision),
    CASE(an_old_revision_never_hits_a_record_made_anew),
    CASE(what_expired_is_absent_for_every_operation),
    CASE(limits_on_keys_and_values_are_kept),
    CASE(keys_may_hold_any_byte),
    CASE(a_list_is_exactly_the_prefix_in_key_order),
    CASE(paging_gives_every_record_once),
    CASE(what_does_not_fit_the_arena_fails_politely),
    CASE(a_watcher_hears_of_every_write_in_order_until_unwatch),
    CASE(of_a_hundred_who_put_if_absent_exactly_one_wins),
    CASE(compare_and_swap_loses_no_update),
    CASE(a_good_store_is_healthy),
#undef CASE
};
#define N_SUITE (sizeof(suite) / sizeof(suite[0]))

int run_store_conformance(const char *name, CMFixtureFunction setup, CMFixtureFunction teardown)
{
    struct CMUnitTest tests[N_SUITE];

    memset(tests, 0, sizeof(tests));
    for (size_t i = 0; i < N_SUITE; i++) {
        tests[i].name = suite[i].name;
        tests[i].test_func = suite[i].run;
        tests[i].setup_func = setup;
        tests[i].teardown_func = teardown;
    }
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}
