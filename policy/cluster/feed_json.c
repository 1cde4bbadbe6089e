#include "policy/cluster/cluster_json.h"
#include "policy/cluster/feed.h"
#include "policy/rbac/rbac_json.h"

#define JSON_MAX ((size_t)256 << 20)

/* Opaque by contract, and a growing number in every version there is; since 1.35 that is promised
 * (KEP-5504). What is none counts as older than everything. */
static int64_t version_of(struct str text)
{
    int64_t version = 0;
    (void)str_to_i64(text, &version);
    return version;
}

/* name, namespace and version of the object that comes next, which is still to be read */
static void read_metadata(const struct json_scan *s, struct feed_event *ev)
{
    struct json_scan again = json_scan_again(s);
    struct str key;
    if (!json_scan_object(&again))
        return;
    while (json_scan_member(&again, &key)) {
        if (!str_is(key, "metadata"))
            continue;
        ev->name = json_scan_peek(&again, "name");
        ev->namespace = json_scan_peek(&again, "namespace");
        ev->version = ev->item.version = version_of(json_scan_peek(&again, "resourceVersion"));
        return;
    }
}

static int read_namespace(struct json_scan *s, struct str kind, struct feed_event *ev)
{
    struct cluster c = {.arena = s->arena};
    if (cluster_scan_object(&c, kind, s) < 0)
        return -1;
    ev->item.present = c.namespaces.n > 0; /* one on its way out is passed over */
    if (ev->item.present)
        ev->item.namespace = c.namespaces.items[0];
    return 0;
}

static int read_binding(struct json_scan *s, struct str kind, struct feed_event *ev)
{
    struct rbac_set set = {0};
    if (!str_is(kind, rbac_kind_name(RBAC_ROLE_BINDING)))
        return json_scan_refuse(s, ERR_BACKEND, "not a RoleBinding");
    if (rbac_scan_object(s, RBAC_ROLE_BINDING, &set) < 0)
        return -1;
    ev->item.present = true;
    ev->item.binding = set.items[0];
    return 0;
}

static int read_object(enum feed_kind kind, struct json_scan *s, struct feed_event *ev)
{
    struct str own = json_scan_peek(s, "kind");
    if (!own.p) /* an item of a list says no kind of its own */
        own = kind == FEED_NAMESPACES ? STR("Namespace") : STR("RoleBinding");
    if (json_scan_type(s) == JSON_SCAN_NOTHING)
        return json_scan_end(s);
    if (json_scan_type(s) != JSON_SCAN_OBJECT)
        return json_scan_refuse(s, ERR_BACKEND, "not an object");
    read_metadata(s, ev);
    return kind == FEED_NAMESPACES ? read_namespace(s, own, ev) : read_binding(s, own, ev);
}

static void read_error(struct json_scan *s, struct feed_event *ev)
{
    struct str key;
    if (!json_scan_object(s))
        return;
    while (json_scan_member(s, &key))
        if (str_is(key, "message"))
            (void)json_scan_str(s, &ev->message);
        else if (str_is(key, "code"))
            (void)json_scan_i64(s, &ev->code);
}

static int read_event(enum feed_kind kind, struct str type, struct json_scan *s,
                      struct feed_event *ev)
{
    if (str_is(type, "ERROR")) {
        ev->type = EVENT_ERROR;
        read_error(s, ev);
        return 0;
    }
    if (str_is(type, "BOOKMARK")) {
        ev->type = EVENT_BOOKMARK;
        read_metadata(s, ev);
        ev->name = ev->namespace = STR_NONE;
        return 0;
    }
    if (str_is(type, "DELETED"))
        ev->type = EVENT_DELETED;
    else if (!str_is(type, "ADDED") && !str_is(type, "MODIFIED"))
        return json_scan_refuse(s, ERR_BACKEND, "a line of a watch of type '%.*s'", STR_F(type));
    return read_object(kind, s, ev);
}

int feed_read_event(enum feed_kind kind, struct str line, struct arena *a, struct feed_event *ret,
                    struct err *e)
{
    struct feed_event ev = {.type = EVENT_PUT};
    struct json_scan s;
    struct str key;
    bool found = false;
    json_scan_init(&s, line, JSON_MAX, a, e);
    s.copies = true; /* what is kept is little of it */
    struct str type = json_scan_peek(&s, "type");
    for (bool in = json_scan_object(&s); in && json_scan_member(&s, &key);) {
        if (!str_is(key, "object") || json_scan_type(&s) != JSON_SCAN_OBJECT)
            continue;
        found = true;
        if (read_event(kind, type, &s, &ev) < 0)
            return -1;
    }
    if (json_scan_end(&s) < 0)
        return -1;
    if (!found)
        return fail(e, ERR_BACKEND, "a line of a watch without an object");
    *ret = ev;
    return 0;
}

int feed_read_object(enum feed_kind kind, struct str object, struct arena *a,
                     struct feed_event *ret, struct err *e)
{
    struct feed_event ev = {.type = EVENT_PUT};
    struct json_scan s;
    json_scan_init(&s, object, JSON_MAX, a, e);
    s.copies = true;
    if (read_object(kind, &s, &ev) < 0 || json_scan_end(&s) < 0)
        return -1;
    *ret = ev;
    return 0;
}

static int read_items(enum feed_kind kind, struct json_scan *s, struct feed_page *ret)
{
    while (json_scan_item(s)) {
        struct feed_event *ev = ARENA_PUSH(s->arena, ret);
        if (!ev)
            return json_scan_refuse(s, ERR_LIMIT, "too many objects");
        if (read_object(kind, s, ev) < 0)
            return -1;
    }
    return s->failed ? -1 : 0;
}

int feed_read_page(enum feed_kind kind, struct str page, struct arena *a, struct feed_page *ret,
                   struct err *e)
{
    struct json_scan s;
    struct str key;
    bool found = false;
    json_scan_init(&s, page, JSON_MAX, a, e);
    s.copies = true;
    for (bool in = json_scan_object(&s); in && json_scan_member(&s, &key);)
        if (str_is(key, "metadata")) {
            ret->version = version_of(json_scan_peek(&s, "resourceVersion"));
        } else if (str_is(key, "items") && json_scan_array(&s)) {
            found = true;
            if (read_items(kind, &s, ret) < 0)
                return -1;
        }
    if (json_scan_end(&s) < 0)
        return -1;
    return found ? 0 : fail(e, ERR_BACKEND, "the answer is not a list");
}
