#include "gateway/audit.h"

#include "base/log.h"

#define FIELDS_MAX 24

struct line {
    struct log_field fields[FIELDS_MAX];
    size_t n;
};

static void add(struct line *l, const char *key, struct str value)
{
    if (value.n && l->n < FIELDS_MAX - 1)
        l->fields[l->n++] = LOG_STR(key, value);
}

static void add_number(struct line *l, const char *key, int64_t value)
{
    if (value && l->n < FIELDS_MAX - 1)
        l->fields[l->n++] = LOG_INT(key, value);
}

/* ECS event.outcome and event.kind of a result. */
static void add_result(struct line *l, enum event_result result)
{
    add(l, "event.kind", result == EVENT_RESULT_ALARM ? STR("alert") : STR("event"));
    add(l, "event.outcome", result == EVENT_RESULT_OK ? STR("success") : STR("failure"));
}

void audit_event(const struct event *e)
{
    const struct event_row *row = &event_rows[e->kind];
    struct line l = {.n = 0};
    add(&l, "event.dataset", STR("lotse.audit"));
    add(&l, "event.action", str_from(row->name));
    add_result(&l, row->result);
    add(&l, "event.reason", e->reason);
    add(&l, "user.name", e->username);
    add(&l, "user.id", e->subject);
    add(&l, "source.ip", e->peer);
    add(&l, "http.request.id", e->request_id);
    add(&l, "lotse.client.id", e->client_id);
    add(&l, "lotse.connector.id", e->connector_id);
    add(&l, "lotse.session.id", e->sid);
    add(&l, "lotse.family.id", e->family_id);
    add(&l, "lotse.audience", e->audience);
    add(&l, "lotse.scope", e->scope);
    add(&l, "error.message", e->detail);
    add_number(&l, "lotse.groups", e->n_groups);
    add_number(&l, "lotse.bytes", e->n_bytes);
    l.fields[l.n].key = NULL;
    log_write(LOG_AUDIT, row->name, l.fields);
}

void audit_operation(const char *action, bool success, struct str detail)
{
    struct line l = {.n = 0};
    add(&l, "event.dataset", STR("lotse.audit"));
    add(&l, "event.action", str_from(action));
    add_result(&l, success ? EVENT_RESULT_OK : EVENT_RESULT_FAILED);
    add(&l, "error.message", success ? STR_NONE : detail);
    add(&l, "event.reason", success ? detail : STR_NONE);
    l.fields[l.n].key = NULL;
    log_write(LOG_AUDIT, action, l.fields);
}
