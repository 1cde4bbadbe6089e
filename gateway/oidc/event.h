#pragma once
/*
 * What happened, for the audit trail and the counters: rows of event.tbl.h. The protocol emits each
 * event before the answer it belongs to leaves (whoever renders it may block the answer, not lose
 * the line). No field ever holds a secret: no password, code, token or cookie. Emitted on the
 * thread that runs the request, several at a time.
 */
#include "base/str.h"

enum event_kind {
#define EVENT(symbol, name, result, metric, label) EVENT_##symbol,
#include "gateway/oidc/event.tbl.h"
    EVENT_KIND_COUNT,
};
enum event_result {
    EVENT_RESULT_OK,
    EVENT_RESULT_REFUSED,
    EVENT_RESULT_ALARM,
    EVENT_RESULT_FAILED
};
enum event_metric {
#define METRIC(symbol, name, help) EVENT_METRIC_##symbol,
#include "gateway/oidc/event.tbl.h"
    EVENT_METRIC_COUNT,
};

struct event_row {
    const char *name; /* "login.ok" */
    enum event_result result;
    enum event_metric metric;
    const char *label; /* of the counter: result="..." */
};
struct event_metric_row {
    const char *name, *help;
};
extern const struct event_row event_rows[EVENT_KIND_COUNT];
extern const struct event_metric_row event_metric_rows[EVENT_METRIC_COUNT];
const char *event_result_name(enum event_result r); /* "ok" "refused" "alarm" "failed" */

/* Absent texts and zero numbers are left out of the audit line. What a peer typed may stand in
 * here: escape when rendering. */
struct event {
    enum event_kind kind;
    struct str request_id, peer;
    struct str client_id, connector_id;
    struct str subject; /* `sub` */
    struct str
        username; /* as the directory has it; at a failed login what was typed, cut to 128 bytes */
    struct str sid, family_id;
    struct str audience; /* of the ID token */
    struct str scope;
    struct str reason; /* OAuth error, or a short word */
    struct str detail; /* one sentence for the log, never for the peer */
    int64_t n_groups, n_bytes;
};
/* The texts of struct event with their names in the audit line: EVENT_FIELD(member) */
#define EVENT_TEXTS(EVENT_FIELD) \
    EVENT_FIELD(request_id) \
    EVENT_FIELD(peer) \
    EVENT_FIELD(client_id) \
    EVENT_FIELD(connector_id) \
    EVENT_FIELD(subject) \
    EVENT_FIELD(username) \
    EVENT_FIELD(sid) \
    EVENT_FIELD(family_id) \
    EVENT_FIELD(audience) \
    EVENT_FIELD(scope) \
    EVENT_FIELD(reason) \
    EVENT_FIELD(detail)

struct event_sink {
    void (*emit)(const struct event_sink *s, const struct event *e);
};
