#include "tests/unit/unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "gateway/audit.h"
#include "gateway/metrics.h"

static const struct route routes[] = {{"/keys", METHOD_BIT(HTTP_GET), NULL, 0},
                                      {"/token", METHOD_BIT(HTTP_POST), NULL, 0},
                                      {.path = NULL}};

static void text_of(const struct metrics *m, struct buf *out)
{
    static const struct metrics_connector connectors[] = {{{"corp", 4}, true},
                                                          {{"a\"b\\c\n", 6}, false}};
    const struct metrics_view view = {
        .http = {3, 2, 1}, .store_healthy = true, .connectors = connectors, .n_connectors = 2};
    metrics_text(m, &view, out);
    assert_false(buf_failed(out));
}

static bool has(const struct buf *b, const char *line)
{
    auto_buf wanted = BUF_INIT(4096);
    buf_fmt(&wanted, "\n%s\n", line);
    return str_contains(buf_str(b), buf_str(&wanted));
}

static void requests_and_durations_are_counted_by_row(void **state)
{
    (void)state;
    static const struct route *const tables[] = {routes};
    struct metrics *m = metrics_new(tables, 1);
    auto_buf out = BUF_INIT((size_t)1 << 20);
    const struct http_observation seen[] = {{"/unknown", HTTP_GET, true, 404, 100},
                                            {routes[0].path, HTTP_GET, true, 200, 200},
                                            {routes[0].path, HTTP_GET, true, 200, 300},
                                            {routes[1].path, HTTP_POST, true, 418, 7000000},
                                            {"other", HTTP_GET, false, 400, 10}};
    for (size_t i = 0; i < N_OF(seen); i++)
        metrics_observe(m, &seen[i]);
    metrics_event(m, &(struct event){.kind = EVENT_LOGIN_OK});
    metrics_reload(m, false, 1000);
    text_of(m, &out);
    static const char *const lines[] = {
        "lotse_http_requests_total{handler=\"/keys\",method=\"GET\",code=\"200\"} 2",
        "lotse_http_requests_total{handler=\"/token\",method=\"POST\",code=\"other\"} 1",
        "lotse_http_requests_total{handler=\"other\",method=\"GET\",code=\"404\"} 1",
        "lotse_http_requests_total{handler=\"other\",method=\"other\",code=\"400\"} 1",
        "lotse_http_request_duration_seconds_bucket{handler=\"/keys\",le=\"0.00025\"} 1",
        "lotse_http_request_duration_seconds_bucket{handler=\"/keys\",le=\"0.0005\"} 2",
        "lotse_http_request_duration_seconds_bucket{handler=\"/keys\",le=\"+Inf\"} 2",
        "lotse_http_request_duration_seconds_sum{handler=\"/keys\"} 0.000500",
        "lotse_http_request_duration_seconds_count{handler=\"/keys\"} 2",
        "lotse_http_request_duration_seconds_bucket{handler=\"/token\",le=\"5\"} 0",
        "lotse_http_request_duration_seconds_bucket{handler=\"/token\",le=\"+Inf\"} 1",
        "lotse_logins_total{result=\"ok\"} 1",
        "lotse_logins_total{result=\"wrong_password\"} 0",
        "lotse_audit_events_total{action=\"login.ok\"} 1",
        "lotse_config_last_reload_successful 0",
        "lotse_http_connections 3",
        "lotse_http_refused_total 2",
        "lotse_http_shed_total 1",
        "lotse_store_healthy 1",
        "lotse_connector_healthy{connector=\"corp\"} 1",
        "lotse_connector_healthy{connector=\"a\\\"b\\\\c\\n\"} 0",
    };
    for (size_t i = 0; i < N_OF(lines); i++)
        if (!has(&out, lines[i]))
            fail_msg("missing: %s", lines[i]);
    metrics_free(m);
}

/* Every sample belongs to the HELP and TYPE before it; no name stands twice. */
static void the_text_is_what_a_scraper_reads(void **state)
{
    (void)state;
    static const struct route *const tables[] = {routes};
    struct metrics *m = metrics_new(tables, 1);
    auto_buf out = BUF_INIT((size_t)1 << 20);
    text_of(m, &out);
    struct str rest = buf_str(&out), line, names[128], name = STR_NONE, before;
    size_t n = 0;
    while (str_next(&rest, '\n', &line) && line.n > 0) {
        if (str_starts(line, STR("# HELP "))) {
            assert_true(str_split(str_from_to(line, 7, line.n), ' ', &name, &before));
            for (size_t i = 0; i < n; i++)
                assert_false(str_eq(names[i], name));
            names[n++] = name;
        } else if (!str_starts(line, STR("# TYPE "))) {
            assert_true(str_starts(line, name));
        }
    }
    assert_true(n > 25);
    metrics_free(m);
}

static void read_log(int fd, struct buf *out)
{
    char *to = buf_reserve(out, 8192);
    ssize_t n = pread(fd, to, 8192, 0);
    assert_true(n > 0);
    buf_commit(out, (size_t)n);
}

static void an_audit_line_cannot_be_forged(void **state)
{
    (void)state;
    const struct event e = {
        .kind = EVENT_LOGIN_WRONG_PASSWORD,
        .request_id = STR("r1"),
        .peer = STR("10.0.0.1"),
        .username = STR("eve\n2026 audit login.ok user.name=root\x1b[2J\xe2\x80\xae\" x=\"y")};
    for (int format = LOG_FORMAT_TEXT; format <= LOG_FORMAT_JSON; format++) {
        int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
        auto_buf text = BUF_INIT(16384);
        assert_true(fd >= 0);
        log_setup(fd, (enum log_format)format, LOG_ERROR);
        audit_event(&e);
        log_setup(STDERR_FILENO, LOG_FORMAT_TEXT, LOG_INFO);
        read_log(fd, &text);
        assert_ptr_equal(memchr(text.p, '\n', text.n), text.p + text.n - 1); /* one line */
        assert_null(memchr(text.p, 0x1b, text.n));
        assert_null(memmem(text.p, text.n, "\xe2\x80\xae", 3));
        assert_non_null(strstr(buf_cstr(&text), "login.wrong_password"));
        assert_non_null(strstr(buf_cstr(&text), "10.0.0.1"));
        assert_non_null(strstr(buf_cstr(&text), "failure"));
        close(fd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_and_durations_are_counted_by_row),
        cmocka_unit_test(the_text_is_what_a_scraper_reads),
        cmocka_unit_test(an_audit_line_cannot_be_forged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
