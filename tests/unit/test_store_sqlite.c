/* The SQLite back end passes the suite of all back ends, keeps what it was given over a restart,
 * and shares its file with nobody. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "gateway/store/sqlite_internal.h"
#include "tests/unit/store_conformance.h"

static const char *path_in(const struct store_case *c)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s/store.db", c->folder);
    return path;
}

static void open_again(struct store_case *c)
{
    struct err e;

    if (store_sqlite_open(path_in(c), &c->clock.clock, &c->store, &e) < 0)
        fail_msg("%s", e.text);
}

static int setup(void **state)
{
    struct store_case *c = MEM_NEW(struct store_case);

    case_clock_init(&c->clock);
    folder_make_fresh(c->folder);
    open_again(c);
    *state = c;
    return 0;
}

static int teardown(void **state)
{
    struct store_case *c = *state;

    if (c->store)
        c->store->ops->free(c->store);
    folder_remove(c->folder);
    mem_free(c);
    return 0;
}

static void close_store(struct store_case *c)
{
    c->store->ops->free(c->store);
    c->store = NULL;
}

static void records_and_revisions_outlive_a_restart(void **state)
{
    struct store_case *c = *state;
    uint64_t before = 0, after = 0;
    struct err e;

    store_put_c(c->store, "kept", "yes", NULL);
    store_put_c(c->store, "gone", "x", &before);
    assert_int_equal(c->store->ops->delete_if(c->store, STR("gone"), 0, &e), STORE_OK);
    close_store(c);
    open_again(c);
    assert_stored(c->store, "kept", "yes");
    assert_stored(c->store, "gone", NULL);
    assert_int_equal(store_put_c(c->store, "gone", "y", &after), STORE_OK);
    assert_true(after > before);
}

static void the_file_is_for_its_owner_alone(void **state)
{
    const struct store_case *c = *state;
    static const char *const names[] = {"", "-wal", "-shm", ".lock"};
    char path[160];
    struct stat s;

    store_put_c(c->store, "k", "v", NULL);
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof(path), "%s%s", path_in(c), names[i]);
        assert_int_equal(stat(path, &s), 0);
        assert_int_equal(s.st_mode & 0777, 0600);
    }
}

static void a_second_store_on_the_same_file_is_refused_by_name_of_the_first(void **state)
{
    const struct store_case *c = *state;
    struct store *second = NULL;
    char expected[64], other[160];
    struct err e;

    assert_int_equal(store_sqlite_open(path_in(c), &c->clock.clock, &second, &e), -1);
    snprintf(expected, sizeof(expected), "is used by process %ld (", (long)getpid());
    assert_non_null(strstr(e.text, expected));
    assert_non_null(strstr(e.text, "stop it or give this one another file"));

    snprintf(other, sizeof(other), "%s/other-name.db", c->folder);
    assert_int_equal(symlink("store.db", other), 0);
    assert_int_equal(store_sqlite_open(other, &c->clock.clock, &second, &e), -1);
    assert_int_equal(e.class, ERR_CONFIG);
    store_put_c(c->store, "k", "v", NULL); /* the first one goes on */
    assert_stored(c->store, "k", "v");
}

static int child_opens(const struct store_case *c, const char *expected)
{
    struct store *second = NULL;
    struct err e;

    if (store_sqlite_open(path_in(c), &clock_system, &second, &e) == 0)
        return 1;
    return strstr(e.text, expected) ? 0 : 2;
}

static void a_second_process_is_refused(void **state)
{
    const struct store_case *c = *state;
    char expected[64];
    int status = -1;

    snprintf(expected, sizeof(expected), "is used by process %ld (", (long)getpid());
    pid_t child = fork();
    if (child == 0)
        _exit(child_opens(c, expected));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
}

static void a_file_that_is_not_ours_is_refused_and_left_alone(void **state)
{
    static const struct {
        const char *sql, *text;
    } cases[] = {
        {"CREATE TABLE theirs (x); PRAGMA user_version = 3;", "another program"},
        {"PRAGMA application_id = 1;", "another program"},
        {"PRAGMA application_id = 1282700133; PRAGMA user_version = 2;", "another version"},
        {NULL, "not a database"},
    };
    struct store_case *c = *state;
    close_store(c);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct store *s = NULL;
        sqlite3 *db = NULL;
        struct err e;
        unlink(path_in(c));
        if (cases[i].sql) {
            assert_int_equal(sqlite3_open(path_in(c), &db), SQLITE_OK);
            assert_int_equal(sqlite3_exec(db, cases[i].sql, NULL, NULL, NULL), SQLITE_OK);
            sqlite3_close(db);
        } else {
            FILE *f = fopen(path_in(c), "w");
            assert_non_null(f);
            for (int k = 0; k < 500; k++)
                fputs("this is a letter to my grandmother\n", f);
            fclose(f);
        }
        assert_int_equal(store_sqlite_open(path_in(c), &c->clock.clock, &s, &e), -1);
        if (!strstr(e.text, cases[i].text))
            fail_msg("case %zu: %s", i, e.text);
    }
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    struct store *s = NULL;
    struct err e;

    (void)state;
    assert_int_equal(store_sqlite_open("/nonexistent/folder/store.db", &clock_system, &s, &e), -1);
    assert_non_null(strstr(e.text, "/nonexistent/folder/store.db: open: No such file"));
}

struct sweeping {
    int64_t now_ms;
    int n_steps, n_left;
};

static void sweep_all(sqlite3 *db, void *data)
{
    struct sweeping *sweeping = data;
    struct sqlite_sweeper sweeper;
    sqlite3_stmt *count = NULL;
    struct err e;

    if (sqlite_sweeper_init(&sweeper, db, &e) == 0)
        while (!sqlite_sweep_step(&sweeper, sweeping->now_ms))
            sweeping->n_steps++;
    sqlite_sweeper_fini(&sweeper);
    sqlite3_prepare_v2(db, "SELECT count(*) FROM record", -1, &count, NULL);
    if (sqlite3_step(count) == SQLITE_ROW)
        sweeping->n_left = sqlite3_column_int(count, 0);
    sqlite3_finalize(count);
}

static void the_sweep_takes_what_expired_and_nothing_else(void **state)
{
    struct store_case *c = *state;
    struct sweeping sweeping = {.now_ms = atomic_load(&c->clock.ms) + 1000};
    char key[32];
    struct err e;

    for (int i = 0; i < 1700; i++) {
        snprintf(key, sizeof(key), "s/%04d", i);
        struct write w = a_write(key, "v");
        w.expires_ms = i % 17 == 0 ? 0 : i % 17 == 1 ? sweeping.now_ms + 1 : sweeping.now_ms;
        assert_int_equal(c->store->ops->put(c->store, &w, NULL, &e), STORE_OK);
    }
    store_sqlite_on_writer(c->store, sweep_all, &sweeping);
    assert_int_equal(sweeping.n_left, 200);
    assert_int_equal(sweeping.n_steps, 4); /* 500 rows each: nobody waits long behind one */
    assert_stored(c->store, "s/0000", "v");
    assert_stored(c->store, "s/0001", "v");
    assert_stored(c->store, "s/0002", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(records_and_revisions_outlive_a_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(the_file_is_for_its_owner_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_second_store_on_the_same_file_is_refused_by_name_of_the_first, setup, teardown),
        cmocka_unit_test_setup_teardown(a_second_process_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_that_is_not_ours_is_refused_and_left_alone, setup,
                                        teardown),
        cmocka_unit_test(a_folder_that_is_not_there_is_named),
        cmocka_unit_test_setup_teardown(the_sweep_takes_what_expired_and_nothing_else, setup,
                                        teardown),
    };

    int failed = run_store_conformance("store_sqlite", setup, teardown);
    return failed + cmocka_run_group_tests_name("store_sqlite_file", tests, NULL, NULL);
}
