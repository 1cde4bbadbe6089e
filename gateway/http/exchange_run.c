#include "gateway/http/exchange_run.h"

#include <time.h>

#define PLAIN_TEXT "text/plain; charset=utf-8"

int64_t monotonic_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void exchange_init(struct exchange *x, int64_t started_us)
{
    *x = (struct exchange){.started_us = started_us};
    arena_init(&x->arena, ARENA_REQUEST_MAX);
    x->arena.wipe = true; /* forms and headers are decoded into it */
    x->request.arena = &x->arena;
}

void exchange_fini(struct exchange *x)
{
    if (x->table && x->table->release)
        x->table->release(x->table->data, x->view.env);
    arena_fini(&x->arena);
}

/* --- answers of our own */

static void answer(struct exchange *x, int status, const char *text)
{
    reply_body(&x->reply, status, PLAIN_TEXT, arena_fmt(&x->arena, "%d %s\n", status, text));
    reply_no_store(&x->reply);
}

void exchange_answer_busy(struct exchange *x)
{
    x->reply = (struct reply){0};
    answer(x, 503, "too many requests are waiting; try again");
    reply_header(&x->reply, "Retry-After", STR("1"));
}

/* RFC 9110 15.5.6: Allow MUST name what is allowed. */
static void answer_method(struct exchange *x)
{
    static const char *const names[] = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"};
    struct str allow = STR_NONE;
    for (unsigned m = 0; m < sizeof(names) / sizeof(*names); m++)
        if (x->route->methods & METHOD_BIT(m) ||
            (m == HTTP_HEAD && x->route->methods & METHOD_BIT(HTTP_GET)))
            allow = arena_fmt(&x->arena, "%.*s%s%s", STR_F(allow), allow.n ? ", " : "", names[m]);
    answer(x, 405, "method not allowed");
    reply_header(&x->reply, "Allow", allow);
}

/* RFC 6749 5.2 asks for JSON where a client posts; a person never sees this. */
static void answer_bad_form(struct exchange *x)
{
    reply_body(&x->reply, 400, "application/json",
               STR("{\"error\":\"invalid_request\",\"error_description\":\"The form is not "
                   "well-formed.\"}"));
    reply_no_store(&x->reply);
}

/* --- routing: the raw target against exact rows, so that no decoding can lead elsewhere */

static const struct route *find_route(const struct http_routes *table, struct str path)
{
    if (!str_starts(path, table->prefix))
        return NULL;
    struct str below = str_from_to(path, table->prefix.n, path.n);
    for (const struct route *r = table->routes; r->path; r++)
        if (str_is(below, r->path))
            return r;
    return NULL;
}

static bool route_request(struct exchange *x, const struct exchange_source *from, struct str path)
{
    for (size_t i = 0; i < from->n_tables; i++) {
        const struct http_routes *table = &from->tables[i];
        x->route = find_route(table, path);
        if (!x->route)
            continue;
        x->table = table;
        x->view = table->acquire(table->data);
        x->request.path = str_from_to(path, table->prefix.n, path.n);
        return true;
    }
    return false;
}

static bool method_allowed(const struct route *r, enum http_method m)
{
    if (m == HTTP_HEAD)
        m = HTTP_GET;
    return (r->methods & METHOD_BIT(m)) != 0;
}

/* --- cross-origin reads: only rows marked for it, only registered origins, never with credentials
 */

static bool origin_is_registered(const struct exchange *x)
{
    const struct http_policy *p = x->view.policy;
    for (size_t i = 0; p && x->request.origin.n && i < p->n_cors_origins; i++)
        if (str_eq(p->cors_origins[i], x->request.origin))
            return true;
    return false;
}

static bool is_preflight(const struct exchange *x, const struct head *h)
{
    return h->method == HTTP_OPTIONS && x->route->flags & ROUTE_CORS && h->cors_method.n &&
           h->origin.n;
}

static void answer_preflight(struct exchange *x)
{
    reply_body(&x->reply, 204, NULL, STR_NONE);
    reply_header(&x->reply, "Access-Control-Allow-Methods", STR("GET, HEAD, POST"));
    reply_header(&x->reply, "Access-Control-Allow-Headers",
                 STR("Authorization, Content-Type, DPoP"));
    reply_header(&x->reply, "Access-Control-Max-Age", STR("600"));
}

/* --- the request */

static struct str media_type(struct str content_type, struct arena *a)
{
    struct str type = content_type, parameters;
    str_split(content_type, ';', &type, &parameters);
    type = arena_str(a, str_trim(type));
    char *p = arena_alloc(a, type.n + 1);
    if (!p)
        return STR_NONE;
    for (size_t i = 0; i < type.n; i++)
        p[i] = (char)(type.p[i] >= 'A' && type.p[i] <= 'Z' ? type.p[i] + 32 : type.p[i]);
    return (struct str){p, type.n};
}

static struct str request_id(struct arena *a)
{
    uint8_t random[16];
    char text[32];
    random_fill(&random_system, random, sizeof(random));
    struct buf b = {.p = text, .cap = sizeof(text), .max = sizeof(text) - 1};
    buf_base64url(&b, (struct str){(const char *)random, sizeof(random)});
    return arena_str(a, buf_str(&b));
}

static void take_head(struct request *r, const struct head *h)
{
    r->method = h->method;
    r->content_type = media_type(h->content_type, r->arena);
    r->authorization = h->authorization;
    r->cookie = h->cookie;
    r->accept_language = h->accept_language;
    r->user_agent = h->user_agent;
    r->origin = h->origin;
    r->if_none_match = h->if_none_match;
}

static void take_peer(struct exchange *x, const struct exchange_source *from)
{
    const struct http_policy *p = x->view.policy;
    const struct head *h = &from->guard->head;
    struct address peer = peer_of(from->connection, h->forwarded, h->n_forwarded,
                                  p ? p->trusted_proxies : NULL, p ? p->n_trusted_proxies : 0);
    x->request.peer = address_format(&peer, &x->arena);
}

/* Query and form, decoded. False: answered. */
static bool take_parameters(struct exchange *x, const struct guard *g)
{
    struct request *r = &x->request;
    r->body = buf_str(&g->body);
    if (!params_parse(g->head.query, r->arena, &r->query)) {
        answer(x, 400, "the query is not well-formed");
        return false;
    }
    if (r->method != HTTP_POST || !str_is(r->content_type, "application/x-www-form-urlencoded"))
        return true;
    if (!params_parse(r->body, r->arena, &r->form)) {
        answer_bad_form(x);
        return false;
    }
    return true;
}

bool exchange_prepare(struct exchange *x, const struct exchange_source *from)
{
    const struct guard *g = from->guard;
    struct request *r = &x->request;
    r->received_ms = clock_now_ms(&clock_system);
    r->deadline_ms = x->started_us / 1000 + from->request_ms;
    r->id = request_id(&x->arena);
    if (g->state != GUARD_COMPLETE) {
        answer(x, g->refusal.status, g->refusal.reason);
        return false;
    }
    take_head(r, &g->head);
    if (!route_request(x, from, g->head.path)) {
        answer(x, 404, "not found");
        return false;
    }
    take_peer(x, from);
    if (is_preflight(x, &g->head)) {
        answer_preflight(x);
        return false;
    }
    if (!method_allowed(x->route, r->method)) {
        answer_method(x);
        return false;
    }
    return take_parameters(x, g);
}

void exchange_run(struct exchange *x)
{
    if (clock_monotonic_ms(&clock_system) >= x->request.deadline_ms) {
        exchange_answer_busy(x);
        return;
    }
    x->route->handler(x->view.env, &x->request, &x->reply);
    if (x->reply.status == 0 || x->arena.exhausted) {
        x->reply = (struct reply){0};
        reply_body(&x->reply, 500, PLAIN_TEXT, STR("500 internal error\n"));
        reply_no_store(&x->reply);
    }
}

static bool has_header(const struct reply *r, const char *name)
{
    for (size_t i = 0; i < r->n_headers; i++)
        if (str_eq_nocase(str_from(r->headers[i].name), str_from(name)))
            return true;
    return false;
}

void exchange_finish(struct exchange *x, bool hsts)
{
    struct reply *r = &x->reply;
    if (x->route && x->route->flags & ROUTE_CORS) {
        reply_header(r, "Vary", STR("Origin")); /* also on a refusal: caches must not mix the two */
        if (origin_is_registered(x))
            reply_header(r, "Access-Control-Allow-Origin", x->request.origin);
    }
    if (!has_header(r, "Cache-Control"))
        reply_no_store(r);
    reply_header(r, "X-Content-Type-Options", STR("nosniff"));
    if (hsts)
        reply_header(r, "Strict-Transport-Security", STR("max-age=31536000"));
}
