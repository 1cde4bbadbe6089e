#pragma once
/*
 * Counters and histograms, and their text for Prometheus (exposition format 0.0.4). Counting: any
 * thread, without locks; writing: the thread that answers /metrics. No label ever holds a person's
 * name.
 */
#include "base/buf.h"
#include "connectors/connector.h"
#include "gateway/http/http.h"
#include "gateway/oidc/event.h"
#include "jose/keyset.h"

#define METRICS_CONTENT_TYPE \
    "text/plain; version=0.0.4; charset=utf-8" /* Prometheus 3 refuses any other */

struct metrics;
/* Routes are told apart by the rows of these tables (each ends with path NULL). */
struct metrics *metrics_new(const struct route *const *tables, size_t n_tables);
void metrics_free(struct metrics *m);
void metrics_observe(struct metrics *m, const struct http_observation *o);
void metrics_event(struct metrics *m, const struct event *e);
void metrics_reload(struct metrics *m, bool successful, int64_t now_ms);

struct metrics_connector {
    struct str id;
    bool healthy;
};
struct metrics_view { /* what is looked up at the moment of the scrape */
    struct http_stats http;
    size_t n_queued;
    const struct keyset *keyset; /* may be NULL */
    int64_t certificate_not_after;
    bool store_healthy;
    const struct metrics_connector *connectors;
    size_t n_connectors;
};
void metrics_text(const struct metrics *m, const struct metrics_view *view, struct buf *out);
