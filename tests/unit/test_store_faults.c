/*
 * The SQLite back end when things go wrong: killed at any moment, disk full, disk failing to sync.
 * write and sync of the SQLite library go through the functions of this file, which can count and
 * refuse.
 */
#include "tests/unit/unit.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "gateway/store/sqlite_internal.h"
#include "tests/unit/store_conformance.h"

/* --- faults */

static atomic_int n_syncs, sync_error, write_error;

int fdatasync(int fd)
{
    static int (*real)(int fd);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
    atomic_fetch_add(&n_syncs, 1);
    if (atomic_load(&sync_error)) {
        errno = atomic_load(&sync_error);
        return -1;
    }
    return real(fd);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
    static ssize_t (*real)(int fd, const void *bytes, size_t n, off64_t at);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "pwrite64");
    if (atomic_load(&write_error)) {
        errno = atomic_load(&write_error);
        return -1;
    }
    return real(fd, bytes, n, at);
}

/* --- helpers */

static struct store_case *case_new(void)
{
    struct store_case *c = MEM_NEW(struct store_case);

    case_clock_init(&c->clock);
    folder_make_fresh(c->folder);
    return c;
}

static void open_store(struct store_case *c)
{
    char path[128];
    struct err e;

    snprintf(path, sizeof(path), "%s/store.db", c->folder);
    if (store_sqlite_open(path, &c->clock.clock, &c->store, &e) < 0)
        fail_msg("%s", e.text);
}

static void close_store(struct store_case *c)
{
    if (c->store)
        c->store->ops->free(c->store);
    c->store = NULL;
}

static int setup(void **state)
{
    struct store_case *c = case_new();

    open_store(c);
    *state = c;
    return 0;
}

static int teardown(void **state)
{
    struct store_case *c = *state;

    atomic_store(&sync_error, 0);
    atomic_store(&write_error, 0);
    close_store(c);
    folder_remove(c->folder);
    mem_free(c);
    return 0;
}

static void check_integrity(sqlite3 *db, void *data)
{
    sqlite3_stmt *statement = NULL;
    bool *good = data;

    *good = sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL) == SQLITE_OK &&
            sqlite3_step(statement) == SQLITE_ROW &&
            strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    sqlite3_finalize(statement);
}

static void assert_integrity(struct store *s)
{
    bool good = false;

    store_sqlite_on_writer(s, check_integrity, &good);
    assert_true(good);
}

static enum store_outcome put_durable(struct store *s, const char *key, const char *value,
                                      struct err *e)
{
    struct write w = a_write(key, value);

    w.durability = STORE_DURABLE;
    return s->ops->put(s, &w, NULL, e);
}

/* --- syncs */

static void a_durable_write_costs_one_sync_and_a_relaxed_one_none(void **state)
{
    struct store *s = ((struct store_case *)*state)->store;
    struct err e;

    put_durable(s, "k", "warm", &e);
    atomic_store(&n_syncs, 0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(put_durable(s, "k", "v", &e), STORE_OK);
    assert_int_equal(atomic_load(&n_syncs), 20);
    for (int i = 0; i < 20; i++)
        assert_int_equal(store_put_c(s, "k", "v", NULL), STORE_OK);
    assert_int_equal(atomic_load(&n_syncs), 20);
}

#define N_TOGETHER 40

struct gate { /* holds the writer until everybody stands in the queue */
    struct store *store;
    pthread_barrier_t start;
    atomic_int n_calling;
};

static void *write_one(void *data)
{
    struct gate *gate = data;
    char key[32];
    struct err e;

    snprintf(key, sizeof(key), "k/%d", atomic_fetch_add(&gate->n_calling, 1));
    return put_durable(gate->store, key, "v", &e) == STORE_OK ? NULL : data;
}

static void wait_for_all(sqlite3 *db, void *data)
{
    const struct gate *gate = data;
    const struct timespec moment = {.tv_nsec = 20000000};

    (void)db;
    while (atomic_load(&gate->n_calling) < N_TOGETHER)
        nanosleep(&moment, NULL);
    nanosleep(&moment, NULL); /* the last step of each: from the counter into the queue */
}

static void *hold_writer(void *data)
{
    struct gate *gate = data;

    store_sqlite_on_writer(gate->store, wait_for_all, gate);
    return NULL;
}

static void writes_that_wait_together_share_their_sync(void **state)
{
    struct gate gate = {.store = ((struct store_case *)*state)->store};
    pthread_t threads[N_TOGETHER], holder;
    struct err e;

    put_durable(gate.store, "k", "warm", &e);
    atomic_store(&n_syncs, 0);
    assert_int_equal(pthread_create(&holder, NULL, hold_writer, &gate), 0);
    for (size_t i = 0; i < N_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_one, &gate), 0);
    for (size_t i = 0; i < N_OF(threads); i++) {
        void *bad = NULL;
        pthread_join(threads[i], &bad);
        assert_null(bad);
    }
    pthread_join(holder, NULL);
    /* One transaction for (nearly) all: who was slow to queue up gets another. */
    assert_in_range(atomic_load(&n_syncs), 1, 5);
}

static void after_a_failed_sync_nothing_is_promised_any_more(void **state)
{
    struct store_case *c = *state;
    struct err e;

    assert_int_equal(put_durable(c->store, "before", "v", &e), STORE_OK);
    atomic_store(&sync_error, EIO);
    assert_int_equal(put_durable(c->store, "k", "v", &e), STORE_FAILED);
    assert_non_null(strstr(e.text, "may or may not have happened"));
    atomic_store(&sync_error, 0);
    /* The kernel would now say yes, and might have lost the pages. */
    assert_int_equal(put_durable(c->store, "k", "v", &e), STORE_FAILED);
    assert_int_equal(c->store->ops->health(c->store, &e), -1);
    assert_non_null(strstr(e.text, "failed to sync"));
    assert_stored(c->store, "before", "v"); /* reading goes on */
    close_store(c);
    open_store(c);
    assert_stored(c->store, "before", "v");
    assert_int_equal(put_durable(c->store, "k", "v", &e), STORE_OK);
}

/* --- full disk */

static void limit_pages(sqlite3 *db, void *data)
{
    char sql[64];

    snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %d", *(const int *)data);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void a_full_database_says_so_loses_nothing_and_recovers(void **state)
{
    struct store_case *c = *state;
    auto_free char *big = mem_alloc(STORE_VALUE_MAX);
    int few = 1, many = 100000;
    struct write w = {.key = STR("big"), .value = {big, STORE_VALUE_MAX}};
    struct err e;

    assert_int_equal(put_durable(c->store, "kept", "before", &e), STORE_OK);
    store_sqlite_on_writer(c->store, limit_pages, &few); /* as many as there are */
    assert_int_equal(c->store->ops->put(c->store, &w, NULL, &e), STORE_FAILED);
    assert_non_null(strstr(e.text, "free some disk space"));
    assert_stored(c->store, "kept", "before");
    assert_stored(c->store, "big", NULL);
    assert_int_equal(put_durable(c->store, "kept", "after", &e), STORE_OK); /* needs no page more */
    store_sqlite_on_writer(c->store, limit_pages, &many);
    assert_int_equal(c->store->ops->put(c->store, &w, NULL, &e), STORE_OK);
    assert_stored(c->store, "kept", "after");
    assert_integrity(c->store);
}

static void a_full_disk_says_so_loses_nothing_and_recovers(void **state)
{
    static const struct {
        int error;
        const char *text;
    } cases[] = {
        {ENOSPC, "free some disk space"}, {EIO, "may or may not"}, {EDQUOT, "may or may not"}};
    struct store_case *c = *state;
    struct err e;

    assert_int_equal(put_durable(c->store, "kept", "before", &e), STORE_OK);
    for (size_t i = 0; i < N_OF(cases); i++) {
        atomic_store(&write_error, cases[i].error);
        assert_int_equal(put_durable(c->store, "kept", "lost", &e), STORE_FAILED);
        assert_int_equal(e.class, ERR_BACKEND);
        if (!strstr(e.text, cases[i].text))
            fail_msg("case %zu: %s", i, e.text);
        assert_int_equal(c->store->ops->health(c->store, &e), -1);
        assert_stored(c->store, "kept", "before");
        atomic_store(&write_error, 0);
        assert_int_equal(c->store->ops->health(c->store, &e), 0);
        assert_int_equal(put_durable(c->store, "fresh", "v", &e), STORE_OK);
    }
    assert_integrity(c->store);
    close_store(c);
    open_store(c);
    assert_stored(c->store, "kept", "before");
    assert_stored(c->store, "fresh", "v");
}

static int write_until_refused(struct store_case *c)
{
    struct rlimit limit = {.rlim_cur = 300 * 1024, .rlim_max = RLIM_INFINITY};
    char key[32];
    struct err e;
    int n = 0;

    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
        return 1;
    for (; n < 10000; n++) {
        snprintf(key, sizeof(key), "k/%05d", n);
        if (put_durable(c->store, key, "some value, not long, not short", &e) != STORE_OK)
            break;
    }
    if (n == 0 || n == 10000)
        return 2;
    limit.rlim_cur = RLIM_INFINITY;
    if (setrlimit(RLIMIT_FSIZE, &limit) < 0 || put_durable(c->store, "after", "v", &e) != STORE_OK)
        return 3;
    return 0;
}

static void a_limit_on_the_file_size_is_survived(void **state)
{
    struct store_case *c = *state;
    int status = -1;

    close_store(c);
    pid_t child = fork();
    if (child == 0) {
        open_store(c);
        int result = write_until_refused(c);
        close_store(c);
        _exit(result);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
    open_store(c);
    assert_integrity(c->store);
    assert_stored(c->store, "k/00000", "some value, not long, not short");
    assert_stored(c->store, "after", "v");
}

/* --- kill -9 */

#define N_KILLS   12
#define N_WRITERS 4

struct writer {
    struct store *store;
    int fd, id, first;
};
struct acknowledged { /* what the killed process had told: record id holds at least the number */
    int id, number;
};

static void *write_and_tell(void *data)
{
    const struct writer *writer = data;
    char key[32], value[32];

    snprintf(key, sizeof(key), "kill/%d", writer->id);
    for (int number = writer->first;; number++) {
        struct acknowledged told = {.id = writer->id, .number = number};
        struct err e;
        snprintf(value, sizeof(value), "%d", number);
        if (put_durable(writer->store, key, value, &e) != STORE_OK)
            return NULL;
        if (write(writer->fd, &told, sizeof(told)) != sizeof(told))
            return NULL;
    }
}

static void child_writes(struct store_case *c, int fd, int first)
{
    struct writer writers[N_WRITERS];
    pthread_t threads[N_WRITERS];

    open_store(c);
    for (int i = 0; i < N_WRITERS; i++) {
        writers[i] = (struct writer){.store = c->store, .fd = fd, .id = i, .first = first};
        if (pthread_create(&threads[i], NULL, write_and_tell, &writers[i]) != 0)
            _exit(1);
    }
    for (int i = 0; i < N_WRITERS; i++)
        pthread_join(threads[i], NULL);
    _exit(2);
}

/* Reads what the child tells until it has told n times; then kills it and reads the rest. */
static void listen_and_kill(pid_t child, int fd, int n, int numbers[N_WRITERS])
{
    struct acknowledged told;

    while (read(fd, &told, sizeof(told)) == sizeof(told)) {
        numbers[told.id] = told.number;
        if (--n == 0)
            assert_int_equal(kill(child, SIGKILL), 0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void assert_at_least(struct store *s, int id, int number)
{
    struct record r = {0};
    int64_t found = -1;
    char key[32];
    auto_arena a = {0};
    struct err e;

    arena_init(&a, ARENA_NO_MAX);
    snprintf(key, sizeof(key), "kill/%d", id);
    enum store_outcome outcome = s->ops->get(s, &a, str_from(key), &r, &e);
    assert_int_equal(outcome, number < 0 ? STORE_NOT_FOUND : STORE_OK);
    assert_true(number < 0 || str_to_i64(r.value, &found));
    if (found < number) /* one more may be there: done, but not told any more */
        fail_msg("writer %d was told that %d is stored; found is %lld", id, number,
                 (long long)found);
}

static void killed_at_any_moment_it_keeps_every_acknowledged_write(void **state)
{
    struct store_case *c = *state;
    int numbers[N_WRITERS], pipes[2];

    for (int i = 0; i < N_WRITERS; i++)
        numbers[i] = -1;
    close_store(c);
    for (int round = 0; round < N_KILLS; round++) {
        assert_int_equal(pipe(pipes), 0);
        pid_t child = fork();
        if (child == 0) {
            close(pipes[0]);
            child_writes(c, pipes[1], round * 100000);
        }
        close(pipes[1]);
        listen_and_kill(child, pipes[0], 1 + round * 37, numbers);
        close(pipes[0]);
        open_store(c);
        assert_integrity(c->store);
        for (int i = 0; i < N_WRITERS; i++)
            if (numbers[i] >= 0)
                assert_at_least(c->store, i, numbers[i]);
        close_store(c);
    }
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_durable_write_costs_one_sync_and_a_relaxed_one_none),
        CASE(writes_that_wait_together_share_their_sync),
        CASE(after_a_failed_sync_nothing_is_promised_any_more),
        CASE(a_full_database_says_so_loses_nothing_and_recovers),
        CASE(a_full_disk_says_so_loses_nothing_and_recovers),
        CASE(a_limit_on_the_file_size_is_survived),
        CASE(killed_at_any_moment_it_keeps_every_acknowledged_write),
    };
#undef CASE

    return cmocka_run_group_tests_name("store_faults", tests, NULL, NULL);
}
