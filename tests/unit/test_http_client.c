#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/net/http_client.h"

/* --- a server of one thread that answers every request with the same bytes and keeps what it was
 * asked --- */

struct server {
    int fd, port;
    struct str answer; /* absent: accepts, reads and says nothing until the peer goes */
    pthread_t thread;
    struct buf asked; /* read after server_stop only */
    int n_connections, n_requests;
};

static int listen_on_loopback(int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static bool is_complete(struct str request)
{
    static const char length[] = "Content-Length: ";
    const char *end = memmem(request.p, request.n, "\r\n\r\n", 4);
    if (!end)
        return false;
    const char *at = memmem(request.p, request.n, length, sizeof(length) - 1);
    size_t body = at ? strtoul(at + sizeof(length) - 1, NULL, 10) : 0;
    return request.n >= (size_t)(end - request.p) + 4 + body;
}

static void serve_connection(struct server *s, int fd)
{
    char chunk[4096];
    ssize_t got;
    struct buf request = BUF_INIT((size_t)1 << 20);
    while ((got = read(fd, chunk, sizeof(chunk))) > 0) {
        buf_bytes(&request, chunk, (size_t)got);
        if (!is_complete(buf_str(&request)) || !s->answer.p)
            continue;
        buf_add(&s->asked, buf_str(&request));
        buf_reset(&request);
        s->n_requests++;
        if (send(fd, s->answer.p, s->answer.n, MSG_NOSIGNAL) < 0)
            break;
    }
    buf_fini(&request);
    close(fd);
}

static void *serve(void *argument)
{
    struct server *s = argument;
    int fd;
    while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
        s->n_connections++;
        serve_connection(s, fd);
    }
    return NULL;
}

static void server_start(struct server *s, struct str answer)
{
    *s = (struct server){.answer = answer, .asked = BUF_INIT((size_t)1 << 20)};
    s->fd = listen_on_loopback(&s->port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_stop(struct server *s)
{
    shutdown(s->fd, SHUT_RDWR); /* wakes accept */
    pthread_join(s->thread, NULL);
    close(s->fd);
}

static const char *url_of(int port, const char *scheme, const char *path)
{
    static char url[256];
    snprintf(url, sizeof(url), "%s://127.0.0.1:%d%s", scheme, port, path);
    return url;
}

#define OK_ANSWER \
    STR("HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 10:42:37 GMT\r\nX-Thing:  one \r\nx-thing: " \
        "two\r\n" \
        "Content-Length: 5\r\n\r\nhello")

static void a_request_carries_what_was_given(void **state)
{
    (void)state;
    struct server s;
    server_start(&s, OK_ANSWER);
    struct http_client *c = http_client_new(&(struct http_client_config){.allow_http = true});
    auto_http_response r = {0};
    struct err e = {0};
    struct http_client_request request = {
        .url = url_of(s.port, "http", "/a?b=c"),
        .headers = (struct header[]){{"X-One", STR("1")}, {"Accept", STR("application/json")}},
        .n_headers = 2,
        .bearer = STR("t0ken"),
        .content_type = "application/json",
        .body = STR("{}"),
    };
    assert_int_equal(http_client_send(c, &request, &r, &e), HTTP_CLIENT_ANSWERED);
    assert_int_equal(r.status, 200);
    assert_string_equal(buf_cstr(&r.body), "hello");
    assert_true(str_is(http_client_header(&r, "X-THING"), "two"));
    assert_null(http_client_header(&r, "absent").p);
    assert_int_equal(r.date_ms, 1795430557000);
    request = (struct http_client_request){.url = url_of(s.port, "http", "/d"), .method = "DELETE"};
    assert_int_equal(http_client_send(c, &request, &r, &e), HTTP_CLIENT_ANSWERED);
    http_client_free(c);
    server_stop(&s);
    assert_int_equal(s.n_connections, 1); /* kept alive */
    assert_int_equal(s.n_requests, 2);
    struct str asked = buf_str(&s.asked);
    static const struct str expected[] = {STR("POST /a?b=c HTTP/1.1\r\n"),
                                          STR("X-One: 1\r\n"),
                                          STR("Accept: application/json\r\n"),
                                          STR("Bearer t0ken\r\n"),
                                          STR("User-Agent: lotse\r\n"),
                                          STR("\r\n\r\n{}DELETE /d HTTP/1.1\r\n"),
                                          STR("Content-Type: application/json\r\n")};
    for (size_t i = 0; i < N_OF(expected); i++)
        assert_true(str_contains(asked, expected[i]));
    buf_fini(&s.asked);
}

static void redirects_and_errors_are_answers(void **state)
{
    (void)state;
    static const struct {
        struct str answer;
        int status;
    } cases[] = {
        {STR("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0\r\n\r\n"),
         302},
        {STR("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nContent-Length: "
             "2\r\n\r\nno"),
         401},
        {STR("HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), 500},
        {STR("HTTP/1.1 204 No Content\r\n\r\n"), 204},
        {STR("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"),
         201},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct server s;
        server_start(&s, cases[i].answer);
        struct http_client *c = http_client_new(&(struct http_client_config){.allow_http = true});
        auto_http_response r = {0};
        struct err e = {0};
        struct http_client_request request = {.url = url_of(s.port, "http", "/")};
        assert_int_equal(http_client_send(c, &request, &r, &e), HTTP_CLIENT_ANSWERED);
        assert_int_equal(r.status, cases[i].status);
        assert_int_equal(r.date_ms, 0);
        http_client_free(c);
        server_stop(&s);
        assert_int_equal(s.n_requests, 1);
        buf_fini(&s.asked);
    }
}

static void nonsense_and_floods_are_broken_answers(void **state)
{
    (void)state;
    static const struct str answers[] = {
        STR("SSH-2.0-OpenSSH_9\r\n\r\n"),
        STR("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n"
            "01234567890123456789012345678901234567890123456789"
            "01234567890123456789012345678901234567890123456789x"),
    };
    for (size_t i = 0; i < N_OF(answers); i++) {
        struct server s;
        server_start(&s, answers[i]);
        struct http_client *c =
            http_client_new(&(struct http_client_config){.allow_http = true, .body_max = 100});
        auto_http_response r = {0};
        struct err e = {0};
        struct http_client_request request = {.url = url_of(s.port, "http", "/?secret=x")};
        assert_int_equal(http_client_send(c, &request, &r, &e), HTTP_CLIENT_BROKEN);
        assert_true(e.text[0] != '\0');
        assert_false(str_contains(str_from(e.text), STR("secret")));
        assert_int_equal(e.class, i == 1 ? ERR_LIMIT : ERR_BACKEND);
        http_client_free(c);
        server_stop(&s);
        buf_fini(&s.asked);
    }
}

static void a_silent_server_times_out(void **state)
{
    (void)state;
    struct server s;
    server_start(&s, STR_NONE);
    struct http_client *c = http_client_new(&(struct http_client_config){.allow_http = true});
    auto_http_response r = {0};
    struct err e = {0};
    struct http_client_request request = {.url = url_of(s.port, "http", "/"), .total_ms = 50};
    assert_int_equal(http_client_send(c, &request, &r, &e), HTTP_CLIENT_TIMED_OUT);
    http_client_free(c);
    server_stop(&s);
    buf_fini(&s.asked);
}

static void nobody_there_is_unreachable(void **state)
{
    (void)state;
    int port;
    int fd = listen_on_loopback(&port);
    close(fd);
    struct http_client *c = http_client_new(&(struct http_client_config){0});
    auto_http_response r = {0};
    struct err e = {0};
    struct http_client_request request = {.url = url_of(port, "https", "/")};
    assert_int_equal(http_client_send(c, &request, &r, &e), HTTP_CLIENT_UNREACHABLE);
    request.url = "https://does-not-exist.invalid/";
    assert_int_equal(http_client_send(c, &request, &r, &e), HTTP_CLIENT_UNREACHABLE);
    http_client_free(c);
}

static void what_must_not_be_sent_is_not_sent(void **state)
{
    (void)state;
    struct server s;
    server_start(&s, OK_ANSWER);
    struct http_client *strict = http_client_new(&(struct http_client_config){0});
    struct http_client *c = http_client_new(&(struct http_client_config){.allow_http = true});
    const char *url = url_of(s.port, "http", "/");
    auto_http_response r = {0};
    struct err e = {0};
    struct http_client_request plain = {.url = url};
    assert_int_equal(http_client_send(strict, &plain, &r, &e), HTTP_CLIENT_BROKEN);
    const struct http_client_request bad[] = {
        {.url = "file:///etc/passwd"},
        {.url = "ftp://127.0.0.1/"},
        {.url = "http://127.0.0.1/\r\nX: y"},
        {.url = "not a url"},
        {.url = NULL},
        {.url = url, .bearer = STR("a\r\nX: y")},
        {.url = url, .headers = (struct header[]){{"X", STR("a\nb")}}, .n_headers = 1},
        {.url = url, .headers = (struct header[]){{"X", STR_NONE}}, .n_headers = 1},
        {.url = url, .content_type = "a\r\nb", .body = STR("x")},
    };
    for (size_t i = 0; i < N_OF(bad); i++)
        assert_int_equal(http_client_send(c, &bad[i], &r, &e), HTTP_CLIENT_BROKEN);
    http_client_free(c);
    http_client_free(strict);
    server_stop(&s);
    assert_int_equal(s.n_requests, 0);
    buf_fini(&s.asked);
}

/* --- TLS, against openssl s_server --- */

extern char **environ;
static char folder[64];

static pid_t run(const char *const *arguments, int *ret_output)
{
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipes[1], 1);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0);
    posix_spawn_file_actions_addclose(&actions, pipes[0]);
    pid_t pid;
    assert_int_equal(
        posix_spawnp(&pid, "openssl", &actions, NULL, (char *const *)(uintptr_t)arguments, environ),
        0);
    posix_spawn_file_actions_destroy(&actions);
    close(pipes[1]);
    *ret_output = pipes[0];
    return pid;
}

static const char *in_folder(char *path, size_t size, const char *name, const char *ending)
{
    snprintf(path, size, "%s/%s.%s", folder, name, ending);
    return path;
}

static void make_certificate(const char *name, const char *san)
{
    char key[128], crt[128], subject[64];
    snprintf(subject, sizeof(subject), "/CN=%s", name);
    const char *arguments[] = {"openssl",
                               "req",
                               "-x509",
                               "-newkey",
                               "ec",
                               "-pkeyopt",
                               "ec_paramgen_curve:P-256",
                               "-nodes",
                               "-days",
                               "2",
                               "-subj",
                               subject,
                               "-addext",
                               san,
                               "-keyout",
                               in_folder(key, sizeof(key), name, "key"),
                               "-out",
                               in_folder(crt, sizeof(crt), name, "crt"),
                               NULL};
    int output, status;
    pid_t pid = run(arguments, &output);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(output);
}

static int make_certificates(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/lotse-test-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    make_certificate("good", "subjectAltName=IP:127.0.0.1");
    make_certificate("other", "subjectAltName=DNS:other.example");
    return 0;
}

static int remove_certificates(void **state)
{
    (void)state;
    static const char *const names[] = {"good", "other"};
    char path[128];
    for (size_t i = 0; i < N_OF(names); i++) {
        unlink(in_folder(path, sizeof(path), names[i], "key"));
        unlink(in_folder(path, sizeof(path), names[i], "crt"));
    }
    return rmdir(folder);
}

struct tls_server {
    pid_t pid;
    int output, port;
};

/* extra: one more option, or NULL */
static void tls_server_start(struct tls_server *s, const char *name, const char *extra,
                             const char *value)
{
    char key[128], crt[128], line[256];
    const char *arguments[] = {"openssl",
                               "s_server",
                               "-www",
                               "-accept",
                               "127.0.0.1:0",
                               "-key",
                               in_folder(key, sizeof(key), name, "key"),
                               "-cert",
                               in_folder(crt, sizeof(crt), name, "crt"),
                               extra,
                               value,
                               NULL};
    s->pid = run(arguments, &s->output);
    FILE *lines = fdopen(s->output, "r");
    s->port = 0;
    while (s->port == 0 && fgets(line, sizeof(line), lines))
        if (sscanf(line, "ACCEPT 127.0.0.1:%d", &s->port) != 1)
            s->port = 0;
    assert_true(s->port > 0);
    s->output = dup(s->output);
    fclose(lines);
}

static void tls_server_stop(struct tls_server *s)
{
    int status;
    kill(s->pid, SIGKILL);
    waitpid(s->pid, &status, 0);
    close(s->output);
}

static void read_pem(struct buf *b, const char *name, const char *ending)
{
    char path[128];
    struct err e = {0};
    assert_int_equal(file_read(in_folder(path, sizeof(path), name, ending), 10000, b, &e), 0);
}

static enum http_client_outcome ask(int port, const struct http_client_config *config)
{
    struct http_client *c = http_client_new(config);
    auto_http_response r = {0};
    struct err e = {0};
    struct http_client_request request = {.url = url_of(port, "https", "/")};
    enum http_client_outcome outcome = http_client_send(c, &request, &r, &e);
    assert_int_equal(e.text[0] == '\0', outcome == HTTP_CLIENT_ANSWERED);
    http_client_free(c);
    return outcome;
}

static void only_the_given_authority_and_name_are_trusted(void **state)
{
    (void)state;
    auto_buf good = BUF_INIT(10000), other = BUF_INIT(10000);
    read_pem(&good, "good", "crt");
    read_pem(&other, "other", "crt");
    char path[128];
    struct tls_server s;
    tls_server_start(&s, "good", NULL, NULL);
    const struct {
        struct http_client_config config;
        enum http_client_outcome outcome;
    } cases[] = {
        {{.ca_pem = buf_str(&good)}, HTTP_CLIENT_ANSWERED},
        {{.ca_file = in_folder(path, sizeof(path), "good", "crt")}, HTTP_CLIENT_ANSWERED},
        {{.ca_pem = buf_str(&other)}, HTTP_CLIENT_UNTRUSTED},
        {{.ca_pem = STR("not PEM")}, HTTP_CLIENT_UNTRUSTED},
        {{.ca_file = "/nonexistent"}, HTTP_CLIENT_UNTRUSTED},
        {{.ca_file = NULL}, HTTP_CLIENT_UNTRUSTED}, /* the system's authorities do not know it */
    };
    for (size_t i = 0; i < N_OF(cases); i++)
        assert_int_equal(ask(s.port, &cases[i].config), cases[i].outcome);
    tls_server_stop(&s);
    tls_server_start(&s, "other", NULL, NULL); /* its name is not 127.0.0.1 */
    assert_int_equal(ask(s.port, &cases[2].config), HTTP_CLIENT_UNTRUSTED);
    tls_server_stop(&s);
    tls_server_start(&s, "good", "-tls1_1", NULL);
    assert_int_equal(ask(s.port, &cases[0].config), HTTP_CLIENT_UNTRUSTED);
    tls_server_stop(&s);
}

static void a_client_certificate_opens_the_door(void **state)
{
    (void)state;
    auto_buf crt = BUF_INIT(10000), key = BUF_INIT(10000), other_key = BUF_INIT(10000);
    read_pem(&crt, "good", "crt");
    read_pem(&key, "good", "key");
    read_pem(&other_key, "other", "key");
    char crt_path[128], key_path[128];
    in_folder(crt_path, sizeof(crt_path), "good", "crt");
    in_folder(key_path, sizeof(key_path), "good", "key");
    struct tls_server s;
    tls_server_start(&s, "good", "-Verify", "1"); /* asks for one, insists on one */
    struct http_client_config config = {
        .ca_pem = buf_str(&crt), .cert_pem = buf_str(&crt), .key_pem = buf_str(&key)};
    assert_int_equal(ask(s.port, &config), HTTP_CLIENT_ANSWERED);
    config = (struct http_client_config){
        .ca_pem = buf_str(&crt), .cert_file = crt_path, .key_file = key_path};
    assert_int_equal(ask(s.port, &config), HTTP_CLIENT_ANSWERED);
    config = (struct http_client_config){
        .ca_pem = buf_str(&crt), .cert_pem = buf_str(&crt), .key_pem = buf_str(&other_key)};
    assert_int_equal(ask(s.port, &config), HTTP_CLIENT_UNTRUSTED);
    tls_server_stop(&s);
}

int main(void)
{
    /* a proxy of the machine the tests run on has no business here */
    static const char *const proxies[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                          "ALL_PROXY"};
    for (size_t i = 0; i < N_OF(proxies); i++)
        unsetenv(proxies[i]);
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_carries_what_was_given),
        cmocka_unit_test(redirects_and_errors_are_answers),
        cmocka_unit_test(nonsense_and_floods_are_broken_answers),
        cmocka_unit_test(a_silent_server_times_out),
        cmocka_unit_test(nobody_there_is_unreachable),
        cmocka_unit_test(what_must_not_be_sent_is_not_sent),
        cmocka_unit_test(only_the_given_authority_and_name_are_trusted),
        cmocka_unit_test(a_client_certificate_opens_the_door),
    };
    return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
