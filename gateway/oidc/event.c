#include "gateway/oidc/event.h"

const struct event_row event_rows[EVENT_KIND_COUNT] = {
#define EVENT(symbol, name, result, metric, label) \
    [EVENT_##symbol] = {name, EVENT_RESULT_##result, EVENT_METRIC_##metric, label},
#include "gateway/oidc/event.tbl.h"
};

const struct event_metric_row event_metric_rows[EVENT_METRIC_COUNT] = {
#define METRIC(symbol, name, help) [EVENT_METRIC_##symbol] = {name, help},
#include "gateway/oidc/event.tbl.h"
};

const char *event_result_name(enum event_result r)
{
    switch (r) {
    case EVENT_RESULT_OK: return "ok";
    case EVENT_RESULT_REFUSED: return "refused";
    case EVENT_RESULT_ALARM: return "alarm";
    case EVENT_RESULT_FAILED: return "failed";
    }
    return "failed";
}
