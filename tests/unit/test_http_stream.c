#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/net/http_stream.h"

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"

/* --- a server that answers its one request with these bytes, then closes */

struct server {
    int fd, port;
    struct str answer;
    size_t n_times; /* the answer's last line again and again */
    pthread_t thread;
};

static void *serve(void *argument)
{
    struct server *s = argument;
    char request[8192];
    int fd = accept(s->fd, NULL, NULL);
    if (fd < 0)
        return NULL;
    (void)!read(fd, request, sizeof(request));
    bool good = send(fd, s->answer.p, s->answer.n, MSG_NOSIGNAL) >= 0;
    for (size_t i = 0; good && i < s->n_times; i++)
        good = send(fd, "0123456789abcde\n", 16, MSG_NOSIGNAL) >= 0;
    close(fd);
    return NULL;
}

static void server_start(struct server *s)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(s->fd, 8), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&address, &size), 0);
    s->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_stop(struct server *s)
{
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
}

struct reader {
    struct http_streams *streams;
    struct http_client *client;
    struct http_stream *stream;
};

static void reader_open(struct reader *r, int port, size_t line_max)
{
    char url[64];
    struct err e = {0};
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/watch", port);
    struct http_client_request request = {.url = url, .total_ms = 30000};
    r->streams = http_streams_new();
    r->client = http_client_new(&(struct http_client_config){.allow_http = true});
    r->stream = http_stream_open(r->streams, r->client, &request, line_max, &e);
    assert_non_null(r->stream);
}

static void reader_close(struct reader *r)
{
    http_streams_free(r->streams);
    http_client_free(r->client);
}

/* Everything until the end: the lines joined by '|'. */
static struct http_stream_end read_all(struct reader *r, struct buf *lines, size_t *n,
                                       struct err *e)
{
    struct http_stream_end end;
    struct str line;
    while (!http_stream_ended(r->stream, &end, e)) {
        http_streams_wait(r->streams, -1, 1000);
        for (; http_stream_line(r->stream, &line); (*n)++) {
            buf_add(lines, line);
            buf_char(lines, '|');
        }
    }
    return end;
}

static void lines_come_as_they_are_and_the_rest_at_the_end(void **state)
{
    static const struct {
        struct str answer;
        const char *lines;
        enum http_client_outcome outcome;
        int status;
        const char *rest;
    } cases[] = {
        {STR(HEAD "one\ntwo\n\nthree\n"), "one|two||three|", HTTP_CLIENT_ANSWERED, 200, ""},
        {STR(HEAD "one\nhalf"), "one|", HTTP_CLIENT_ANSWERED, 200, "half"},
        {STR(HEAD), "", HTTP_CLIENT_ANSWERED, 200, ""},
        {STR("HTTP/1.1 410 Gone\r\nContent-Length: 5\r\n\r\n{\"a\"}"), "", HTTP_CLIENT_ANSWERED,
         410, "{\"a\"}"},
        {STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab\n\r\n4\r\ncd\ne\r\n0\r\n"
             "\r\n"),
         "ab|cd|", HTTP_CLIENT_ANSWERED, 200, "e"},
        {STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab\n\r\n4\r\nc"), "ab|",
         HTTP_CLIENT_UNREACHABLE, 200, "c"}, /* broken off in the middle */
        {STR("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nab\n"), "ab|", HTTP_CLIENT_UNREACHABLE,
         200, ""},
        {STR("nonsense\r\n\r\n"), "", HTTP_CLIENT_BROKEN, 0, ""},
        {STR(""), "", HTTP_CLIENT_UNREACHABLE, 0, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct server s = {.answer = cases[i].answer};
        struct reader r;
        struct err e = {0};
        size_t n = 0;
        auto_buf lines = BUF_INIT(65536);
        server_start(&s);
        reader_open(&r, s.port, 65536);
        struct http_stream_end end = read_all(&r, &lines, &n, &e);
        assert_string_equal(buf_cstr(&lines), cases[i].lines);
        assert_int_equal(end.outcome, cases[i].outcome);
        assert_int_equal(end.status, cases[i].status);
        assert_true(str_is(end.rest, cases[i].rest));
        reader_close(&r);
        server_stop(&s);
    }
}

static void a_line_beyond_its_ceiling_ends_the_stream(void **state)
{
    (void)state;
    struct server s = {.answer = STR(HEAD "short\n0123456789012345678901234567890123456789\n")};
    struct reader r;
    struct err e = {0};
    size_t n = 0;
    auto_buf lines = BUF_INIT(65536);
    server_start(&s);
    reader_open(&r, s.port, 100);
    struct http_stream_end end = read_all(&r, &lines, &n, &e);
    assert_int_equal(end.outcome, HTTP_CLIENT_ANSWERED);
    reader_close(&r);
    server_stop(&s);

    static char endless[200000];
    memset(endless, 'x', sizeof(endless));
    memcpy(endless, HEAD, sizeof(HEAD) - 1);
    s = (struct server){.answer = {endless, sizeof(endless)}};
    server_start(&s);
    reader_open(&r, s.port, 100);
    end = read_all(&r, &lines, &n, &e);
    assert_int_not_equal(end.outcome, HTTP_CLIENT_ANSWERED);
    assert_non_null(strstr(e.text, "a line of more than 100 bytes"));
    reader_close(&r);
    server_stop(&s);
}

/* 16 MB through a buffer that never holds more than a few: the peer waits, nothing is lost. */
static void a_peer_that_is_faster_is_made_to_wait(void **state)
{
    (void)state;
    struct server s = {.answer = STR(HEAD), .n_times = (size_t)1 << 20};
    struct reader r;
    struct http_stream_end end;
    struct err e = {0};
    struct str line;
    size_t n = 0;
    server_start(&s);
    reader_open(&r, s.port, 65536);
    while (!http_stream_ended(r.stream, &end, &e)) {
        http_streams_wait(r.streams, -1, 1000);
        for (int k = 0; k < 20000 && http_stream_line(r.stream, &line); k++, n++)
            assert_true(str_is(line, "0123456789abcde"));
    }
    assert_int_equal(end.outcome, HTTP_CLIENT_ANSWERED);
    assert_int_equal(n, s.n_times);
    reader_close(&r);
    server_stop(&s);
}

static void a_wake_ends_the_wait(void **state)
{
    (void)state;
    int pipes[2];
    struct http_streams *streams = http_streams_new();
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(write(pipes[1], "x", 1), 1);
    http_streams_wait(streams, pipes[0], 1000000); /* a test that hangs here has failed */
    http_streams_free(streams);
    close(pipes[0]);
    close(pipes[1]);
}

static void what_cannot_be_asked_is_refused(void **state)
{
    (void)state;
    struct err e = {0};
    struct http_streams *streams = http_streams_new();
    struct http_client *client = http_client_new(&(struct http_client_config){0});
    struct http_client_request request = {.url = "https://x/\r\nX: y"};
    assert_null(http_stream_open(streams, client, &request, 100, &e));
    http_streams_free(streams);
    http_client_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_as_they_are_and_the_rest_at_the_end),
        cmocka_unit_test(a_line_beyond_its_ceiling_ends_the_stream),
        cmocka_unit_test(a_peer_that_is_faster_is_made_to_wait),
        cmocka_unit_test(a_wake_ends_the_wait),
        cmocka_unit_test(what_cannot_be_asked_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
