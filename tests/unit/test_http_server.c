#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/http/http.h"

/* A handler that stands still until it is let go: what a slow directory does to a worker. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned n_inside, n_allowed;
} gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0};

static void slow(void *env, const struct request *request, struct reply *reply)
{
    (void)env;
    pthread_mutex_lock(&gate.lock);
    unsigned number = ++gate.n_inside;
    pthread_cond_broadcast(&gate.changed);
    while (number > gate.n_allowed)
        pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
    reply_body(reply, 200, "text/plain", arena_str(request->arena, STR("done\n")));
}

static void quick(void *env, const struct request *request, struct reply *reply)
{
    (void)env, (void)request;
    reply_body(reply, 200, "text/plain", STR("ok\n"));
}

static void let_go(unsigned n)
{
    pthread_mutex_lock(&gate.lock);
    gate.n_allowed = n;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
}

static void wait_inside(unsigned n)
{
    pthread_mutex_lock(&gate.lock);
    while (gate.n_inside < n)
        pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
}

static const struct route routes[] = {{"/slow", METHOD_BIT(HTTP_GET), slow, 0},
                                      {"/quick", METHOD_BIT(HTTP_GET), quick, 0},
                                      {"/inline", METHOD_BIT(HTTP_GET), quick, ROUTE_INLINE},
                                      {.path = NULL}};

static struct http_view acquire(void *data)
{
    (void)data;
    return (struct http_view){NULL, NULL};
}

static const struct http_routes tables[] = {
    {.prefix = {"", 0}, .routes = routes, .acquire = acquire}};

struct rig {
    struct pool *workers;
    struct http_server *server;
};

static void start(struct rig *r)
{
    struct err e = {0};
    gate.n_inside = gate.n_allowed = 0;
    r->workers = pool_new("test", 1, 1);
    const struct http_settings s = {.address = {{"127.0.0.1", 9}, 0},
                                    .limits = HTTP_LIMITS_DEFAULT,
                                    .io_threads = 2,
                                    .workers = r->workers,
                                    .tables = tables,
                                    .n_tables = 1};
    if (http_server_start(&s, &r->server, &e) < 0)
        fail_msg("%s", e.text);
}

static int ask(const struct rig *r, const char *path)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(http_server_port(r->server))};
    char text[128];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
    int n = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                     path);
    assert_int_equal(write(fd, text, (size_t)n), n);
    return fd;
}

static int status_of(int fd, struct buf *text)
{
    buf_init(text, 65536);
    for (;;) {
        char *to = buf_reserve(text, 4096);
        ssize_t n = read(fd, to, 4096);
        if (n <= 0)
            break;
        buf_commit(text, (size_t)n);
    }
    close(fd);
    int64_t status = 0;
    (void)str_to_i64(str_from_to(buf_str(text), 9, 12), &status);
    return (int)status;
}

static int answer(int fd)
{
    struct buf text;
    int status = status_of(fd, &text);
    buf_fini(&text);
    return status;
}

static void a_full_queue_is_answered_503_at_once_and_the_rest_is_served(void **state)
{
    (void)state;
    struct rig r;
    struct buf text;
    start(&r);
    int first = ask(&r, "/slow");
    wait_inside(1);
    int second = ask(&r, "/slow");
    while (pool_queued(r.workers) < 1)
        usleep(1000);
    assert_int_equal(status_of(ask(&r, "/slow"), &text), 503); /* while the other two still stand */
    assert_non_null(strstr(buf_cstr(&text), "\r\nRetry-After: 1\r\n"));
    buf_fini(&text);
    assert_int_equal(answer(ask(&r, "/inline")), 200); /* the I/O threads are free */
    assert_int_equal(http_server_stats(r.server).shed, 1);
    let_go(2);
    assert_int_equal(answer(first), 200);
    assert_int_equal(answer(second), 200);
    assert_int_equal(answer(ask(&r, "/quick")), 200);
    assert_true(http_server_stop(r.server, 5000));
    pool_free(r.workers);
}

static void *let_go_later(void *data)
{
    (void)data;
    usleep(100000);
    let_go(1);
    return NULL;
}

static void a_stop_waits_for_what_runs(void **state)
{
    (void)state;
    struct rig r;
    pthread_t helper;
    start(&r);
    int fd = ask(&r, "/slow");
    wait_inside(1);
    assert_int_equal(pthread_create(&helper, NULL, let_go_later, NULL), 0);
    assert_true(http_server_stop(r.server, 60000));
    assert_int_equal(answer(fd), 200);
    pthread_join(helper, NULL);
    pool_free(r.workers);
}

static void a_stop_whose_time_is_over_leaves_everything_as_it_is(void **state)
{
    (void)state;
    struct rig r;
    start(&r);
    int fd = ask(&r, "/slow");
    wait_inside(1);
    assert_false(http_server_stop(r.server, 1));
    let_go(1);
    assert_int_equal(answer(fd), 200);
    assert_true(http_server_stop(r.server, 60000));
    pool_free(r.workers);
}

static void a_client_that_leaves_while_its_request_runs_harms_nobody(void **state)
{
    (void)state;
    struct rig r;
    start(&r);
    close(ask(&r, "/slow"));
    wait_inside(1);
    let_go(100);
    for (int i = 0; i < 20; i++)
        assert_int_equal(answer(ask(&r, i % 2 ? "/quick" : "/inline")), 200);
    assert_true(http_server_stop(r.server, 60000));
    pool_free(r.workers);
}

static void an_address_in_use_is_a_failure_that_names_it(void **state)
{
    (void)state;
    struct rig r;
    struct http_server *second;
    struct err e = {0};
    start(&r);
    const struct http_settings s = {.address = {{"127.0.0.1", 9}, http_server_port(r.server)},
                                    .limits = HTTP_LIMITS_DEFAULT,
                                    .tables = tables,
                                    .n_tables = 1};
    assert_int_equal(http_server_start(&s, &second, &e), -1);
    assert_non_null(strstr(e.text, "cannot listen on 127.0.0.1 port"));
    assert_true(http_server_stop(r.server, 5000));
    pool_free(r.workers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_queue_is_answered_503_at_once_and_the_rest_is_served),
        cmocka_unit_test(a_stop_waits_for_what_runs),
        cmocka_unit_test(a_stop_whose_time_is_over_leaves_everything_as_it_is),
        cmocka_unit_test(a_client_that_leaves_while_its_request_runs_harms_nobody),
        cmocka_unit_test(an_address_in_use_is_a_failure_that_names_it),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
