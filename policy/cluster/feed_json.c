#include "policy/cluster/cluster_json.h"
#include "policy/cluster/feed.h"
#include "policy/rbac/rbac_json.h"

#define JSON_MAX ((size_t)256 << 20)

static struct str get(const json_t *object, const char *key, struct arena *a)
{
    struct str value = STR_NONE;
    (void)json_get_str(object, key, a, &value);
    return value;
}

/* Opaque by contract, and a growing number in every version there is; since 1.35 that is promised
 * (KEP-5504). What is none counts as older than everything. */
static int64_t version_of(const json_t *metadata, struct arena *a)
{
    int64_t version = 0;
    (void)str_to_i64(get(metadata, "resourceVersion", a), &version);
    return version;
}

static int read_namespace(const json_t *object, struct feed_event *ev, struct arena *a,
                          struct err *e)
{
    struct cluster c = {.arena = a};
    if (cluster_read_value(&c, object, e) < 0)
        return -1;
    ev->item.present = c.namespaces.n > 0; /* one on its way out is passed over */
    if (ev->item.present)
        ev->item.namespace = c.namespaces.items[0];
    return 0;
}

static int read_binding(const json_t *object, struct feed_event *ev, struct arena *a, struct err *e)
{
    struct rbac_set set = {0};
    if (rbac_read_value(object, a, &set, e) < 0)
        return -1;
    if (set.n != 1 || set.items[0].kind != RBAC_ROLE_BINDING)
        return fail(e, ERR_BACKEND, "not a RoleBinding");
    ev->item.present = true;
    ev->item.binding = set.items[0];
    return 0;
}

/* kind_known: an item of a list says no kind of its own. */
static int read_object(enum feed_kind kind, json_t *object, struct arena *a, struct feed_event *ev,
                       struct err *e)
{
    const char *const kinds[] = {[FEED_NAMESPACES] = "Namespace", [FEED_BINDINGS] = "RoleBinding"};
    const json_t *metadata = json_object_get(object, "metadata");
    if (!json_object_get(object, "kind") &&
        json_object_set_new(object, "kind", json_string(kinds[kind])) < 0)
        return fail(e, ERR_BACKEND, "not an object");
    ev->name = get(metadata, "name", a);
    ev->namespace = get(metadata, "namespace", a);
    ev->version = ev->item.version = version_of(metadata, a);
    return kind == FEED_NAMESPACES ? read_namespace(object, ev, a, e)
                                   : read_binding(object, ev, a, e);
}

int feed_read_event(enum feed_kind kind, struct str line, struct arena *a, struct feed_event *ret,
                    struct err *e)
{
    auto_json *j = json_read(line, JSON_MAX, e);
    struct feed_event ev = {.type = EVENT_PUT};
    json_t *object = json_object_get(j, "object");
    if (!json_is_object(object))
        return j ? fail(e, ERR_BACKEND, "a line of a watch without an object") : -1;
    struct str type = get(j, "type", a);
    if (str_is(type, "ERROR")) {
        ev.type = EVENT_ERROR;
        ev.message = get(object, "message", a);
        (void)json_get_i64(object, "code", &ev.code);
        *ret = ev;
        return 0;
    }
    if (str_is(type, "BOOKMARK")) {
        ev.type = EVENT_BOOKMARK;
        ev.version = version_of(json_object_get(object, "metadata"), a);
        *ret = ev;
        return 0;
    }
    if (str_is(type, "DELETED"))
        ev.type = EVENT_DELETED;
    else if (!str_is(type, "ADDED") && !str_is(type, "MODIFIED"))
        return fail(e, ERR_BACKEND, "a line of a watch of type '%.*s'", STR_F(type));
    if (read_object(kind, object, a, &ev, e) < 0)
        return -1;
    *ret = ev;
    return 0;
}

int feed_read_object(enum feed_kind kind, struct str object, struct arena *a,
                     struct feed_event *ret, struct err *e)
{
    struct feed_event ev = {.type = EVENT_PUT};
    auto_json *j = json_read(object, JSON_MAX, e);
    if (!j || read_object(kind, j, a, &ev, e) < 0)
        return -1;
    *ret = ev;
    return 0;
}

int feed_read_page(enum feed_kind kind, struct str page, struct arena *a, struct feed_page *ret,
                   struct err *e)
{
    auto_json *j = json_read(page, JSON_MAX, e);
    json_t *item;
    size_t i;
    if (!json_is_array(json_object_get(j, "items")))
        return j ? fail(e, ERR_BACKEND, "the answer is not a list") : -1;
    ret->version = version_of(json_object_get(j, "metadata"), a);
    json_array_foreach(json_object_get(j, "items"), i, item)
    {
        struct feed_event *ev = ARENA_PUSH(a, ret);
        if (!ev || read_object(kind, item, a, ev, e) < 0)
            return ev ? -1 : fail(e, ERR_LIMIT, "too many objects");
    }
    return 0;
}
