#include "policy/cluster/api.h"

#include <time.h>

#include "base/mem.h"
#include "base/net/http_client.h"

#define BODY_MAX ((size_t)256 << 20)
#define PAGE     500
/* An API server that never answered is reported soon; one that did and went away is waited for
 * until the deadline. */
#define FIRST_CONTACT_MS 5000

struct api {
    struct str name;
    const struct kube_access *access;
    const struct clock *clock;
    struct arena *arena;
    struct http_client *http;
    struct http_client_response response;
    int64_t deadline_ms, started_ms;
    bool answered, once;
};

struct api *api_new(struct str name, const struct kube_access *access, const struct clock *clock,
                    struct arena *arena)
{
    struct api *api = MEM_NEW(struct api);
    struct http_client_config config = {.ca_pem = access->ca_pem,
                                        .cert_pem = access->cert_pem,
                                        .key_pem = access->key_pem,
                                        .user_agent = "lotse-policy",
                                        .total_ms = 30000,
                                        .body_max = BODY_MAX};
    *api = (struct api){.name = name,
                        .access = access,
                        .clock = clock,
                        .arena = arena,
                        .http = http_client_new(&config)};
    api_set_timeout(api, 60000);
    return api;
}

void api_free(struct api *api)
{
    if (!api)
        return;
    http_client_response_fini(&api->response);
    http_client_free(api->http);
    mem_free(api);
}

struct str api_name(const struct api *api)
{
    return api->name;
}

void api_set_timeout(struct api *api, int64_t ms)
{
    api->started_ms = clock_monotonic_ms(api->clock);
    api->deadline_ms = api->started_ms + ms;
}

void api_set_retry(struct api *api, bool retry)
{
    api->once = !retry;
}

static void pause_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (nanosleep(&t, &t) < 0)
        continue;
}

/* 429 and 503 carry Retry-After in seconds (RFC 9110 10.2.3); without it the wait doubles from 100
 * ms to 2 s. */
static int64_t wait_before_retry(const struct api *api, int attempt, bool answered)
{
    int64_t seconds = 0, ms = (int64_t)100 << (attempt < 5 ? attempt : 5);
    if (answered && str_to_i64(http_client_header(&api->response, "retry-after"), &seconds) &&
        seconds > 0)
        return seconds < 30 ? seconds * 1000 : 30000;
    return ms < 2000 ? ms : 2000;
}

static bool may_retry(const struct api *api, enum http_client_outcome outcome, int64_t wait_ms)
{
    int64_t then = clock_monotonic_ms(api->clock) + wait_ms;
    if (outcome == HTTP_CLIENT_BROKEN || api->once)
        return false;
    /* a server that is killed breaks handshakes as well; one that was never trusted will not be
     * later */
    if (outcome == HTTP_CLIENT_UNTRUSTED && !api->answered)
        return false;
    if (!api->answered && then > api->started_ms + FIRST_CONTACT_MS)
        return false;
    return then < api->deadline_ms;
}

static enum http_client_outcome send_once(struct api *api, const struct api_call *call,
                                          struct err *e)
{
    auto_buf url = BUF_INIT((size_t)64 << 10);
    struct header headers[] = {{"Accept", STR_C(call->accept ? call->accept : "application/json")}};
    int64_t left = api->deadline_ms - clock_monotonic_ms(api->clock);
    buf_add(&url, api->access->server);
    buf_add(&url, call->path);
    struct http_client_request request = {.method = call->method,
                                          .url = buf_cstr(&url),
                                          .headers = headers,
                                          .n_headers = 1,
                                          .bearer = api->access->token,
                                          .content_type = call->content_type,
                                          .body = call->body,
                                          .total_ms = left < 1       ? 1
                                                      : left < 30000 ? left
                                                                     : 30000};
    return http_client_send(api->http, &request, &api->response, e);
}

int api_send(struct api *api, const struct api_call *call, struct api_answer *ret, struct err *e)
{
    for (int attempt = 0;; attempt++) {
        enum http_client_outcome outcome = send_once(api, call, e);
        bool answered = outcome == HTTP_CLIENT_ANSWERED;
        int status = answered ? api->response.status : 0;
        api->answered = api->answered || answered;
        if (answered && status < 500 && status != 429) {
            *ret = (struct api_answer){status, buf_str(&api->response.body)};
            return 0;
        }
        int64_t wait = wait_before_retry(api, attempt, answered);
        if (!may_retry(api, outcome, wait)) {
            if (answered)
                return fail(e, ERR_BACKEND, "%.*s: %s answers %d", STR_F(api->name), call->method,
                            status);
            return fail_within(e, "%.*s", STR_F(api->name));
        }
        pause_ms(wait);
    }
}

/* What to bind when the API server says 403. */
static const char *missing_right(const struct api_call *call, struct str message)
{
    bool binding = str_contains(call->path, STR("/rolebindings"));
    if (str_contains(message, STR("attempting to grant")))
        return binding
                   ? "the verb bind on this ClusterRole is missing (ClusterRole lotse-binder in "
                     "50-binder.yaml has it, and needs apply --cluster-wide after a new role)"
                   : "the verb escalate or all rights of the role are missing: an "
                     "administrator's identity is needed";
    if (!str_contains(message, STR(" cannot ")))
        return NULL; /* an admission policy: its message says what to do */
    if (binding || (str_starts(call->path, STR("/api/v1/namespaces")) &&
                    !str_contains(call->path, STR("/serviceaccounts"))))
        return "bind ClusterRole lotse-binder (compile writes it to 50-binder.yaml) to this "
               "identity";
    return "this needs an administrator's rights, for example ClusterRole cluster-admin";
}

int api_refused(const struct api *api, const struct api_call *call, const struct api_answer *answer,
                struct err *e)
{
    struct str message = api_json_message(answer->body, api->arena);
    const char *right = answer->status == 403 ? missing_right(call, message) : NULL;
    if (answer->status == 401)
        right = "the credentials of the kubeconfig are not accepted (any more)";
    return fail(e, ERR_BACKEND, "%s answers %d: %s%s%.*s", call->method, answer->status,
                right ? right : "", right ? ". The API server: " : "", STR_F(message));
}

static int refused(const struct api *api, const struct api_call *call,
                   const struct api_answer *answer, struct err *e)
{
    (void)api_refused(api, call, answer, e);
    return fail_within(e, "%.*s: %.*s", STR_F(api->name), STR_F(call->path));
}

int api_get(struct api *api, struct str path, const char *accept, struct str *ret_body,
            struct err *e)
{
    struct api_call call = {.method = "GET", .path = path, .accept = accept};
    struct api_answer answer;
    if (api_send(api, &call, &answer, e) < 0)
        return -1;
    if (answer.status != 200)
        return refused(api, &call, &answer, e);
    *ret_body = arena_str(api->arena, answer.body);
    return 0;
}

/* One page into the list. *token: where to go on, empty at the end. */
static int list_page(struct api *api, const char *path, struct str *token, struct api_pages *pages,
                     struct err *e)
{
    auto_buf url = BUF_INIT((size_t)64 << 10);
    struct api_answer answer;
    buf_fmt(&url, "%s?limit=%d", path, PAGE);
    if (token->n) {
        buf_c(&url, "&continue=");
        buf_url(&url, *token);
    }
    struct api_call call = {.method = "GET", .path = buf_str(&url)};
    if (api_send(api, &call, &answer, e) < 0)
        return -1;
    if (answer.status == 410 && token->n) { /* Gone: that version of the list was compacted away */
        *token = STR_NONE;
        pages->n = 0;
        return list_page(api, path, token, pages, e);
    }
    if (answer.status != 200)
        return refused(api, &call, &answer, e);
    struct str *page = ARENA_PUSH(api->arena, pages);
    if (!page)
        return fail(e, ERR_LIMIT, "%.*s: %s is too large", STR_F(api->name), path);
    *page = arena_str(api->arena, answer.body);
    if (api_json_continue(*page, api->arena, token, e) < 0)
        return fail_within(e, "%.*s: %s", STR_F(api->name), path);
    return 0;
}

int api_list(struct api *api, const char *path, struct api_pages *ret, struct err *e)
{
    struct api_pages pages = {0};
    struct str token = STR_NONE;
    do {
        if (list_page(api, path, &token, &pages, e) < 0)
            return -1;
    } while (token.n);
    *ret = pages;
    return 0;
}
