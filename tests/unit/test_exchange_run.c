#include "tests/unit/unit.h"

#include "gateway/http/exchange_run.h"

static int n_held;

static void echo(void *env, const struct request *r, struct reply *reply)
{
    (void)env;
    reply_body(reply, 200, "text/plain",
               arena_fmt(r->arena, "%.*s|%.*s|q%zu|f%zu|b%zu", STR_F(r->path), STR_F(r->peer),
                         r->query.n, r->form.n, r->body.n));
}

static void silent(void *env, const struct request *r, struct reply *reply)
{
    (void)env, (void)r, (void)reply;
}

static void greedy(void *env, const struct request *r, struct reply *reply)
{
    echo(env, r, reply);
    (void)arena_alloc(r->arena, (size_t)16 << 20);
}

static const struct route routes[] = {
    {"/a", METHOD_BIT(HTTP_GET) | METHOD_BIT(HTTP_POST), echo, ROUTE_CORS},
    {"/post", METHOD_BIT(HTTP_POST), echo, 0},
    {"/silent", METHOD_BIT(HTTP_GET), silent, 0},
    {"/greedy", METHOD_BIT(HTTP_GET), greedy, 0},
    {.path = NULL},
};
static const struct str origins[] = {{"https://app.example", 19}};
static const struct http_policy policy = {.cors_origins = origins, .n_cors_origins = 1};

static struct http_view acquire(void *data)
{
    (void)data;
    n_held++;
    return (struct http_view){NULL, &policy};
}

static void release(void *data, void *env)
{
    (void)data, (void)env;
    n_held--;
}

static const struct http_routes tables[] = {{{"/dex", 4}, routes, NULL, acquire, release}};

static struct str header_of(const struct reply *r, const char *name)
{
    for (size_t i = 0; i < r->n_headers; i++)
        if (strcmp(r->headers[i].name, name) == 0)
            return r->headers[i].value;
    return STR_NONE;
}

static void run(struct exchange *x, struct guard *g, const char *head, const char *more)
{
    static const struct address connection = {
        {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 9}};
    const struct exchange_source from = {g, &connection, tables, 1, 5000};
    auto_buf text = BUF_INIT(8192);
    buf_fmt(&text, "%s HTTP/1.1\r\nHost: a\r\n%s", head, more);
    guard_init(g, (struct guard_limits){16384, 65536});
    guard_feed(g, buf_str(&text));
    exchange_init(x, monotonic_us());
    if (exchange_prepare(x, &from))
        exchange_run(x);
    exchange_finish(x, true);
}

static void each_request_gets_its_answer(void **state)
{
    (void)state;
    static const struct {
        const char *head, *more;
        int status;
        const char *body, *header, *value;
    } cases[] = {
        {"GET /dex/a?x=1&y=2", "\r\n", 200, "/a|10.0.0.9|q2|f0|b0", "Cache-Control", "no-store"},
        {"GET /dex/a", "\r\n", 200, NULL, "X-Content-Type-Options", "nosniff"},
        {"GET /dex/a", "\r\n", 200, NULL, "Strict-Transport-Security", "max-age=31536000"},
        {"POST /dex/a",
         "Content-Type: Application/X-WWW-form-urlencoded; charset=utf-8\r\nContent-Length: "
         "3\r\n\r\na=b",
         200, "/a|10.0.0.9|q0|f1|b3", NULL, NULL},
        {"POST /dex/a", "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", 200,
         "/a|10.0.0.9|q0|f0|b2", NULL, NULL},
        {"GET /a", "\r\n", 404, NULL, NULL, NULL},
        {"GET /dex", "\r\n", 404, NULL, NULL, NULL},
        {"GET /dex/a/", "\r\n", 404, NULL, NULL, NULL},
        {"GET /dex/%61", "\r\n", 404, NULL, NULL, NULL},
        {"GET /dex/post", "\r\n", 405, NULL, "Allow", "POST"},
        {"DELETE /dex/a", "\r\n", 405, NULL, "Allow", "GET, HEAD, POST"},
        {"OPTIONS /dex/post", "\r\n", 405, NULL, NULL, NULL},
        {"GET /dex/a?x=%ff", "\r\n", 400, NULL, NULL, NULL},
        {"POST /dex/a",
         "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\n%zz", 400,
         NULL, NULL, NULL},
        {"GET /dex/a", "X-Forwarded-For: 1.2.3.4\r\n\r\n", 200, "/a|10.0.0.9|q0|f0|b0", NULL, NULL},
        {"GET /dex/silent", "\r\n", 500, NULL, NULL, NULL},
        {"GET /dex/greedy", "\r\n", 500, NULL, NULL, NULL},
        {"GET /dex/a", "Origin: https://app.example\r\n\r\n", 200, NULL,
         "Access-Control-Allow-Origin", "https://app.example"},
        {"GET /dex/a", "Origin: https://evil.example\r\n\r\n", 200, NULL,
         "Access-Control-Allow-Origin", ""},
        {"GET /dex/a", "Origin: https://evil.example\r\n\r\n", 200, NULL, "Vary", "Origin"},
        {"GET /dex/silent", "Origin: https://app.example\r\n\r\n", 500, NULL,
         "Access-Control-Allow-Origin", ""},
        {"GET /dex/a", "Origin: https://app.example\r\n\r\n", 200, NULL,
         "Access-Control-Allow-Credentials", ""},
        {"OPTIONS /dex/a",
         "Origin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n\r\n", 204, NULL,
         "Access-Control-Allow-Methods", "GET, HEAD, POST"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct exchange x;
        struct guard g;
        run(&x, &g, cases[i].head, cases[i].more);
        bool good =
            x.reply.status == cases[i].status &&
            (!cases[i].body || str_is(x.reply.body, cases[i].body)) &&
            (!cases[i].header || str_is(header_of(&x.reply, cases[i].header), cases[i].value));
        if (!good)
            fail_msg("%s: %d %.*s", cases[i].head, x.reply.status, STR_F(x.reply.body));
        assert_int_equal(x.request.id.n, 22);
        exchange_fini(&x);
        guard_fini(&g);
        assert_int_equal(n_held, 0);
    }
}

static void a_request_that_waited_past_its_deadline_is_answered_busy(void **state)
{
    (void)state;
    struct exchange x;
    struct guard g;
    static const struct address connection;
    const struct exchange_source from = {&g, &connection, tables, 1, 0};
    guard_init(&g, (struct guard_limits){4096, 4096});
    guard_feed(&g, STR("GET /dex/a HTTP/1.1\r\nHost: a\r\n\r\n"));
    exchange_init(&x, monotonic_us());
    assert_true(exchange_prepare(&x, &from));
    exchange_run(&x);
    assert_int_equal(x.reply.status, 503);
    assert_true(str_is(header_of(&x.reply, "Retry-After"), "1"));
    exchange_fini(&x);
    guard_fini(&g);
}

static void no_two_requests_have_the_same_id(void **state)
{
    (void)state;
    char seen[64][22];
    for (size_t i = 0; i < 64; i++) {
        struct exchange x;
        struct guard g;
        run(&x, &g, "GET /dex/a", "\r\n");
        memcpy(seen[i], x.request.id.p, 22);
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(seen[i], seen[k], 22);
        exchange_fini(&x);
        guard_fini(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_gets_its_answer),
        cmocka_unit_test(a_request_that_waited_past_its_deadline_is_answered_busy),
        cmocka_unit_test(no_two_requests_have_the_same_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
