#include <pthread.h>

#include "base/mem.h"
#include "base/net/http_client_parts.h"
#include "base/secret.h"

#define CONNECT_MS 5000
#define TOTAL_MS   15000
#define BODY_MAX   ((size_t)1 << 20)
#define HEAD_MAX   ((size_t)64 << 10)
#define HEADER_MAX ((size_t)64 << 10)

struct http_client {
    CURL *curl;
    char error[CURL_ERROR_SIZE];
    struct secret ca_pem, cert_pem, key_pem;
    char *ca_file, *cert_file, *key_file, *user_agent;
    bool allow_http;
    int64_t connect_ms, total_ms;
    size_t body_max;
};

static void init_once(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static char *copy_of(const char *cstr)
{
    return cstr ? mem_strdup(cstr) : NULL;
}

struct http_client *http_client_new(const struct http_client_config *config)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_once);
    struct http_client *c = MEM_NEW(struct http_client);
    c->curl = curl_easy_init();
    secret_set(&c->ca_pem, config->ca_pem);
    secret_set(&c->cert_pem, config->cert_pem);
    secret_set(&c->key_pem, config->key_pem);
    c->ca_file = copy_of(config->ca_file);
    c->cert_file = copy_of(config->cert_file);
    c->key_file = copy_of(config->key_file);
    c->user_agent = copy_of(config->user_agent ? config->user_agent : "lotse");
    c->allow_http = config->allow_http;
    c->connect_ms = config->connect_ms > 0 ? config->connect_ms : CONNECT_MS;
    c->total_ms = config->total_ms > 0 ? config->total_ms : TOTAL_MS;
    c->body_max = config->body_max ? config->body_max : BODY_MAX;
    return c;
}

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    curl_easy_cleanup(client->curl);
    secret_fini(&client->ca_pem);
    secret_fini(&client->cert_pem);
    secret_fini(&client->key_pem);
    mem_free(client->ca_file);
    mem_free(client->cert_file);
    mem_free(client->key_file);
    mem_free(client->user_agent);
    mem_free(client);
}

void http_client_response_fini(struct http_client_response *response)
{
    buf_fini(&response->body);
    buf_fini(&response->head);
}

void http_lines_release(struct curl_slist **lines)
{
    for (struct curl_slist *line = *lines; line; line = line->next)
        bytes_wipe(line->data, strlen(line->data)); /* one of them may be a bearer token */
    curl_slist_free_all(*lines);
    *lines = NULL;
}
#define auto_lines __attribute__((cleanup(http_lines_release))) struct curl_slist

/* --- what comes back --- */

static size_t append(char *bytes, size_t n, struct buf *b)
{
    buf_bytes(b, bytes, n);
    return buf_failed(b) ? 0 : n; /* less than n: the transfer ends */
}

static size_t on_body(char *bytes, size_t size, size_t n, void *user)
{
    struct http_client_response *response = user;
    return append(bytes, size * n, &response->body);
}

static size_t on_header(char *bytes, size_t size, size_t n, void *user)
{
    struct http_client_response *response = user;
    if (str_starts((struct str){bytes, size * n}, STR("HTTP/")))
        buf_reset(&response->head); /* after a proxy's or an interim answer the real one begins */
    return append(bytes, size * n, &response->head);
}

struct str http_client_header(const struct http_client_response *response, const char *name)
{
    struct str rest = buf_str(&response->head), line, key, value, found = STR_NONE;
    while (str_next(&rest, '\n', &line))
        if (str_split(line, ':', &key, &value) && str_eq_nocase(key, str_from(name)))
            found = str_trim(value);
    return found;
}

static int64_t date_of(const struct http_client_response *response)
{
    char text[64];
    struct str date = http_client_header(response, "Date");
    if (date.n == 0 || date.n >= sizeof(text))
        return 0;
    memcpy(text, date.p, date.n);
    text[date.n] = '\0';
    time_t seconds = curl_getdate(text, NULL);
    return seconds > 0 ? (int64_t)seconds * 1000 : 0;
}

/* --- what goes out --- */

static bool add_line(struct curl_slist **lines, struct str name, struct str value)
{
    auto_buf line = BUF_INIT(HEADER_MAX);
    line.wipe = true;
    buf_add(&line, name);
    buf_lit(&line, ": ");
    buf_add(&line, value);
    if (buf_failed(&line) || str_has_control(buf_str(&line)) || value.n == 0)
        return false;
    struct curl_slist *longer = curl_slist_append(*lines, buf_cstr(&line));
    if (longer)
        *lines = longer;
    return longer != NULL;
}

static bool collect_lines(const struct http_client_request *request, struct curl_slist **lines)
{
    for (size_t i = 0; i < request->n_headers; i++)
        if (!add_line(lines, str_from(request->headers[i].name), request->headers[i].value))
            return false;
    if (request->content_type &&
        !add_line(lines, STR("Content-Type"), str_from(request->content_type)))
        return false;
    if (request->bearer.n == 0)
        return true;
    auto_buf value = BUF_INIT(HEADER_MAX);
    value.wipe = true;
    buf_lit(&value, "Bearer ");
    buf_add(&value, request->bearer);
    return !buf_failed(&value) && add_line(lines, STR("Authorization"), buf_str(&value));
}

static void set_blob(CURL *curl, CURLoption option, const struct secret *pem)
{
    struct str bytes = secret_reveal(pem);
    struct curl_blob blob = {(void *)(uintptr_t)bytes.p, bytes.n, CURL_BLOB_NOCOPY};
    curl_easy_setopt(curl, option, &blob);
}

static void set_trust(const struct http_client *c)
{
    CURL *curl = c->curl;
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (c->ca_file || !secret_is_empty(&c->ca_pem))
        curl_easy_setopt(curl, CURLOPT_CAPATH,
                         NULL); /* else the system's authorities stay trusted */
    if (!secret_is_empty(&c->ca_pem))
        set_blob(curl, CURLOPT_CAINFO_BLOB, &c->ca_pem);
    else if (c->ca_file)
        curl_easy_setopt(curl, CURLOPT_CAINFO, c->ca_file);
    if (!secret_is_empty(&c->cert_pem))
        set_blob(curl, CURLOPT_SSLCERT_BLOB, &c->cert_pem);
    else if (c->cert_file)
        curl_easy_setopt(curl, CURLOPT_SSLCERT, c->cert_file);
    if (!secret_is_empty(&c->key_pem))
        set_blob(curl, CURLOPT_SSLKEY_BLOB, &c->key_pem);
    else if (c->key_file)
        curl_easy_setopt(curl, CURLOPT_SSLKEY, c->key_file);
}

static void set_method(CURL *curl, const struct http_client_request *request)
{
    const char *method = request->method ? request->method : request->body.n ? "POST" : "GET";
    bool has_body = request->body.n > 0 || strcmp(method, "POST") == 0;
    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    if (has_body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.n ? request->body.p : "");
    }
    if (strcmp(method, "HEAD") != 0)
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
}

static void set_up(struct http_client *c, const struct http_client_request *request,
                   struct http_client_response *response, struct curl_slist *lines)
{
    CURL *curl = c->curl;
    int64_t total =
        request->total_ms > 0 && request->total_ms < c->total_ms ? request->total_ms : c->total_ms;
    curl_easy_reset(curl); /* keeps the connections */
    c->error[0] = '\0';
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, c->error);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_URL, request->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, c->allow_http ? "http,https" : "https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, c->user_agent);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)c->connect_ms);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)total);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, response);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, response);
    set_method(curl, request);
    set_trust(c);
}

/* What is not named here (not HTTP, over a ceiling, a URL that is none) is a broken exchange. */
static const struct {
    CURLcode code;
    enum http_client_outcome outcome;
} outcomes[] = {
    {CURLE_OK, HTTP_CLIENT_ANSWERED},
    {CURLE_OPERATION_TIMEDOUT, HTTP_CLIENT_TIMED_OUT},
    {CURLE_COULDNT_RESOLVE_HOST, HTTP_CLIENT_UNREACHABLE},
    {CURLE_COULDNT_RESOLVE_PROXY, HTTP_CLIENT_UNREACHABLE},
    {CURLE_COULDNT_CONNECT, HTTP_CLIENT_UNREACHABLE},
    {CURLE_GOT_NOTHING, HTTP_CLIENT_UNREACHABLE},
    {CURLE_SEND_ERROR, HTTP_CLIENT_UNREACHABLE},
    {CURLE_RECV_ERROR, HTTP_CLIENT_UNREACHABLE},
    {CURLE_PARTIAL_FILE, HTTP_CLIENT_UNREACHABLE},
    {CURLE_SSL_CONNECT_ERROR, HTTP_CLIENT_UNTRUSTED},
    {CURLE_PEER_FAILED_VERIFICATION, HTTP_CLIENT_UNTRUSTED},
    {CURLE_SSL_CERTPROBLEM, HTTP_CLIENT_UNTRUSTED},
    {CURLE_SSL_CIPHER, HTTP_CLIENT_UNTRUSTED},
    {CURLE_SSL_CACERT_BADFILE, HTTP_CLIENT_UNTRUSTED},
    {CURLE_SSL_CRL_BADFILE, HTTP_CLIENT_UNTRUSTED},
    {CURLE_SSL_ISSUER_ERROR, HTTP_CLIENT_UNTRUSTED},
    {CURLE_SSL_INVALIDCERTSTATUS, HTTP_CLIENT_UNTRUSTED},
};

static enum http_client_outcome outcome_of(CURLcode code)
{
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
        if (outcomes[i].code == code)
            return outcomes[i].outcome;
    return HTTP_CLIENT_BROKEN;
}

/* A connection that ends during the handshake (a load balancer without a backend, a process that
 * stops) is no question of trust; curl has one code for both and tells the two apart by words only.
 */
static bool was_broken_off(const char *error)
{
    return strstr(error, "reset") || strstr(error, "SYSCALL") || strstr(error, "Send failure") ||
           strstr(error, "Recv failure") || strstr(error, "unexpected eof");
}

/* The URL as far as it may stand in a message: a query may carry secrets. */
static struct str url_shown(const char *url)
{
    struct str all = str_from(url), shown = all, rest;
    (void)(str_split(all, '?', &shown, &rest) || str_split(all, '#', &shown, &rest));
    return str_from_to(shown, 0, 256);
}

static enum http_client_outcome explain(struct http_client *c, CURLcode code, const char *whole_url,
                                        const struct http_client_response *response, struct err *e)
{
    struct str url = url_shown(whole_url);
    if (buf_failed(&response->body) || buf_failed(&response->head))
        fail(e, ERR_LIMIT, "%.*s: the answer is larger than the %zu bytes allowed", STR_F(url),
             buf_failed(&response->body) ? response->body.max : response->head.max);
    else
        fail(e, ERR_BACKEND, "%.*s: %s", STR_F(url),
             c->error[0] ? c->error : curl_easy_strerror(code));
    if (code == CURLE_SSL_CONNECT_ERROR && was_broken_off(c->error))
        return HTTP_CLIENT_UNREACHABLE;
    return outcome_of(code);
}

int http_client_prepare(struct http_client *client, const struct http_client_request *request,
                        struct http_client_response *response, struct curl_slist **ret_lines,
                        struct err *e)
{
    http_client_response_fini(response);
    *response = (struct http_client_response){.body = BUF_INIT(client->body_max),
                                              .head = BUF_INIT(HEAD_MAX)};
    response->body.wipe = true; /* tokens come in answers */
    auto_lines *lines = NULL;
    if (!client->curl || !request->url || str_has_control(str_from(request->url)) ||
        !collect_lines(request, &lines))
        return fail(e, ERR_INPUT, "an HTTP request with a control character or an empty header");
    if (request->body.n > 0) { /* no waiting for 100 Continue */
        struct curl_slist *longer = curl_slist_append(lines, "Expect:");
        lines = longer ? longer : lines;
    }
    set_up(client, request, response, lines);
    *ret_lines = take(lines);
    return 0;
}

CURL *http_client_handle(struct http_client *client)
{
    return client->curl;
}

enum http_client_outcome http_client_conclude(struct http_client *client, CURLcode code,
                                              const char *url,
                                              struct http_client_response *response, struct err *e)
{
    long status = 0;
    curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, NULL);
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK)
        return explain(client, code, url, response, e);
    response->status = (int)status;
    response->date_ms = date_of(response);
    return HTTP_CLIENT_ANSWERED;
}

enum http_client_outcome http_client_send(struct http_client *client,
                                          const struct http_client_request *request,
                                          struct http_client_response *response, struct err *e)
{
    auto_lines *lines = NULL;
    if (http_client_prepare(client, request, response, &lines, e) < 0)
        return HTTP_CLIENT_BROKEN;
    CURLcode code = curl_easy_perform(client->curl);
    return http_client_conclude(client, code, request->url, response, e);
}
