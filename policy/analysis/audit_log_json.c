#include "policy/analysis/audit_log.h"

#include "base/clock.h"
#include "base/json.h"

#define DECISION "authorization.k8s.io/decision"
#define REASON   "authorization.k8s.io/reason"

void audit_log_init(struct audit_log *log, struct arena *a)
{
    *log = (struct audit_log){.arena = a, .first_ms = INT64_MAX, .last_ms = INT64_MIN};
    log->keys.arena = a;
    arena_init(&log->scratch, ARENA_NO_MAX);
}

void audit_log_fini(struct audit_log *log)
{
    arena_fini(&log->scratch);
}

static struct str get(struct audit_log *log, const json_t *object, const char *key)
{
    struct str value = STR_NONE;
    (void)json_get_str(object, key, &log->scratch, &value);
    return value;
}

/* What was asked: the API server has taken the path apart already. */
static struct rbac_question question_of(struct audit_log *log, const json_t *event)
{
    const json_t *object = json_object_get(event, "objectRef");
    struct rbac_question q = {.verb = get(log, event, "verb")};
    struct str path, query;
    if (json_is_object(object)) {
        q.api_group = get(log, object, "apiGroup");
        q.resource = get(log, object, "resource");
        q.subresource = get(log, object, "subresource");
        q.namespace = get(log, object, "namespace");
        q.name = get(log, object, "name");
        return q;
    }
    q.path = get(log, event, "requestURI");
    if (str_split(q.path, '?', &path, &query))
        q.path = path;
    q.non_resource = true;
    return q;
}

static struct str key_of(struct audit_log *log, const struct audit_use *u)
{
    const struct rbac_question *q = &u->question;
    const struct str zero = {"\0", 1};
    struct str kinds =
        arena_fmt(&log->scratch, "%d%d%d", u->binding_kind, u->subject.kind, q->non_resource);
    return CONCAT(&log->scratch, kinds, u->binding_namespace, zero, u->binding, zero, u->role_kind,
                  zero, u->role, zero, u->subject.namespace, zero, u->subject.name, zero, q->verb,
                  zero, q->api_group, zero, q->resource, zero, q->subresource, zero, q->namespace,
                  zero, q->path);
}

/* Out of the scratch arena, where it does not stay. */
static void keep(struct audit_log *log, struct audit_use *u)
{
    struct str *texts[] = {&u->binding_namespace,  &u->binding,
                           &u->role_kind,          &u->role,
                           &u->subject.namespace,  &u->subject.name,
                           &u->question.verb,      &u->question.api_group,
                           &u->question.resource,  &u->question.subresource,
                           &u->question.namespace, &u->question.path};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        *texts[i] = arena_str(log->arena, *texts[i]);
}

static int full(struct err *e)
{
    return fail(
        e, ERR_LIMIT,
        "the audit log names more different requests than fit into memory: give it in parts");
}

static int add_use(struct audit_log *log, struct audit_use *use, struct err *e)
{
    struct str name = use->question.name, key = key_of(log, use);
    uint32_t id = intern_find(&log->keys, key);
    use->question.name = STR_NONE;
    if (id == ID_NONE) {
        id = intern_add(&log->keys, arena_str(log->arena, key));
        struct audit_use *slot = ARENA_PUSH(log->arena, &log->uses);
        keep(log, use);
        if (id == ID_NONE || !slot || log->arena->exhausted)
            return full(e);
        *slot = *use;
    }
    struct audit_use *u = &log->uses.items[id];
    u->n++;
    u->last_ms = use->last_ms > u->last_ms ? use->last_ms : u->last_ms;
    if (name.n && u->n_names < AUDIT_NAMES_MAX &&
        !strs_has((struct strs){u->names, u->n_names}, name))
        u->names[u->n_names++] = arena_str(log->arena, name);
    return log->arena->exhausted ? full(e) : 0;
}

static bool read_time(struct audit_log *log, const json_t *event, int64_t *ret)
{
    static const char *const keys[] = {"requestReceivedTimestamp", "stageTimestamp"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        struct str text = get(log, event, keys[i]), head, fraction;
        if (str_split(text, '.', &head, &fraction)) /* microseconds; seconds are enough */
            text = arena_fmt(&log->scratch, "%.*sZ", STR_F(head));
        if (text.n && time_parse(text, ret))
            return true;
    }
    return false;
}

static int add_event(struct audit_log *log, const json_t *event, struct err *e)
{
    const json_t *annotations = json_object_get(event, "annotations");
    struct str decision = get(log, annotations, DECISION), stage = get(log, event, "stage");
    struct audit_use use;
    int64_t ms = 0;
    /* a request is in the log up to three times; an open watch has only its start */
    bool counts = str_is(stage, "ResponseComplete") || str_is(stage, "ResponseStarted") ||
                  str_is(stage, "Panic");
    if (read_time(log, event, &ms)) {
        log->first_ms = ms < log->first_ms ? ms : log->first_ms;
        log->last_ms = ms > log->last_ms ? ms : log->last_ms;
    }
    if (!counts || decision.n == 0) {
        log->n_stages++;
        return 0;
    }
    if (!str_is(decision, "allow")) {
        log->n_denied++;
        return 0;
    }
    if (!audit_reason_parse(get(log, annotations, REASON), &log->scratch, &use)) {
        log->n_other++;
        return 0;
    }
    log->n_allowed++;
    use.question = question_of(log, event);
    use.last_ms = ms;
    return add_use(log, &use, e);
}

int audit_log_line(struct audit_log *log, struct str line, bool is_last, struct err *e)
{
    struct err not_json;
    struct str trimmed = str_trim(line);
    arena_reset(&log->scratch);
    if (trimmed.n == 0)
        return 0;
    log->n_lines++;
    auto_json *event = json_read(trimmed, AUDIT_LINE_MAX, &not_json);
    if (!event && is_last) {
        log->truncated = true;
        return 0;
    }
    if (!event || !str_is(get(log, event, "kind"), "Event") ||
        !str_starts(get(log, event, "apiVersion"), STR("audit.k8s.io/"))) {
        log->n_foreign++;
        return 0;
    }
    return add_event(log, event, e);
}
