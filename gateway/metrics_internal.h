#pragma once
/* Between metrics.c (counting) and metrics_text.c (writing). */
#include <stdatomic.h>

#include "gateway/metrics.h"

#define METRICS_ROUTES_MAX 64
#define METRICS_BUCKETS    13
#define METRICS_METHODS    8 /* enum http_method, and one for what was refused */
#define METRICS_STATUSES   24

extern const int64_t metrics_bucket_us[METRICS_BUCKETS];
extern const char *const metrics_bucket_names[METRICS_BUCKETS]; /* the same in seconds */
extern const int metrics_statuses[METRICS_STATUSES];            /* the last, 0, is every other */
extern const char *const metrics_method_names[METRICS_METHODS];

struct route_counts {
    _Atomic uint64_t requests[METRICS_METHODS][METRICS_STATUSES];
    _Atomic uint64_t buckets[METRICS_BUCKETS + 1], sum_us;
};
struct metrics {
    const char *paths[METRICS_ROUTES_MAX]; /* the last one in use is "other" */
    size_t n_routes;
    struct route_counts *routes;
    _Atomic uint64_t events[EVENT_KIND_COUNT];
    _Atomic bool reload_successful;
    _Atomic int64_t reload_ms;
    int64_t started_ms;
};
