/*
 * The load generator of `make bench`: N connections, each a thread with its own TLS connection that
 * is kept alive, each repeating one operation until the count is used up. Prints one JSON line with
 * counts, seconds and latencies.
 *
 *     load MODE HOST PORT CA.pem CONNECTIONS OPERATIONS ARGUMENT
 *       get      ARGUMENT is the path
 *       login    a whole login: form, password, code, tokens. ARGUMENT is a file of "user password"
 * lines sso      logs in once for each connection, then only code and tokens: makes many refresh
 * families quickly refresh  logs in once for each connection, then refreshes over and over
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RESPONSE_MAX 65536
#define TEXT_MAX     8192
#define VERIFIER     "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" /* RFC 7636 B */
#define CHALLENGE    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define SCOPE        "openid%20offline_access%20profile%20email%20groups"
#define REDIRECT     "http%3A%2F%2F127.0.0.1%2Fcallback"

struct load {
    const char *mode, *host, *argument;
    int port;
    long operations;
    SSL_CTX *tls;
    char (*people)[2][128];
    int n_people;
    atomic_long next, failed;
    double *seconds; /* of each operation */
    pthread_barrier_t start;
};
struct connection {
    struct load *load;
    int number, fd;
    SSL *ssl;
    char response[RESPONSE_MAX], cookies[TEXT_MAX], refresh_token[TEXT_MAX];
    size_t n_response;
    int status;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    ERR_print_errors_fp(stderr);
    exit(1);
}

static void connection_open(struct connection *c)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)c->load->port)};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(c->fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        die("connect");
    c->ssl = SSL_new(c->load->tls);
    SSL_set_fd(c->ssl, c->fd);
    SSL_set_tlsext_host_name(c->ssl, c->load->host);
    SSL_set1_host(c->ssl, c->load->host);
    if (SSL_connect(c->ssl) != 1)
        die("TLS");
}

static void connection_close(struct connection *c)
{
    SSL_shutdown(c->ssl);
    SSL_free(c->ssl);
    close(c->fd);
}

/* The value of a header of the response, from `from` on; its length in *n. NULL: none. */
static const char *header(const struct connection *c, const char *name, const char *from, size_t *n)
{
    size_t length = strlen(name);
    for (const char *p = from ? from : c->response; (p = strstr(p, "\r\n")) && p[2] != '\r';) {
        p += 2;
        if (strncasecmp(p, name, length) == 0 && p[length] == ':') {
            p += length + 1 + (p[length + 1] == ' ');
            *n = strcspn(p, "\r");
            return p;
        }
    }
    return NULL;
}

/* Takes the cookie that starts with these bytes ("name=") out of "a=1; b=2". */
static void cookie_forget(char *cookies, const char *start, size_t n)
{
    for (char *p = cookies; *p;) {
        size_t end = strcspn(p, ";");
        size_t next = end + (p[end] == ';' ? 2 : 0);
        if (strncmp(p, start, n) != 0) {
            p += next;
            continue;
        }
        memmove(p, p + next, strlen(p + next) + 1);
        return;
    }
}

static void cookies_keep(struct connection *c)
{
    size_t n;
    const char *p = header(c, "Set-Cookie", NULL, &n);
    for (; p; p = header(c, "Set-Cookie", p, &n)) {
        size_t length = strcspn(p, ";\r"), name = strcspn(p, "=");
        cookie_forget(c->cookies, p, name + 1);
        size_t used = strlen(c->cookies);
        if (length > name + 1 && used + length + 3 < sizeof(c->cookies))
            snprintf(c->cookies + used, sizeof(c->cookies) - used, "%s%.*s", used ? "; " : "",
                     (int)length, p);
        size_t total = strlen(c->cookies);
        if (total > 2 && strcmp(c->cookies + total - 2, "; ") == 0)
            c->cookies[total - 2] = 0;
    }
}

/* One request and its whole answer. False: broken. */
static int exchange(struct connection *c, const char *method, const char *target, const char *form)
{
    char request[3 * TEXT_MAX + 1024], body[96] = "";
    if (form)
        snprintf(body, sizeof(body),
                 "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n",
                 strlen(form));
    int n = snprintf(request, sizeof(request), "%s %s HTTP/1.1\r\nHost: %s:%d\r\n%s%s%s%s\r\n%s",
                     method, target, c->load->host, c->load->port, c->cookies[0] ? "Cookie: " : "",
                     c->cookies, c->cookies[0] ? "\r\n" : "", body, form ? form : "");
    if (SSL_write(c->ssl, request, n) != n)
        return 0;
    c->n_response = 0;
    size_t need = 0;
    while (!need || c->n_response < need) {
        int got = SSL_read(c->ssl, c->response + c->n_response,
                           (int)(sizeof(c->response) - 1 - c->n_response));
        if (got <= 0)
            return 0;
        c->n_response += (size_t)got;
        c->response[c->n_response] = 0;
        const char *end = need ? NULL : strstr(c->response, "\r\n\r\n");
        if (end) {
            size_t length;
            const char *value = header(c, "Content-Length", NULL, &length);
            need = (size_t)(end + 4 - c->response) + (value ? strtoul(value, NULL, 10) : 0);
        }
    }
    c->status = (int)strtol(c->response + 9, NULL, 10);
    cookies_keep(c);
    return 1;
}

/* Copies what stands between `before` and the next `until`, from the response. */
static int between(const struct connection *c, const char *before, char until, char *out,
                   size_t size)
{
    const char *p = strstr(c->response, before);
    if (!p)
        return 0;
    p += strlen(before);
    const char *end = strchr(p, until);
    if (!end || (size_t)(end - p) >= size)
        return 0;
    snprintf(out, size, "%.*s", (int)(end - p), p);
    return 1;
}

static int authorize(struct connection *c)
{
    return exchange(c, "GET",
                    "/auth?response_type=code&client_id=lotse-login&redirect_uri=" REDIRECT
                    "&scope=" SCOPE
                    "&state=s&nonce=n&code_challenge_method=S256&code_challenge=" CHALLENGE,
                    NULL);
}

/* The code of the redirect in hand becomes tokens. */
static int redeem(struct connection *c)
{
    char code[TEXT_MAX], form[2 * TEXT_MAX];
    if (c->status != 303 || !between(c, "code=", '&', code, sizeof(code)))
        return 0;
    snprintf(form, sizeof(form),
             "grant_type=authorization_code&client_id=lotse-login&redirect_uri=%s&code_verifier=%s&"
             "code=%s",
             REDIRECT, VERIFIER, code);
    return exchange(c, "POST", "/token", form) && c->status == 200 &&
           between(c, "\"refresh_token\":\"", '"', c->refresh_token, sizeof(c->refresh_token));
}

static int login(struct connection *c, long i)
{
    char action[TEXT_MAX], state[TEXT_MAX], form[2 * TEXT_MAX];
    const char *const *person = (const char *const[]){c->load->people[i % c->load->n_people][0],
                                                      c->load->people[i % c->load->n_people][1]};
    c->cookies[0] = 0;
    if (!authorize(c) || c->status != 200 ||
        !between(c, "action=\"", '"', action, sizeof(action)) ||
        !between(c, "name=\"state\" value=\"", '"', state, sizeof(state)))
        return 0;
    snprintf(form, sizeof(form), "state=%s&login=%s&password=%s", state, person[0], person[1]);
    return exchange(c, "POST", action, form) && redeem(c);
}

static int refresh(struct connection *c)
{
    char form[TEXT_MAX + 128];
    snprintf(form, sizeof(form), "grant_type=refresh_token&client_id=lotse-login&refresh_token=%s",
             c->refresh_token);
    return exchange(c, "POST", "/token", form) && c->status == 200 &&
           between(c, "\"refresh_token\":\"", '"', c->refresh_token, sizeof(c->refresh_token));
}

static int operate(struct connection *c, long i)
{
    switch (c->load->mode[0]) {
    case 'g': return exchange(c, "GET", c->load->argument, NULL) && c->status == 200;
    case 'l': return login(c, i);
    case 's': return authorize(c) && redeem(c);
    default: return refresh(c);
    }
}

static void *run(void *data)
{
    struct connection *c = data;
    struct load *l = c->load;
    connection_open(c);
    int ready = l->mode[0] == 'g' || l->mode[0] == 'l' || login(c, c->number);
    if (!ready)
        fprintf(stderr, "load: first login of connection %d failed: %.300s\n", c->number,
                c->response);
    pthread_barrier_wait(&l->start);
    for (long i; (i = atomic_fetch_add(&l->next, 1)) < l->operations;) {
        double start = now();
        if (!ready || !operate(c, i)) {
            if (atomic_fetch_add(&l->failed, 1) == 0)
                fprintf(stderr, "load: first failure: %.600s\n", c->response);
            ready = 0;
            break;
        }
        l->seconds[i] = now() - start;
    }
    connection_close(c);
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void people_read(struct load *l)
{
    FILE *f = fopen(l->argument, "r");
    if (!f)
        die(l->argument);
    l->people = calloc(4096, sizeof(*l->people));
    while (l->n_people < 4096 &&
           fscanf(f, "%127s %127s", l->people[l->n_people][0], l->people[l->n_people][1]) == 2)
        l->n_people++;
    fclose(f);
    if (l->n_people == 0)
        die("nobody in the file");
}

int main(int argc, char **argv)
{
    if (argc != 8) {
        fputs(
            "usage: load get|login|sso|refresh HOST PORT CA.pem CONNECTIONS OPERATIONS ARGUMENT\n",
            stderr);
        return 2;
    }
    struct load l = {.mode = argv[1],
                     .host = argv[2],
                     .port = (int)strtol(argv[3], NULL, 10),
                     .operations = strtol(argv[6], NULL, 10),
                     .argument = argv[7]};
    int n = (int)strtol(argv[5], NULL, 10);
    if (l.mode[0] != 'g')
        people_read(&l);
    l.tls = SSL_CTX_new(TLS_client_method());
    if (SSL_CTX_load_verify_locations(l.tls, argv[4], NULL) != 1)
        die(argv[4]);
    SSL_CTX_set_verify(l.tls, SSL_VERIFY_PEER, NULL);
    l.seconds = calloc((size_t)l.operations + 1, sizeof(double));
    pthread_barrier_init(&l.start, NULL, (unsigned)n + 1);
    struct connection *c = calloc((size_t)n, sizeof(*c));
    pthread_t *threads = calloc((size_t)n, sizeof(*threads));
    for (int i = 0; i < n; i++) {
        c[i].load = &l;
        c[i].number = i;
        pthread_create(&threads[i], NULL, run, &c[i]);
    }
    pthread_barrier_wait(&l.start);
    puts("started"); /* whoever reads /proc takes the first figures now */
    fflush(stdout);
    double start = now();
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    double seconds = now() - start;
    long done = l.operations - l.failed;
    qsort(l.seconds, (size_t)l.operations, sizeof(double), by_value);
    const double *s = l.seconds;
    printf("{\"operations\":%ld,\"failed\":%ld,\"seconds\":%.4f,\"per_second\":%.1f,\"p50_ms\":%."
           "3f,\"p95_ms\":%.3f,\"p99_ms\":%.3f}\n",
           done, (long)l.failed, seconds, (double)done / seconds, s[l.operations / 2] * 1e3,
           s[l.operations * 95 / 100] * 1e3, s[l.operations * 99 / 100] * 1e3);
    return l.failed ? 1 : 0;
}
