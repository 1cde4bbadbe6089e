/* The exposition format: https://prometheus.io/docs/instrumenting/exposition_formats/, version
 * 0.0.4. */
#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "base/version.h"
#include "gateway/metrics_internal.h"

struct writer {
    const struct metrics *m;
    const struct metrics_view *view;
    struct buf *out;
    const char *name;
};

static uint64_t read_count(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit((_Atomic uint64_t *)(uintptr_t)counter, memory_order_relaxed);
}

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_fmt(out, "# HELP %s %s.\n# TYPE %s %s\n", name, help, name, type);
}

static void sample(const struct writer *w, int64_t value)
{
    buf_fmt(w->out, "%s %lld\n", w->name, (long long)value);
}

/* A label's value: backslash, quote and line feed are escaped, control bytes never come this far.
 */
static void label(struct buf *out, const char *name, struct str value)
{
    buf_fmt(out, "%s=\"", name);
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (c == '\n')
            buf_lit(out, "\\n");
        else if (c == '"' || c == '\\')
            buf_fmt(out, "\\%c", c);
        else
            buf_char(out, c);
    }
    buf_char(out, '"');
}

static void labelled(const struct writer *w, const char *name, struct str value, int64_t number)
{
    buf_fmt(w->out, "%s{", w->name);
    label(w->out, name, value);
    buf_fmt(w->out, "} %lld\n", (long long)number);
}

static void seconds(struct buf *out, int64_t us)
{
    buf_fmt(out, "%lld.%06lld\n", (long long)(us / 1000000), (long long)(us % 1000000));
}

/* --- rows */

static void build_info(const struct writer *w)
{
    buf_fmt(w->out, "%s{version=\"%s\",compiler=\"%s\"} 1\n", w->name, LOTSE_VERSION,
#ifdef __clang__
            "clang"
#else
            "gcc"
#endif
    );
}

static void requests_of_route(const struct writer *w, const struct route_counts *r,
                              const char *path)
{
    for (size_t m = 0; m < METRICS_METHODS; m++) {
        for (size_t s = 0; s < METRICS_STATUSES; s++) {
            uint64_t n = read_count(&r->requests[m][s]);
            if (n == 0)
                continue;
            buf_fmt(w->out, "%s{", w->name);
            label(w->out, "handler", str_from(path));
            buf_fmt(w->out, ",method=\"%s\",code=\"", metrics_method_names[m]);
            if (metrics_statuses[s])
                buf_i64(w->out, metrics_statuses[s]);
            else
                buf_lit(w->out, "other");
            buf_fmt(w->out, "\"} %llu\n", (unsigned long long)n);
        }
    }
}

static void http_requests(const struct writer *w)
{
    for (size_t i = 0; i < w->m->n_routes; i++)
        requests_of_route(w, &w->m->routes[i], w->m->paths[i]);
}

static void histogram_of_route(const struct writer *w, const struct route_counts *r,
                               const char *path)
{
    uint64_t total = 0;
    for (size_t b = 0; b <= METRICS_BUCKETS; b++)
        total += read_count(&r->buckets[b]);
    if (total == 0)
        return;
    uint64_t so_far = 0;
    for (size_t b = 0; b < METRICS_BUCKETS; b++) {
        so_far += read_count(&r->buckets[b]);
        buf_fmt(w->out, "%s_bucket{", w->name);
        label(w->out, "handler", str_from(path));
        buf_fmt(w->out, ",le=\"%s\"} %llu\n", metrics_bucket_names[b],
                (unsigned long long)(so_far < total ? so_far : total));
    }
    buf_fmt(w->out, "%s_bucket{", w->name);
    label(w->out, "handler", str_from(path));
    buf_fmt(w->out, ",le=\"+Inf\"} %llu\n%s_sum{", (unsigned long long)total, w->name);
    label(w->out, "handler", str_from(path));
    buf_lit(w->out, "} ");
    seconds(w->out, (int64_t)read_count(&r->sum_us));
    buf_fmt(w->out, "%s_count{", w->name);
    label(w->out, "handler", str_from(path));
    buf_fmt(w->out, "} %llu\n", (unsigned long long)total);
}

static void http_durations(const struct writer *w)
{
    for (size_t i = 0; i < w->m->n_routes; i++)
        histogram_of_route(w, &w->m->routes[i], w->m->paths[i]);
}

static void http_connections(const struct writer *w)
{
    sample(w, w->view->http.connections);
}

static void http_refused(const struct writer *w)
{
    sample(w, (int64_t)w->view->http.refused);
}

static void http_shed(const struct writer *w)
{
    sample(w, (int64_t)w->view->http.shed);
}

static void http_queue(const struct writer *w)
{
    sample(w, (int64_t)w->view->n_queued);
}

static void audit_events(const struct writer *w)
{
    for (size_t k = 0; k < EVENT_KIND_COUNT; k++)
        labelled(w, "action", str_from(event_rows[k].name), (int64_t)read_count(&w->m->events[k]));
}

static void reload_successful(const struct writer *w)
{
    sample(w, w->m->reload_successful);
}

static void reload_time(const struct writer *w)
{
    sample(w, w->m->reload_ms / 1000);
}

static void key_created(const struct writer *w)
{
    static const char *const states[] = {"next", "active", "retiring"};
    size_t n = 0;
    const struct key_entry *entries = w->view->keyset ? keyset_entries(w->view->keyset, &n) : NULL;
    for (size_t i = 0; i < n; i++) {
        buf_fmt(w->out, "%s{", w->name);
        label(w->out, "kid", key_kid(entries[i].key));
        buf_fmt(w->out, ",alg=\"%s\",state=\"%s\"} %lld\n", jose_alg_name(key_alg(entries[i].key)),
                states[entries[i].state], (long long)(entries[i].created_ms / 1000));
    }
}

static void certificate_end(const struct writer *w)
{
    if (w->view->certificate_not_after)
        sample(w, w->view->certificate_not_after);
}

static void store_healthy(const struct writer *w)
{
    sample(w, w->view->store_healthy);
}

static void connector_healthy(const struct writer *w)
{
    for (size_t i = 0; i < w->view->n_connectors; i++)
        labelled(w, "connector", w->view->connectors[i].id, w->view->connectors[i].healthy);
}

/* --- the process, from /proc */

static void cpu_seconds(const struct writer *w)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    int64_t us = ((int64_t)u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 + u.ru_utime.tv_usec +
                 u.ru_stime.tv_usec;
    buf_fmt(w->out, "%s ", w->name);
    seconds(w->out, us);
}

static void resident_memory(const struct writer *w)
{
    struct err e;
    auto_buf text = BUF_INIT(4096);
    struct str rest, pages;
    int64_t n;
    if (file_read("/proc/self/statm", 4096, &text, &e) < 0)
        return;
    rest = buf_str(&text);
    if (str_next(&rest, ' ', &pages) && str_next(&rest, ' ', &pages) && str_to_i64(pages, &n))
        sample(w, n * sysconf(_SC_PAGESIZE));
}

static int64_t entries_of(const char *path)
{
    DIR *d = opendir(path);
    int64_t n = 0;
    if (!d)
        return 0;
    for (const struct dirent *e = readdir(d); e; e = readdir(d))
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static void open_fds(const struct writer *w)
{
    sample(w, entries_of("/proc/self/fd") - 1); /* without the one that counts */
}

static void max_fds(const struct writer *w)
{
    struct rlimit l;
    if (getrlimit(RLIMIT_NOFILE, &l) == 0)
        sample(w, (int64_t)l.rlim_cur);
}

static void threads(const struct writer *w)
{
    sample(w, entries_of("/proc/self/task"));
}

static void start_time(const struct writer *w)
{
    sample(w, w->m->started_ms / 1000);
}

/* --- all of them */

static void protocol_counters(const struct metrics *m, struct buf *out)
{
    for (size_t c = 0; c < EVENT_METRIC_COUNT; c++) {
        const struct event_metric_row *row = &event_metric_rows[c];
        head(out, row->name, "counter", row->help);
        const struct writer w = {.m = m, .out = out, .name = row->name};
        for (size_t k = 0; k < EVENT_KIND_COUNT; k++)
            if ((size_t)event_rows[k].metric == c)
                labelled(&w, "result", str_from(event_rows[k].label),
                         (int64_t)read_count(&m->events[k]));
    }
}

void metrics_text(const struct metrics *m, const struct metrics_view *view, struct buf *out)
{
    static const struct {
        const char *name, *type, *help;
        void (*write)(const struct writer *w);
    } rows[] = {
#define METRIC(name, type, help, write) {name, type, help, write},
#include "gateway/metrics.tbl.h"
#undef METRIC
    };
    protocol_counters(m, out);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct writer w = {m, view, out, rows[i].name};
        head(out, rows[i].name, rows[i].type, rows[i].help);
        rows[i].write(&w);
    }
}
