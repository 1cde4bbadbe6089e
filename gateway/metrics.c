#include "gateway/metrics_internal.h"

#include "base/clock.h"
#include "base/mem.h"

const int64_t metrics_bucket_us[METRICS_BUCKETS] = {
    250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 5000000};
const char *const metrics_bucket_names[METRICS_BUCKETS] = {
    "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025",
    "0.05",    "0.1",    "0.25",  "0.5",    "1",     "5"};
const int metrics_statuses[METRICS_STATUSES] = {200, 204, 302, 303, 304, 400, 401, 403,
                                                404, 405, 409, 411, 413, 414, 415, 417,
                                                429, 431, 500, 501, 502, 503, 505, 0};
const char *const metrics_method_names[METRICS_METHODS] = {"GET", "HEAD",  "POST",   "OPTIONS",
                                                           "PUT", "PATCH", "DELETE", "other"};

struct metrics *metrics_new(const struct route *const *tables, size_t n_tables)
{
    struct metrics *m = MEM_NEW(struct metrics);
    for (size_t t = 0; t < n_tables; t++)
        for (const struct route *r = tables[t]; r->path && m->n_routes < METRICS_ROUTES_MAX - 1;
             r++)
            m->paths[m->n_routes++] = r->path;
    m->paths[m->n_routes++] = "other";
    m->routes = mem_array(m->n_routes, sizeof(*m->routes));
    m->started_ms = clock_now_ms(&clock_system);
    return m;
}

void metrics_free(struct metrics *m)
{
    if (!m)
        return;
    mem_free(m->routes);
    mem_free(m);
}

static size_t route_index(const struct metrics *m, const char *path)
{
    for (size_t i = 0; i + 1 < m->n_routes; i++)
        if (m->paths[i] == path) /* the very row: no comparison of texts */
            return i;
    return m->n_routes - 1;
}

static size_t status_index(int status)
{
    size_t i = 0;
    while (i < METRICS_STATUSES - 1 && metrics_statuses[i] != status)
        i++;
    return i;
}

static size_t bucket_index(int64_t us)
{
    size_t i = 0;
    while (i < METRICS_BUCKETS && us > metrics_bucket_us[i])
        i++;
    return i;
}

static void count(_Atomic uint64_t *counter, uint64_t by)
{
    atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

void metrics_observe(struct metrics *m, const struct http_observation *o)
{
    struct route_counts *r = &m->routes[route_index(m, o->route)];
    size_t method = o->method_known ? (size_t)o->method : METRICS_METHODS - 1;
    count(&r->requests[method][status_index(o->status)], 1);
    count(&r->buckets[bucket_index(o->duration_us)], 1);
    count(&r->sum_us, o->duration_us > 0 ? (uint64_t)o->duration_us : 0);
}

void metrics_event(struct metrics *m, const struct event *e)
{
    count(&m->events[e->kind], 1);
}

void metrics_reload(struct metrics *m, bool successful, int64_t now_ms)
{
    atomic_store(&m->reload_successful, successful);
    if (successful)
        atomic_store(&m->reload_ms, now_ms);
}
