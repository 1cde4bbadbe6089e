#include "policy/analysis/audit_log.h"

#include "base/clock.h"
#include "base/json_scan.h"

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

/* The parts of an event that count. What was asked: the API server has taken the path apart
 * already. */
struct audit_event {
    struct str kind, version, stage, verb, uri, received, staged, decision, reason;
    struct rbac_question object;
    bool has_object;
};

static void read_object(struct json_scan *s, struct rbac_question *q)
{
    struct str key;
    while (json_scan_member(s, &key))
        if (str_is(key, "apiGroup"))
            (void)json_scan_str(s, &q->api_group);
        else if (str_is(key, "resource"))
            (void)json_scan_str(s, &q->resource);
        else if (str_is(key, "subresource"))
            (void)json_scan_str(s, &q->subresource);
        else if (str_is(key, "namespace"))
            (void)json_scan_str(s, &q->namespace);
        else if (str_is(key, "name"))
            (void)json_scan_str(s, &q->name);
}

static void read_annotations(struct json_scan *s, struct audit_event *ev)
{
    struct str key;
    if (!json_scan_object(s))
        return;
    while (json_scan_member(s, &key))
        if (str_is(key, DECISION))
            (void)json_scan_str(s, &ev->decision);
        else if (str_is(key, REASON))
            (void)json_scan_str(s, &ev->reason);
}

static void read_member(struct json_scan *s, struct str key, struct audit_event *ev)
{
    const struct {
        struct str key, *to;
    } texts[] = {{STR("kind"), &ev->kind},
                 {STR("apiVersion"), &ev->version},
                 {STR("stage"), &ev->stage},
                 {STR("verb"), &ev->verb},
                 {STR("requestURI"), &ev->uri},
                 {STR("requestReceivedTimestamp"), &ev->received},
                 {STR("stageTimestamp"), &ev->staged}};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        if (str_eq(key, texts[i].key)) {
            (void)json_scan_str(s, texts[i].to);
            return;
        }
    if (str_is(key, "annotations")) {
        read_annotations(s, ev);
    } else if (str_is(key, "objectRef") && json_scan_object(s)) {
        ev->has_object = true;
        read_object(s, &ev->object);
    }
}

static struct rbac_question question_of(const struct audit_event *ev)
{
    struct rbac_question q = ev->object;
    struct str path, query;
    q.verb = ev->verb;
    if (ev->has_object)
        return q;
    q.path = ev->uri;
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

static bool read_time(struct audit_log *log, const struct audit_event *ev, int64_t *ret)
{
    const struct str texts[] = {ev->received, ev->staged};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct str text = texts[i], head, fraction;
        if (str_split(text, '.', &head, &fraction)) /* microseconds; seconds are enough */
            text = arena_fmt(&log->scratch, "%.*sZ", STR_F(head));
        if (text.n && time_parse(text, ret))
            return true;
    }
    return false;
}

static int add_event(struct audit_log *log, const struct audit_event *ev, struct err *e)
{
    struct audit_use use;
    int64_t ms = 0;
    /* a request is in the log up to three times; an open watch has only its start */
    bool counts = str_is(ev->stage, "ResponseComplete") || str_is(ev->stage, "ResponseStarted") ||
                  str_is(ev->stage, "Panic");
    if (read_time(log, ev, &ms)) {
        log->first_ms = ms < log->first_ms ? ms : log->first_ms;
        log->last_ms = ms > log->last_ms ? ms : log->last_ms;
    }
    if (!counts || ev->decision.n == 0) {
        log->n_stages++;
        return 0;
    }
    if (!str_is(ev->decision, "allow")) {
        log->n_denied++;
        return 0;
    }
    if (!audit_reason_parse(ev->reason, &log->scratch, &use)) {
        log->n_other++;
        return 0;
    }
    log->n_allowed++;
    use.question = question_of(ev);
    use.last_ms = ms;
    return add_use(log, &use, e);
}

/* The whole line, before anything of it counts. */
static bool read_event(struct audit_log *log, struct str line, struct audit_event *ev)
{
    struct json_scan s;
    struct str key;
    struct err not_json;
    json_scan_init(&s, line, AUDIT_LINE_MAX, &log->scratch, &not_json);
    for (bool in = json_scan_object(&s); in && json_scan_member(&s, &key);)
        read_member(&s, key, ev);
    return json_scan_end(&s) == 0;
}

int audit_log_line(struct audit_log *log, struct str line, bool is_last, struct err *e)
{
    struct audit_event ev = {0};
    struct str trimmed = str_trim(line);
    arena_reset(&log->scratch);
    if (trimmed.n == 0)
        return 0;
    log->n_lines++;
    bool whole = read_event(log, trimmed, &ev);
    if (!whole && is_last) {
        log->truncated = true;
        return 0;
    }
    if (!whole || !str_is(ev.kind, "Event") || !str_starts(ev.version, STR("audit.k8s.io/"))) {
        log->n_foreign++;
        return 0;
    }
    return add_event(log, &ev, e);
}
