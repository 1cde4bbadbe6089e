/* What operators and machines ask: is it alive, is it ready, what does it count. */
#include "gateway/gateway.h"

#define HEALTH_EVERY_MS   5000
#define HEALTH_TIMEOUT_MS 1000
#define METRICS_BYTES_MAX ((size_t)512 << 10)
#define TEXT              "text/plain; charset=utf-8"

static void healthz(void *env, const struct request *request, struct reply *reply)
{
    (void)env, (void)request;
    reply_body(reply, 200, TEXT, STR("ok\n"));
}

/* One caller asks, the others take what is known: a scraper never multiplies into questions to the
 * directory. */
static bool connector_is_healthy(struct gateway_health *h, struct connector *c)
{
    struct err e;
    int64_t now_ms = clock_monotonic_ms(&clock_system), asked_ms = atomic_load(&h->asked_ms);
    bool is_old = asked_ms == 0 || now_ms - asked_ms > HEALTH_EVERY_MS;
    if (is_old && atomic_compare_exchange_strong(&h->asked_ms, &asked_ms, now_ms))
        atomic_store(&h->healthy, c->ops->health(c, now_ms + HEALTH_TIMEOUT_MS, &e) == 0);
    return atomic_load(&h->healthy);
}

static size_t look_at_connectors(struct gateway *g, const struct oidc_env *o,
                                 struct metrics_connector *to)
{
    size_t n = o->n_connectors < GATEWAY_CONNECTORS_MAX ? o->n_connectors : GATEWAY_CONNECTORS_MAX;
    for (size_t i = 0; i < n; i++)
        to[i] = (struct metrics_connector){o->connectors[i]->id,
                                           connector_is_healthy(&g->health[i], o->connectors[i])};
    return n;
}

/*
 * Ready means: send requests here. A directory that does not answer makes nobody else more ready,
 * and sessions, keys and discovery still work without it, so it is told and does not count. A store
 * that cannot be written does.
 */
static void readyz(void *env, const struct request *request, struct reply *reply)
{
    struct gateway *g = env;
    struct env *e = gateway_env(g);
    struct metrics_connector connectors[GATEWAY_CONNECTORS_MAX];
    struct err problem;
    bool store = g->store->ops->health(g->store, &problem) == 0,
         stopping = atomic_load(&g->stopping);
    size_t n = look_at_connectors(g, env_oidc(e), connectors);
    struct str text =
        arena_fmt(request->arena, "%s\nstore: %s\n", store && !stopping ? "ready" : "not ready",
                  store ? "ok" : "cannot be written");
    if (stopping)
        text = arena_fmt(request->arena, "%.*sstopping\n", STR_F(text));
    for (size_t i = 0; i < n; i++)
        text = arena_fmt(request->arena, "%.*sconnector %.*s: %s\n", STR_F(text),
                         STR_F(connectors[i].id), connectors[i].healthy ? "ok" : "does not answer");
    reply_body(reply, store && !stopping ? 200 : 503, TEXT, text);
    env_unref(e);
}

static struct http_stats all_stats(const struct gateway *g)
{
    struct http_stats sum = {0};
    for (size_t i = 0; i < g->n_servers; i++) {
        struct http_stats one = http_server_stats(g->servers[i]);
        sum.connections += one.connections;
        sum.refused += one.refused;
        sum.shed += one.shed;
    }
    return sum;
}

static void metrics(void *env, const struct request *request, struct reply *reply)
{
    struct gateway *g = env;
    struct env *e = gateway_env(g);
    struct metrics_connector connectors[GATEWAY_CONNECTORS_MAX];
    struct err problem;
    auto_buf out = BUF_INIT(METRICS_BYTES_MAX);
    const struct metrics_view view = {
        .http = all_stats(g),
        .n_queued = pool_queued(g->workers),
        .keyset = env_oidc(e)->keyset,
        .certificate_not_after =
            g->n_servers ? http_server_certificate_not_after(g->servers[0]) : 0,
        .store_healthy = g->store->ops->health(g->store, &problem) == 0,
        .connectors = connectors,
        .n_connectors = look_at_connectors(g, env_oidc(e), connectors)};
    metrics_text(g->metrics, &view, &out);
    env_unref(e);
    if (!buf_failed(&out))
        reply_body(reply, 200, METRICS_CONTENT_TYPE, arena_str(request->arena, buf_str(&out)));
}

const struct route operation_routes[] = {{"/healthz", METHOD_BIT(HTTP_GET), healthz, ROUTE_INLINE},
                                         {"/readyz", METHOD_BIT(HTTP_GET), readyz, 0},
                                         {.path = NULL}};
const struct route metrics_routes[] = {{"/healthz", METHOD_BIT(HTTP_GET), healthz, ROUTE_INLINE},
                                       {"/readyz", METHOD_BIT(HTTP_GET), readyz, 0},
                                       {"/metrics", METHOD_BIT(HTTP_GET), metrics, 0},
                                       {.path = NULL}};
