#include "tests/unit/unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/pool.h"

static atomic_int n_done;

static void count(void *job)
{
    atomic_fetch_add(&n_done, *(int *)job);
}

static void every_accepted_job_runs_once_also_those_queued_at_the_end(void **state)
{
    (void)state;
    for (unsigned n_threads = 1; n_threads <= 4; n_threads++) {
        atomic_store(&n_done, 0);
        int one = 1, accepted = 0;
        struct pool *p = pool_new("test", n_threads, 16);
        assert_non_null(p);
        for (int i = 0; i < 5000; i++)
            accepted += pool_submit(p, count, &one);
        pool_free(p);
        assert_int_equal(atomic_load(&n_done), accepted);
        assert_true(accepted >= 16);
    }
}

/* A gate behind which workers wait, so that the queue's state is known. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_open;
static int n_waiting;

static void wait_at_gate(void *job)
{
    (void)job;
    pthread_mutex_lock(&lock);
    n_waiting++;
    pthread_cond_broadcast(&changed);
    while (!is_open)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static void a_full_queue_says_no_and_does_not_block(void **state)
{
    (void)state;
    struct pool *p = pool_new("a-rather-long-name", 2, 3);
    int one = 1;
    assert_true(pool_submit(p, wait_at_gate, NULL));
    assert_true(pool_submit(p, wait_at_gate, NULL));
    pthread_mutex_lock(&lock);
    while (n_waiting < 2)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    atomic_store(&n_done, 0);
    for (int i = 0; i < 3; i++)
        assert_true(pool_submit(p, count, &one));
    assert_int_equal(pool_queued(p), 3);
    assert_false(pool_submit(p, count, &one));
    pthread_mutex_lock(&lock);
    is_open = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    pool_free(p);
    assert_int_equal(atomic_load(&n_done), 3);
}

static atomic_int n_blocked;

static void look_at_signals(void *job)
{
    (void)job;
    sigset_t set;
    pthread_sigmask(SIG_SETMASK, NULL, &set);
    atomic_store(&n_blocked, sigismember(&set, SIGTERM) + sigismember(&set, SIGHUP));
}

static void workers_leave_signals_to_the_main_thread(void **state)
{
    (void)state;
    struct pool *p = pool_new("signals", 1, 1);
    assert_true(pool_submit(p, look_at_signals, NULL));
    pool_free(p);
    assert_int_equal(atomic_load(&n_blocked), 2);
    sigset_t set;
    pthread_sigmask(SIG_SETMASK, NULL, &set);
    assert_false(sigismember(&set, SIGTERM));
}

static void a_pool_without_threads_is_none(void **state)
{
    (void)state;
    assert_null(pool_new("none", 0, 10));
    pool_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_accepted_job_runs_once_also_those_queued_at_the_end),
        cmocka_unit_test(a_full_queue_says_no_and_does_not_block),
        cmocka_unit_test(workers_leave_signals_to_the_main_thread),
        cmocka_unit_test(a_pool_without_threads_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
