#include "gateway/gateway.h"

#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "gateway/audit.h"
#include "gateway/config_internal.h"
#include "gateway/keyring.h"
#include "gateway/notify.h"

/* --- events: audit line and counter, before the answer leaves */

static void emit(const struct event_sink *sink, const struct event *e)
{
    const struct gateway *g = (const struct gateway *)(const void *)sink;
    audit_event(e);
    metrics_event(g->metrics, e);
}

/* --- what requests work with */

struct env *gateway_env(struct gateway *g)
{
    pthread_mutex_lock(&g->lock);
    struct env *e = env_ref(g->current);
    pthread_mutex_unlock(&g->lock);
    return e;
}

static struct http_view acquire_env(void *data)
{
    struct env *e = gateway_env(data);
    return (struct http_view){env_oidc(e), &env_config(e)->http};
}

static void release_env(void *data, void *env)
{
    (void)data;
    env_unref(env_of_oidc(env));
}

static struct http_view acquire_gateway(void *data)
{
    return (struct http_view){data, NULL};
}

/* --- diagnostics */

static void print_diags(const struct diags *d)
{
    auto_buf text = BUF_INIT((size_t)1 << 20);
    diags_print(d, &text);
    (void)!write(STDERR_FILENO, buf_cstr(&text), text.n);
}

static void log_diags(const struct diags *d)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct diag *one = &d->items[i];
        log_at(one->severity == SEVERITY_ERROR ? LOG_ERROR : LOG_WARN, "configuration",
               LOG_C("file", one->pos.source ? one->pos.source->name : ""),
               LOG_INT("line", one->pos.line), LOG_INT("column", one->pos.column),
               LOG_STR("problem", one->message), LOG_STR("hint", one->hint));
    }
}

/* --- start */

static enum gateway_exit open_store(struct gateway *g, struct config *c)
{
    struct err e = {0};
    bool created = false;
    if (keyring_sealer(arena_cstr(&c->arena, c->key_file), &g->sealer, &e) < 0) {
        log_error("no start", LOG_C("reason", e.text));
        return EXIT_CONFIG;
    }
    if (c->store_type == CONFIG_STORE_MEMORY)
        g->store = store_memory_new(&clock_system);
    else if (store_sqlite_open(arena_cstr(&c->arena, c->store_path), &clock_system, &g->store, &e) <
             0) {
        log_error("no start", LOG_C("reason", e.text));
        return EXIT_STORE;
    }
    if (keyring_load(g->store, g->sealer, &g->keyset, &created, &e) < 0) {
        log_error("no start", LOG_C("reason", e.text));
        return e.class == ERR_CONFIG ? EXIT_CONFIG : EXIT_STORE;
    }
    if (created)
        audit_operation("keys.created", true, STR("first start"));
    return EXIT_FINE;
}

static const char *keep(struct gateway *g, struct str s)
{
    return s.n ? arena_cstr(&g->arena, s) : NULL;
}

static void observe(void *data, const struct http_observation *o)
{
    metrics_observe(data, o);
}

static int start_server(struct gateway *g, const struct http_settings *settings,
                        struct http_server **ret, struct err *e)
{
    if (http_server_start(settings, ret, e) < 0)
        return -1;
    log_info("listening", LOG_STR("address", settings->address.host),
             LOG_INT("port", http_server_port(*ret)),
             LOG_C("scheme", settings->tls_certificate ? "https" : "http"),
             LOG_C("what", settings->tables == g->tables ? "gateway" : "metrics"));
    return 0;
}

static int start_servers(struct gateway *g, const struct config *c, struct err *e)
{
    g->tables[0] = (struct http_routes){.prefix = arena_str(&g->arena, c->oidc.issuer_path),
                                        .routes = oidc_routes,
                                        .data = g,
                                        .acquire = acquire_env,
                                        .release = release_env};
    g->tables[1] =
        (struct http_routes){.routes = operation_routes, .data = g, .acquire = acquire_gateway};
    struct http_settings s = {.tls_certificate = keep(g, c->tls_certificate),
                              .tls_key = keep(g, c->tls_key),
                              .hsts = true,
                              .limits = config_http_limits(c),
                              .workers = g->workers,
                              .tables = g->tables,
                              .n_tables = 2,
                              .observe = observe,
                              .observe_data = g->metrics};
    for (size_t i = 0; i < c->n_addresses; i++) {
        s.address = c->addresses[i];
        if (start_server(g, &s, &g->servers[g->n_servers], e) < 0)
            return -1;
        g->n_servers++;
    }
    return 0;
}

static int start_metrics(struct gateway *g, const struct config *c, struct err *e)
{
    struct http_routes *table = ARENA_NEW(&g->arena, struct http_routes);
    *table = (struct http_routes){.routes = metrics_routes, .data = g, .acquire = acquire_gateway};
    const struct http_settings s = {.address = c->metrics_address,
                                    .limits = config_http_limits(c),
                                    .io_threads = 1,
                                    .tables = table,
                                    .n_tables = 1};
    return c->has_metrics ? start_server(g, &s, &g->metrics_server, e) : 0;
}

static int start_all(struct gateway *g, const struct config *c, struct err *e)
{
    static const struct route *const tables[] = {oidc_routes, operation_routes};
    g->metrics = metrics_new(tables, 2);
    metrics_reload(g->metrics, true, clock_now_ms(&clock_system));
    g->workers = pool_new("worker", (unsigned)c->workers, (size_t)c->queue);
    if (!g->workers)
        return fail(e, ERR_SYSTEM, "the workers cannot be started");
    return start_servers(g, c, e) < 0 || start_metrics(g, c, e) < 0 ? -1 : 0;
}

static enum gateway_exit start_with(struct gateway *g, struct config *c, struct diags *d)
{
    struct err e = {0};
    log_setup(STDERR_FILENO, (enum log_format)c->log_format, (enum log_level)c->log_level);
    enum gateway_exit opened = open_store(g, c);
    if (opened != EXIT_FINE) {
        config_free(c);
        return opened;
    }
    g->parts = (struct env_parts){.store = g->store,
                                  .sealer = g->sealer,
                                  .keyset = g->keyset,
                                  .throttle = login_throttle_new(&random_system),
                                  .events = &g->sink};
    g->current = env_new(c, &g->parts, d);
    print_diags(d);
    if (!g->current) {
        config_free(c);
        return EXIT_CONFIG;
    }
    if (start_all(g, c, &e) < 0) {
        log_error("no start", LOG_C("reason", e.text));
        return EXIT_FAILED;
    }
    notify_supervisor("READY=1");
    return EXIT_FINE;
}

/* --- reload */

static bool same_texts(const struct texts *a, const struct texts *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!str_eq(a->items[i], b->items[i]))
            return false;
    return true;
}

/* What sockets, store and names hang on stays as it was at the start. */
static void check_unchangeable(const struct config *old, const struct config *new, struct diags *d)
{
    const struct {
        const char *section, *name;
        bool same;
    } keys[] = {
        {"", "issuer", str_eq(old->issuer, new->issuer)},
        {"", "listen", same_texts(&old->listen, &new->listen)},
        {"", "key_file", str_eq(old->key_file, new->key_file)},
        {"tls", "certificate", str_eq(old->tls_certificate, new->tls_certificate)},
        {"tls", "key", str_eq(old->tls_key, new->tls_key)},
        {"metrics", "listen", str_eq(old->metrics_listen, new->metrics_listen)},
        {"store", "type", old->store_type == new->store_type},
        {"store", "path", str_eq(old->store_path, new->store_path)},
        {"limits", "",
         memcmp(&old->limits, &new->limits, sizeof(old->limits)) == 0 &&
             old->workers == new->workers && old->queue == new->queue},
    };
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        if (keys[i].same)
            continue;
        const char *dot = keys[i].section[0] && keys[i].name[0] ? "." : "";
        diag_error(d, config_pos(new, keys[i].section, keys[i].name),
                   "%s%s%s cannot change while the gateway runs; the file's content may",
                   keys[i].section, dot, keys[i].name);
        diag_hint(d, "restart the gateway to use the new value");
    }
}

static void swap(struct gateway *g, struct env *fresh)
{
    pthread_mutex_lock(&g->lock);
    struct env *old = g->current;
    g->current = fresh;
    pthread_mutex_unlock(&g->lock);
    env_unref(old);
    for (size_t i = 0; i < GATEWAY_CONNECTORS_MAX; i++)
        atomic_store(&g->health[i].asked_ms, 0);
}

static void reload_certificates(struct gateway *g, struct diags *d)
{
    struct err e = {0};
    for (size_t i = 0; i < g->n_servers && d->n_errors == 0; i++)
        if (http_server_reload_tls(g->servers[i], &e) < 0)
            diag_error(d, (struct pos){0}, "%s", e.text);
}

static struct env *read_again(struct gateway *g, struct config *c, struct diags *d)
{
    if (d->n_errors == 0)
        check_unchangeable(env_config(g->current), c, d);
    struct env *fresh = d->n_errors == 0 ? env_new(c, &g->parts, d) : NULL;
    if (fresh)
        reload_certificates(g, d);
    return fresh;
}

void gateway_reload(struct gateway *g)
{
    auto_arena a = {0};
    struct diags d;
    arena_init(&a, ARENA_NO_MAX);
    diags_init(&d, &a);
    notify_supervisor("RELOADING=1");
    struct config *c = config_read(g->config_path, &d);
    struct env *fresh = read_again(g, c, &d);
    bool good = fresh && d.n_errors == 0;
    log_diags(&d);
    if (good) {
        log_setup(STDERR_FILENO, (enum log_format)c->log_format, (enum log_level)c->log_level);
        swap(g, fresh);
    } else if (fresh) {
        env_unref(fresh);
    } else {
        config_free(c);
    }
    metrics_reload(g->metrics, good, clock_now_ms(&clock_system));
    audit_operation("config.reloaded", good,
                    good ? STR_NONE : STR("the old configuration stays in force"));
    notify_supervisor("READY=1");
}

/* --- stop */

static bool stop_servers(struct gateway *g, int64_t drain_ms)
{
    int64_t end_ms = clock_monotonic_ms(&clock_system) + drain_ms;
    bool drained = true;
    for (size_t i = 0; i < g->n_servers; i++) {
        int64_t left_ms = end_ms - clock_monotonic_ms(&clock_system);
        drained = http_server_stop(g->servers[i], left_ms > 0 ? left_ms : 0) && drained;
    }
    g->n_servers = 0;
    if (g->metrics_server)
        drained = http_server_stop(g->metrics_server, 1000) && drained;
    g->metrics_server = NULL;
    return drained;
}

static void release_all(struct gateway *g)
{
    if (g->workers)
        pool_free(g->workers);
    env_unref(g->current);
    if (g->parts.throttle)
        login_throttle_free(g->parts.throttle);
    keyset_unref(g->keyset);
    if (g->store)
        g->store->ops->free(g->store);
    sealer_free(g->sealer);
    metrics_free(g->metrics);
    arena_fini(&g->arena);
    pthread_mutex_destroy(&g->lock);
}

bool gateway_stop(struct gateway *g)
{
    notify_supervisor("STOPPING=1");
    atomic_store(&g->stopping, true);
    bool drained = stop_servers(g, env_config(g->current)->drain_ms);
    if (drained)
        release_all(g);
    else
        log_warn("requests were still running at the end of the drain time");
    return drained;
}

/* --- all of it */

enum gateway_exit gateway_start(struct gateway *g, const char *config_path)
{
    auto_arena a = {0};
    struct diags d;
    arena_init(&a, ARENA_NO_MAX);
    diags_init(&d, &a);
    *g = (struct gateway){.sink = {emit}, .config_path = config_path};
    arena_init(&g->arena, ARENA_NO_MAX);
    pthread_mutex_init(&g->lock, NULL);
    struct config *c = config_read(config_path, &d);
    if (d.n_errors == 0) {
        enum gateway_exit started = start_with(g, c, &d);
        if (started != EXIT_FINE && stop_servers(g, 0))
            release_all(g);
        return started;
    }
    print_diags(&d);
    config_free(c);
    return EXIT_CONFIG;
}
